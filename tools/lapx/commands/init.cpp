#include <CLI/CLI.hpp>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

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
// What a Unix socket's address holds.
constexpr std::size_t kMaxSocketPath = 107;

struct InitOptions {
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
    std::string officers;
    PassphraseSource passphrase;
    PassphraseSource root_passphrase;
    std::string keyfile;
    bool sandbox = false;
};

// A check of one value: empty if it is good, else what it should be.
using FieldCheck = std::string (*)(const std::string&);

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
    std::error_code ignored;
    const bool known =
        text == "UTC" || (schema::is_zone_name(text) &&
                          fs::is_regular_file(fs::path("/usr/share/zoneinfo") / text, ignored));
    return known ? "" : "a time zone that this machine knows, e.g. Europe/Amsterdam";
}
std::string check_officers(const std::string& text) {
    const auto number = number_from(text);
    return number && *number > 0 ? "" : "a number of people, e.g. 2";
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
    // For play, whatever has a default is not asked for.
    Asker(Context& context, bool play)
        : context_(context), offers_(context.env().in_is_terminal && !play) {}

    void need(std::string& value, const char* flag, const char* question, FieldCheck check) {
        if (!value.empty()) {
            return;
        }
        if (!context_.env().in_is_terminal) {
            missing_.push_back(std::string(flag) + "  (" + question + ")");
            return;
        }
        ask(value, question, "", check);
    }
    // Asks only at a terminal; else takes the default.
    void offer(std::string& value, const char* question, const std::string& otherwise,
               FieldCheck check) {
        if (offers_) {
            ask(value, question, otherwise, check);
        } else if (value.empty()) {
            value = otherwise;
        }
    }
    void missing(const char* what) { missing_.emplace_back(what); }
    const std::vector<std::string>& still_missing() const { return missing_; }

  private:
    void ask(std::string& value, const char* question, const std::string& otherwise,
             FieldCheck check) {
        while (value.empty()) {
            value = context_.ask(question, otherwise);
            if (!context_.env().in) {
                value.clear();
                missing_.emplace_back(question);
                return;
            }
            const std::string problem = check(value);
            if (!problem.empty()) {
                context_.remark("That is not " + problem + ".");
                value.clear();
            }
        }
    }

    Context& context_;
    bool offers_;
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
    return check_zone(zone).empty() && !zone.starts_with("Etc/") ? zone : "UTC";
}

void complete(InitOptions& options, Context& context, Asker& asker) {
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
    asker.offer(options.officers,
                "How many people will release referrals? If you alone, you may approve your own",
                "1", check_officers);
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

config::Config config_of(const InitOptions& options, const Agency& agency) {
    config::Config config{.agency = agency};
    if (!options.no_inbound) {
        config.node.listen = endpoint(options.listen.empty() ? "*" : options.listen);
        config.node.advertise = {endpoint(options.advertise)};
    }
    config.control.socket = "control.sock";
    config.policy.self_approval = options.officers == "1";
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

bool has_key_file(const InitOptions& options) {
    return !options.keyfile.empty() || (options.sandbox && !options.passphrase.given());
}

void lock_with_key_file(const InitOptions& options, Plan& plan) {
    const std::string name =
        options.keyfile.empty() ? (plan.home / "unlock.key").string() : options.keyfile;
    const fs::path path = fs::absolute(name).lexically_normal();
    const fs::path inside = path.lexically_relative(plan.home);
    plan.config.keys.unlock = config::Unlock::kKeyfile;
    plan.config.keys.keyfile = *inside.begin() == ".." ? path : inside;
}

Result<void> check_places(const Plan& plan, bool play) {
    if (is_inside(plan.home, plan.root)) {
        return fail(Code::kInvalidArgument,
                    "the node's home must not lie in the root key's folder");
    }
    if (is_inside(plan.root, plan.home) && !play) {
        return fail(Code::kInvalidArgument,
                    "the root key must not lie in the node's home: whoever takes the node would "
                    "take the agency; for play: --sandbox");
    }
    if ((plan.home / plan.config.control.socket).native().size() > kMaxSocketPath) {
        return fail(Code::kInvalidArgument,
                    "the path of the home is too long for the control socket in it; choose a "
                    "shorter one");
    }
    return {};
}

// Without the slash at its end.
fs::path folder_at(const fs::path& path) {
    const fs::path whole = fs::absolute(path).lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();
}

Result<std::vector<Agency>> relays_of(const InitOptions& options, const Agency& own) {
    std::vector<Agency> relays;
    for (const std::string& text : options.relays) {
        LAPX_TRY_ASSIGN(const Agency relay, Agency::parse(text));
        if (relay == own || std::count(relays.begin(), relays.end(), relay) != 0 ||
            relays.size() == schema::kMaxRelays) {
            return fail(Code::kInvalidArgument, "--relay names at most " +
                                                    std::to_string(schema::kMaxRelays) +
                                                    " other agencies, each once");
        }
        relays.push_back(relay);
    }
    return relays;
}

Result<Plan> plan_of(const InitOptions& options, const Context& context) {
    LAPX_TRY_ASSIGN(const Agency agency, Agency::parse(options.agency));
    Plan plan{.home = folder_at(context.home()),
              .root = folder_at(options.root),
              .name = options.name,
              .country = options.country,
              .zone = options.zone,
              .languages = options.languages,
              .topics = options.topics,
              .desks = {},
              .config = config_of(options, agency)};
    LAPX_TRY_ASSIGN(plan.config.node.relays, relays_of(options, agency));
    if (options.no_inbound && !(options.listen.empty() && options.advertise.empty())) {
        return fail(Code::kInvalidArgument, "--no-inbound beside --listen or --advertise");
    }
    LAPX_TRY_ASSIGN(plan.sector, schema::from_word<schema::Sector>(options.sector));
    for (const std::string& text : options.desks) {
        const std::size_t at = text.find('=');
        const std::string id = text.substr(0, at);
        plan.desks.push_back({id, at == std::string::npos ? id + " desk" : text.substr(at + 1)});
    }
    if (has_key_file(options)) {
        lock_with_key_file(options, plan);
    }
    LAPX_TRY(check_places(plan, options.sandbox));
    return plan;
}

// Nothing where a key file does it.
struct Passphrases {
    std::optional<keys::SecretBytes> node;
    std::optional<keys::SecretBytes> root;
};

// The root key's is one of its own wherever somebody can be asked for it, except for play.
Result<Passphrases> passphrases_of(const InitOptions& options, Context& context) {
    constexpr const char* kNode = "the node's keys";
    constexpr const char* kRoot = "the root key";
    Environment& env = context.env();
    Passphrases out;
    const bool own = options.root_passphrase.given();
    if (!has_key_file(options)) {
        LAPX_TRY_ASSIGN(out.node, options.passphrase.given() ? options.passphrase.read_new(kNode)
                                                             : ask_new_passphrase(env, kNode));
    }
    if (own || (!out.node && options.passphrase.given())) {
        const PassphraseSource& source = own ? options.root_passphrase : options.passphrase;
        LAPX_TRY_ASSIGN(out.root, source.read_new(kRoot));
    } else if (!options.sandbox && env.in_is_terminal) {
        LAPX_TRY_ASSIGN(out.root, ask_new_passphrase(env, kRoot, out.node ? &*out.node : nullptr));
    } else if (out.node) {
        out.root.emplace(out.node->view());
        context.remark(
            "The root key has the same passphrase; --root-passphrase-file gives it its own.");
    }
    return out;
}

Result<keys::Unlock> unlock_with(std::optional<keys::SecretBytes> passphrase, const fs::path& file,
                                 Random& random) {
    if (passphrase) {
        return keys::Unlock::with_passphrase(std::move(*passphrase));
    }
    std::error_code error;
    if (!fs::exists(file, error)) {
        fs::create_directories(file.parent_path(), error);
        LAPX_TRY(keys::make_key_file(file, random));
    }
    return keys::Unlock::with_key_file(file);
}

Result<Unlocks> unlocks_of(Passphrases passphrases, const Plan& plan, Random& random) {
    LAPX_TRY_ASSIGN(keys::Unlock node, unlock_with(std::move(passphrases.node),
                                                   plan.home / plan.config.keys.keyfile, random));
    LAPX_TRY_ASSIGN(keys::Unlock root,
                    unlock_with(std::move(passphrases.root), plan.root / "root.key", random));
    return Unlocks{std::move(node), std::move(root)};
}

std::string next_steps(const Plan& plan, const Made& made) {
    const std::string home = escape(shell_word(plan.home.string()));
    const bool alone = plan.config.policy.self_approval;
    return "The node of " + plan.config.agency.text() + " is ready.\n\n" +
           fields({{"Safety number", made.safety_number},
                   {"Home", plan.home.string()},
                   {"Card to hand out", (plan.home / "card").string()},
                   {"Root key", plan.root.string()},
                   {"Approval", alone ? "one person may approve what they drafted"
                                      : "by somebody other than who drafted"}}) +
           "\nNext:\n"
           "  1. Lock the root folder away, on something that is not this machine. It holds the\n"
           "     root key, which replaces your other keys, and a revocation note for each of "
           "them.\n"
           "  2. Start the node, which stays in this terminal:\n"
           "         lapxd --home " +
           home +
           "\n"
           "  3. In another terminal, tell lapx where the node is, and see how it is:\n"
           "         export LAPX_HOME=" +
           home +
           "\n"
           "         lapx status\n"
           "  4. Give your card to the agencies you work with and add theirs, then compare safety\n"
           "     numbers by telephone:\n"
           "         lapx card show -o our-card.txt\n"
           "         lapx contact add FILE\n" +
           (alone ? ""
                  : "  5. Add the people you work with to config.toml (docs/operations.md, "
                    "Operators): until\n     then nobody can approve what you draft.\n");
}

Result<Exit> init(Context& context, InitOptions options) {
    Asker asker(context, options.sandbox);
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
    LAPX_TRY_ASSIGN(const Plan plan, plan_of(options, context));
    LAPX_TRY(Folders::check(plan));
    LAPX_TRY_ASSIGN(Passphrases passphrases, passphrases_of(options, context));
    keys::SystemRandom random;
    LAPX_TRY_ASSIGN(Folders folders, Folders::make(plan));
    if (folders.root_is_open_to_others() && !options.sandbox) {
        context.remark("lapx: warning: others on this machine can enter " + plan.root.string() +
                       "; its root key is protected by the passphrase alone");
    }
    LAPX_TRY_ASSIGN(const Unlocks unlocks, unlocks_of(std::move(passphrases), plan, random));
    LAPX_TRY_ASSIGN(const Made made, make_node(plan, unlocks, random, SystemClock().seconds()));
    LAPX_TRY(folders.keep());
    return context.done({{"agency", plan.config.agency.text()},
                         {"safety_number", made.safety_number},
                         {"self_approval", plan.config.policy.self_approval},
                         {"card", (plan.home / "card").string()},
                         {"home", plan.home.string()},
                         {"root", plan.root.string()}},
                        next_steps(plan, made));
}

}  // namespace

Run define_init(CLI::App& app) {
    const auto options = std::make_shared<InitOptions>();
    const auto add = [&](const char* flag, std::string& value, const char* help, FieldCheck check) {
        app.add_option(flag, value, help)->check([check](const std::string& text) {
            const std::string problem = check(text);
            return problem.empty() ? problem : text + " is not " + problem;
        });
    };
    const auto add_list = [&](const char* flag, std::vector<std::string>& values, const char* help,
                              FieldCheck check) {
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
    add("--officers", options->officers,
        "How many people release referrals; with 1, you may approve what you drafted",
        check_officers);
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
