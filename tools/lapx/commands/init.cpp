#include <CLI/CLI.hpp>

#include <pwd.h>
#include <unistd.h>

#include "config/address.hpp"
#include "keys/init.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/ceremony.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/passphrase.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPort = ":5617";

struct Options {
    std::string agency;
    std::string name;
    std::string country;
    std::string sector;
    std::vector<std::string> desks;
    std::string root;
    std::string listen;
    std::string advertise;
    bool no_inbound = false;
    std::vector<std::string> relays;
    std::string zone;
    std::vector<std::string> languages;
    std::vector<std::string> topics;
    std::string officer;
    std::string position;
    PassphraseSource passphrase;
    PassphraseSource root_passphrase;
    std::string keyfile;
    bool sandbox = false;
};

// A check of one value: empty if it is good, else what it should be.
using Check = std::string (*)(const std::string&);

std::string check_agency(const std::string& text) {
    return Agency::parse(text) ? "" : "a DNS name in lower case, e.g. opta.nl";
}
std::string check_name(const std::string& text) {
    return is_line(text, schema::kMaxName) ? "" : "one line of at most 200 octets";
}
std::string check_country(const std::string& text) {
    return schema::is_country(text) ? "" : "two capital letters, e.g. NL";
}
std::string check_sector(const std::string& text) {
    return schema::from_word<schema::Sector>(text)
               ? ""
               : "enforcement, government, industry or interest-group";
}
std::string check_desk(const std::string& text) {
    const std::size_t at = text.find('=');
    const bool good = is_desk_id(text.substr(0, at)) &&
                      (at == std::string::npos || is_line(text.substr(at + 1), schema::kMaxText));
    return good ? "" : "an id such as spam, or spam=\"Spam desk\"";
}
std::string check_zone(const std::string& text) {
    return schema::is_zone_name(text) ? "" : "a time zone, e.g. Europe/Amsterdam";
}
std::string check_language(const std::string& text) {
    return schema::is_language_tag(text) ? "" : "a language, e.g. nl";
}
std::string check_any(const std::string&) { return {}; }

// "192.0.2.7", "[2001:db8::7]:5618" or a whole "tcp://…".
std::string endpoint(const std::string& text) {
    if (text.starts_with("tcp://")) {
        return text;
    }
    const std::size_t colon = text.rfind(':');
    const bool has_port = colon != std::string::npos && text.find(']', colon) == std::string::npos;
    return "tcp://" + text + (has_port ? "" : kPort);
}
std::string check_listen(const std::string& text) {
    return config::is_listen_address(endpoint(text)) ? "" : "a numeric address or *, e.g. *:5617";
}
std::string check_advertise(const std::string& text) {
    return config::is_advertised_address(endpoint(text)) ? "" : "HOST:PORT, e.g. 192.0.2.7:5617";
}

// Fills in what is missing: from a person at the terminal, or as a list of what to give.
class Asker {
  public:
    explicit Asker(Context& context) : context_(context) {}

    void need(std::string& value, const char* flag, const char* question, Check check) {
        if (!value.empty()) {
            return;
        }
        if (!context_.env().in_is_terminal) {
            missing_.push_back(std::string(flag) + "  (" + question + ")");
            return;
        }
        offer(value, question, "", check);
    }
    // Asks only at a terminal; else takes the default.
    void offer(std::string& value, const char* question, const std::string& otherwise,
               Check check) {
        while (value.empty()) {
            value = context_.env().in_is_terminal ? context_.ask(question, otherwise) : otherwise;
            const std::string problem = check(value);
            if (!problem.empty() && context_.env().in) {
                context_.remark("That is not " + problem + ".");
                value.clear();
            } else if (!context_.env().in) {
                missing_.emplace_back(question);
                return;
            }
        }
    }
    void missing(const char* what) { missing_.emplace_back(what); }
    const std::vector<std::string>& still_missing() const { return missing_; }

  private:
    Context& context_;
    std::vector<std::string> missing_;
};

std::string account_name() {
    const passwd* account = ::getpwuid(::getuid());
    if (account == nullptr) {
        return "operator";
    }
    const std::string gecos = account->pw_gecos == nullptr ? "" : account->pw_gecos;
    const std::string full = gecos.substr(0, gecos.find(','));
    return check_name(full).empty() ? full : account->pw_name;
}

std::string machine_zone() {
    std::error_code error;
    const std::string target = fs::read_symlink("/etc/localtime", error).string();
    const std::size_t at = target.find("zoneinfo/");
    const std::string zone = at == std::string::npos ? "" : target.substr(at + 9);
    return schema::is_zone_name(zone) && !zone.starts_with("Etc/") ? zone : "UTC";
}

void complete(Options& options, Context& context, Asker& asker) {
    asker.need(options.agency, "--agency", "your agency's DNS name, e.g. opta.nl", check_agency);
    asker.need(options.name, "--name", "its full name", check_name);
    asker.need(options.country, "--country", "two letters, e.g. NL", check_country);
    asker.need(options.sector, "--sector", "enforcement, government, industry or interest-group",
               check_sector);
    if (options.desks.empty()) {
        std::string desk;
        asker.need(desk, "--desk", "a desk that takes referrals, e.g. spam", check_desk);
        options.desks.push_back(desk);
    }
    if (options.root.empty() && options.sandbox) {
        options.root = (context.home() / "root").string();
    }
    asker.need(options.root, "--root", "a folder for the root key, on a stick for the safe",
               check_any);
    if (options.sandbox && options.listen.empty() && !options.no_inbound) {
        options.listen = std::string("127.0.0.1") + kPort;
    }
    if (options.advertise.empty() && !options.no_inbound) {
        const bool dialable = !options.listen.empty() && check_advertise(options.listen).empty();
        if (dialable) {
            options.advertise = options.listen;
        } else {
            asker.need(options.advertise, "--advertise",
                       "HOST:PORT where peers can dial you; or --no-inbound", check_advertise);
        }
    }
    asker.offer(options.officer, "Your name", account_name(), check_name);
    asker.offer(options.position, "Your position", "operator", check_name);
    asker.offer(options.zone, "Time zone", machine_zone(), check_zone);
    if (options.languages.empty()) {
        options.languages = {"en"};
    }
    const bool locked = options.passphrase.given() || !options.keyfile.empty();
    const bool can_ask = context.env().in_is_terminal;
    if (!locked && !options.sandbox && !can_ask) {
        asker.missing("--passphrase-file  (protects the node's keys; or --keyfile)");
    }
    if (!options.root_passphrase.given() && !options.passphrase.given() && !options.sandbox &&
        !can_ask && locked) {
        asker.missing("--root-passphrase-file  (protects the root key)");
    }
}

config::Config config_of(const Options& options, const Agency& agency) {
    config::Config config{.agency = agency};
    if (!options.no_inbound) {
        config.node.listen = {endpoint(options.listen.empty() ? "*" : options.listen)};
        config.node.advertise = {endpoint(options.advertise)};
    }
    config.control.socket = "control.sock";
    config.policy.self_approval = options.sandbox;
    config::Operator& who = config.operators.emplace_back();
    who.id = "op-1";
    who.name = options.officer;
    who.position = options.position;
    who.uid = ::getuid();
    who.roles = {config::Role::kClerk, config::Role::kApprover, config::Role::kAuditor,
                 config::Role::kAdmin, config::Role::kFeeder};
    who.desks = {"*"};
    return config;
}

Result<Plan> plan_of(const Options& options, const Context& context) {
    LAPX_TRY_ASSIGN(const Agency agency, Agency::parse(options.agency));
    Plan plan{.home = fs::absolute(context.home()).lexically_normal(),
              .root = fs::absolute(options.root).lexically_normal(),
              .name = options.name,
              .country = options.country,
              .zone = options.zone,
              .languages = options.languages,
              .topics = options.topics,
              .desks = {},
              .relays = {},
              .config = config_of(options, agency)};
    LAPX_TRY_ASSIGN(plan.sector, schema::from_word<schema::Sector>(options.sector));
    for (const std::string& text : options.desks) {
        const std::size_t at = text.find('=');
        const std::string id = text.substr(0, at);
        plan.desks.push_back({id, at == std::string::npos ? id + " desk" : text.substr(at + 1)});
    }
    for (const std::string& text : options.relays) {
        LAPX_TRY_ASSIGN(const Agency relay, Agency::parse(text));
        plan.relays.push_back(relay);
    }
    const fs::path inside = plan.root.lexically_relative(plan.home);
    if (!inside.empty() && *inside.begin() != ".." && !options.sandbox) {
        return fail(Code::kInvalidArgument,
                    "the root key must not lie in the node's home: whoever takes the node would "
                    "take the agency; for play: --sandbox");
    }
    return plan;
}

struct Unlocks {
    keys::Unlock node;
    keys::Unlock root;
};

Result<keys::Unlock> key_file(const fs::path& path, Random& random) {
    if (!fs::exists(path)) {
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        LAPX_TRY(keys::make_key_file(path, random));
    }
    return keys::Unlock::with_key_file(path);
}

Result<keys::SecretBytes> passphrase(const PassphraseSource& source, Environment& env,
                                     const char* what) {
    return source.given() ? source.read() : ask_new_passphrase(env, what);
}

// A passphrase for the root if there is any way to get one; in a sandbox, key files will do.
Result<Unlocks> unlocks_of(const Options& options, Plan& plan, Context& context, Random& random) {
    Environment& env = context.env();
    const bool play = options.sandbox && !options.passphrase.given() && !env.in_is_terminal;
    std::string file = options.keyfile;
    if (file.empty() && play) {
        file = (plan.home / "unlock.key").string();
    }
    if (!file.empty()) {
        const fs::path path = fs::absolute(file).lexically_normal();
        plan.config.keys.unlock = config::Unlock::kKeyfile;
        const fs::path inside = path.lexically_relative(plan.home);
        plan.config.keys.keyfile = *inside.begin() == ".." ? path : inside;
        LAPX_TRY_ASSIGN(keys::Unlock node, key_file(path, random));
        if (!options.root_passphrase.given() && !options.passphrase.given() &&
            !env.in_is_terminal) {
            LAPX_TRY_ASSIGN(keys::Unlock root, key_file(plan.root / "root.key", random));
            return Unlocks{std::move(node), std::move(root)};
        }
        const PassphraseSource& source =
            options.root_passphrase.given() ? options.root_passphrase : options.passphrase;
        LAPX_TRY_ASSIGN(keys::SecretBytes root, passphrase(source, env, "the root key"));
        return Unlocks{std::move(node), keys::Unlock::with_passphrase(std::move(root))};
    }
    LAPX_TRY_ASSIGN(keys::SecretBytes node,
                    passphrase(options.passphrase, env, "the node's keys and the root key"));
    keys::SecretBytes root(node.view());
    if (options.root_passphrase.given()) {
        LAPX_TRY_ASSIGN(root, options.root_passphrase.read());
    }
    return Unlocks{keys::Unlock::with_passphrase(std::move(node)),
                   keys::Unlock::with_passphrase(std::move(root))};
}

std::string next_steps(const Plan& plan, const Made& made) {
    const std::string home = plan.home.string();
    return "The node of " + plan.config.agency.text() + " is ready.\n\n" +
           fields({{"Safety number", made.safety_number},
                   {"Home", home},
                   {"Card to hand out", home + "/card"},
                   {"Root key", plan.root.string()}}) +
           "\nNext:\n"
           "  1. Lock the root folder away, on something that is not this machine. It holds the\n"
           "     root key, which replaces your other keys, and a revocation note for each of "
           "them.\n"
           "  2. Start the node:  lapxd --home " +
           home + "\n" +
           "  3. Give your card to the agencies you work with, add theirs with\n"
           "     lapx contact add FILE, and compare safety numbers by telephone.\n";
}

Result<Exit> init(Context& context, Options options) {
    Asker asker(context);
    complete(options, context, asker);
    if (!asker.still_missing().empty()) {
        context.remark("lapx: error: lapx init needs also:");
        for (const std::string& each : asker.still_missing()) {
            context.remark("  " + each);
        }
        if (context.globals().json) {
            context.done({{"error",
                           {{"code", to_string(Code::kInvalidArgument)},
                            {"message", "missing: " + join(asker.still_missing(), "; ")},
                            {"hint", "lapx help init"}}}},
                         {});
        }
        return Exit::kUsage;
    }
    keys::SystemRandom random;
    LAPX_TRY_ASSIGN(Plan plan, plan_of(options, context));
    LAPX_TRY(check_untouched(plan));
    LAPX_TRY_ASSIGN(const Unlocks unlocks, unlocks_of(options, plan, context, random));
    LAPX_TRY_ASSIGN(const Made made,
                    make_node(plan, unlocks.node, unlocks.root, random, SystemClock().seconds()));
    return context.done({{"agency", plan.config.agency.text()},
                         {"safety_number", made.safety_number},
                         {"card", (plan.home / "card").string()},
                         {"home", plan.home.string()},
                         {"root", plan.root.string()}},
                        next_steps(plan, made));
}

}  // namespace

Run define_init(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    const auto add = [&](const char* flag, std::string& value, const char* help, Check check) {
        app.add_option(flag, value, help)->check([check](const std::string& text) {
            const std::string problem = check(text);
            return problem.empty() ? problem : text + " is not " + problem;
        });
    };
    const auto add_list = [&](const char* flag, std::vector<std::string>& values, const char* help,
                              Check check) {
        app.add_option(flag, values, help)
            ->allow_extra_args(false)
            ->check([check](const std::string& text) {
                const std::string problem = check(text);
                return problem.empty() ? problem : text + " is not " + problem;
            });
    };
    add("--agency", options->agency, "Your agency's DNS name, e.g. opta.nl", check_agency);
    add("--name", options->name, "Its full name", check_name);
    add("--country", options->country, "Two letters, e.g. NL", check_country);
    add("--sector", options->sector, "enforcement, government, industry or interest-group",
        check_sector);
    add_list("--desk", options->desks, "A desk that takes referrals: spam or spam=\"Spam desk\"",
             check_desk);
    add("--root", options->root, "Folder for the root key, on a stick for the safe", check_any);
    add("--listen", options->listen, "Where to listen: ADDR[:PORT], e.g. *:5617", check_listen);
    add("--advertise", options->advertise, "Where peers dial you: HOST:PORT", check_advertise);
    app.add_flag("--no-inbound", options->no_inbound, "Nobody can dial this node; it dials others");
    add_list("--relay", options->relays, "An agency that holds parcels for you", check_agency);
    add("--zone", options->zone, "Your time zone, e.g. Europe/Amsterdam", check_zone);
    add_list("--language", options->languages, "A language your desks read, e.g. nl",
             check_language);
    add_list("--topic", options->topics, "What your desks handle, e.g. phishing", check_any);
    add("--officer", options->officer, "Your own name: you become the first operator", check_name);
    add("--position", options->position, "Your position", check_name);
    app.add_option("--passphrase-file", options->passphrase.file, "Protects the node's keys");
    app.add_option("--passphrase-fd", options->passphrase.fd, "The same, from an open descriptor");
    app.add_option("--root-passphrase-file", options->root_passphrase.file,
                   "Protects the root key, if by another passphrase");
    app.add_option("--keyfile", options->keyfile,
                   "A key file instead of a passphrase, so that the node starts by itself");
    app.add_flag("--sandbox", options->sandbox,
                 "For play: root key inside home, key files, one person may approve alone");
    return [options](Context& context) { return init(context, *options); };
}

}  // namespace lapx::cli
