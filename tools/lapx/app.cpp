#include "tools/lapx/app.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <ostream>

#include "schema/base/text.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

constexpr const char* kVersion = "lapx 0.1.0";

// The parsers of all commands, and what to run.
struct Parsers {
    CLI::App root{"Exchange signed and sealed spam referrals with other agencies.", "lapx"};
    Globals globals;
    std::map<std::string, CLI::App*> by_name;  // "contact", "contact add"
    Run run;                                   // of the command that was called
    std::vector<std::string> help_for;         // `lapx help WORDS`

    Parsers();
    void add(const Command& command);
    CLI::App* parent_of(const std::string& name, const std::string& group);
};

Parsers::Parsers() {
    root.fallthrough();
    root.require_subcommand(0, 1);
    root.set_version_flag("--version", kVersion, "Print the version");
    root.add_option("--home", globals.home, "The node's folder (else $LAPX_HOME)");
    root.add_option("--socket", globals.socket, "The node's control socket");
    root.add_flag("--json", globals.json, "Print one JSON document");
    for (const Command& command : commands()) {
        add(command);
    }
    CLI::App* help = root.add_subcommand("help", "Explain a command");
    help->group("Help");
    help->add_option("COMMAND", help_for, "e.g. contact add");
    by_name["help"] = help;
    root.footer(
        "lapx help COMMAND explains one. A referral is named by its id, a unique\n"
        "beginning of it, or your own number for it.");
}

CLI::App* Parsers::parent_of(const std::string& name, const std::string& group) {
    const std::size_t space = name.find(' ');
    if (space == std::string::npos) {
        return &root;
    }
    const std::string verb = name.substr(0, space);
    CLI::App*& parent = by_name[verb];
    if (parent == nullptr) {
        parent = root.add_subcommand(verb, "");
        parent->fallthrough();
        parent->group(group);
        parent->require_subcommand(1);
    }
    return parent;
}

void Parsers::add(const Command& command) {
    const std::string name = command.name;
    CLI::App* parent = parent_of(name, command.group);
    CLI::App* app = parent->add_subcommand(name.substr(name.rfind(' ') + 1), command.summary);
    app->fallthrough();
    if (parent == &root) {
        app->group(command.group);
    } else {
        const std::string seen = parent->get_description();
        parent->description(seen + (seen.empty() ? "" : ", ") + app->get_name());
    }
    app->footer(std::string("Example:\n  lapx ") + command.example);
    app->final_callback([this, run_it = command.define(*app)] { run = run_it; });
    by_name[name] = app;
}

void report(const Error& error, const Globals& globals, Environment& env) {
    const std::string code(to_string(error.code));
    const std::string message = error.context.empty() ? code : error.context;
    const std::string advice(hint(error.code));
    env.err << "lapx: error: " << escape(message)
            << (error.context.empty() ? "" : " (" + code + ")") << "\n";
    if (!advice.empty()) {
        env.err << "lapx: hint: " << advice << "\n";
    }
    if (globals.json) {
        env.out << json{{"error", {{"code", code}, {"message", message}, {"hint", advice}}}}.dump(
                       2, ' ', true, json::error_handler_t::replace)
                << "\n";
    }
}

Exit usage(const CLI::ParseError& error, Parsers& parsers,
           const std::vector<std::string>& arguments, Environment& env) {
    const bool is_answer = error.get_exit_code() == 0;  // --help, --version
    if (is_answer) {
        parsers.root.exit(error, env.out, env.err);
        return Exit::kDone;
    }
    // The parse stopped before it could set the flag.
    parsers.globals.json =
        std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    report({Code::kInvalidArgument, error.what()}, parsers.globals, env);
    env.err << "lapx: hint: lapx help shows the commands, lapx help COMMAND its options\n";
    return Exit::kUsage;
}

Exit help(Parsers& parsers, Environment& env) {
    const std::string name = join(parsers.help_for, " ");
    const auto found = parsers.by_name.find(name);
    if (!name.empty() && found == parsers.by_name.end()) {
        report({Code::kInvalidArgument, "there is no command " + name}, parsers.globals, env);
        return Exit::kUsage;
    }
    const CLI::App& app = name.empty() ? parsers.root : *found->second;
    const std::string whole = name.empty() ? "lapx" : "lapx " + name;
    // Not app.help(): that would show the command that was called, which is `help`.
    env.out << app.get_formatter()->make_help(&app, whole, CLI::AppFormatMode::Normal);
    return Exit::kDone;
}

}  // namespace

Exit run(const std::vector<std::string>& arguments, Environment& env) {
    Parsers parsers;
    try {
        parsers.root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        return usage(error, parsers, arguments, env);
    }
    if (!parsers.run) {
        return help(parsers, env);
    }
    Context context(env, parsers.globals);
    const Result<Exit> result = parsers.run(context);
    if (result) {
        return *result;
    }
    report(result.error(), parsers.globals, env);
    return result.error().code == Code::kNodeUnreachable ? Exit::kUnreachable : Exit::kRefused;
}

}  // namespace lapx::cli
