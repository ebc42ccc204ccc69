#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>

#include "keys/init.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/ceremony.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/init_options.hpp"
#include "tools/lapx/passphrase.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;

// What a Unix socket's address holds.
constexpr std::size_t kMaxSocketPath = 107;

config::Config config_of(const InitOptions& options, const Agency& agency) {
    config::Config config{.agency = agency};
    if (!options.no_inbound) {
        config.node.listen = endpoint_of(options.listen.empty() ? "*" : options.listen);
        config.node.advertise = {endpoint_of(options.advertise)};
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
    const std::vector<std::string> missing = complete(options, context);
    if (!missing.empty()) {
        context.remark("lapx: error: lapx init needs also:");
        for (const std::string& each : missing) {
            context.remark("  " + each);
        }
        if (context.globals().json) {
            context.done({{"error",
                           {{"code", to_string(Code::kInvalidArgument)},
                            {"message", "missing: " + join(missing, "; ")},
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
    add_init_options(app, *options);
    return [options](Context& context) { return init(context, *options); };
}

}  // namespace lapx::cli
