#include "tools/lapx/app.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <ostream>
#include <sstream>

#include "schema/base/text.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

constexpr const char* kVersion = "0.1.0";
constexpr const char* kUsageHint = "lapx help shows the commands, lapx help COMMAND its options";

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
    root.set_version_flag("--version", std::string("lapx ") + kVersion, "Print the version");
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
    } else if (parent->get_footer().empty()) {  // no command itself
        const std::string seen = parent->get_description();
        parent->description(seen + (seen.empty() ? "" : ", ") + app->get_name());
    }
    app->footer(std::string("Example:\n  lapx ") + command.example);
    app->final_callback([this, app, run_it = command.define(*app)] {
        // It is called after that of a subcommand, which is then what was asked for.
        if (app->get_subcommands().empty()) {
            run = run_it;
        }
    });
    by_name[name] = app;
}

// `document` is what was done nevertheless.
void report(const Error& error, std::string_view advice, const Globals& globals, Environment& env,
            json document = json::object()) {
    const std::string code(to_string(error.code));
    const std::string message = error.context.empty() ? code : error.context;
    env.err << "lapx: error: " << escape(message)
            << (error.context.empty() ? "" : " (" + code + ")") << "\n";
    if (!advice.empty()) {
        env.err << "lapx: hint: " << advice << "\n";
    }
    if (globals.json) {
        document["error"] = {{"code", code}, {"message", message}, {"hint", advice}};
        Context(env, globals).done(document, {});
    }
}

Exit usage(const CLI::ParseError& error, Parsers& parsers,
           const std::vector<std::string>& arguments, Environment& env) {
    // The parse stopped before it could set the flag.
    parsers.globals.json =
        std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    const bool is_answer = error.get_exit_code() == 0;  // --help, --version
    if (!is_answer) {
        report({Code::kInvalidArgument, error.what()}, kUsageHint, parsers.globals, env);
        return Exit::kUsage;
    }
    std::ostringstream text;
    parsers.root.exit(error, text, env.err);
    const bool is_version = error.get_name() == "CallForVersion";
    return Context(env, parsers.globals)
        .done(is_version ? json{{"program", "lapx"}, {"version", kVersion}}
                         : json{{"help", text.str()}},
              text.str());
}

Exit help(Parsers& parsers, Environment& env) {
    const std::string name = join(parsers.help_for, " ");
    const auto found = parsers.by_name.find(name);
    if (!name.empty() && found == parsers.by_name.end()) {
        report({Code::kInvalidArgument, "there is no command " + name}, kUsageHint, parsers.globals,
               env);
        return Exit::kUsage;
    }
    const CLI::App& app = name.empty() ? parsers.root : *found->second;
    const std::string whole = name.empty() ? "lapx" : "lapx " + name;
    // Not app.help(): that would show the command that was called, which is `help`.
    const std::string text =
        app.get_formatter()->make_help(&app, whole, CLI::AppFormatMode::Normal);
    return Context(env, parsers.globals).done({{"help", text}}, text);
}

Result<Exit> call(const Run& command, Context& context) {
    try {
        return command(context);
    } catch (const std::filesystem::filesystem_error& error) {
        return fail(Code::kIo, error.what());
    } catch (const std::exception& error) {
        return fail(Code::kInternal, error.what());
    }
}

Exit run_command(const std::vector<std::string>& arguments, Environment& env) {
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
    const Result<Exit> result = call(parsers.run, context);
    if (result) {
        return *result;
    }
    if (!parsers.globals.json) {
        env.out << context.so_far().text << std::flush;
    }
    const Error& error = result.error();
    report(error, hint(error.code), parsers.globals, env, context.so_far().document);
    return error.code == Code::kNodeUnreachable ? Exit::kUnreachable : Exit::kRefused;
}

}  // namespace

Exit run(const std::vector<std::string>& arguments, Environment& env) {
    const Exit exit = run_command(arguments, env);
    if (env.out.flush()) {
        return exit;
    }
    report({Code::kIo, "standard output cannot be written"}, {}, {}, env);
    return exit == Exit::kDone ? Exit::kRefused : exit;
}

}  // namespace lapx::cli
