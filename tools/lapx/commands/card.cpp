#include <CLI/CLI.hpp>

#include "keys/init.hpp"
#include "schema/base/text.hpp"
#include "schema/notes/card.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"
#include "tools/lapx/passphrase.hpp"
#include "tools/lapx/renewal.hpp"

namespace lapx::cli {

Run define_card_show(CLI::App& app) {
    struct Options {
        std::filesystem::path out;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("-o,--output", options->out, "Write the card file here");
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const nlohmann::json card, context.get(api_path({"card"})));
        const std::string file = plain(card, "card_file");
        if (options->out.empty()) {
            // The node's own card is the one text that must reach a pipe octet for octet.
            return context.done(card, file);
        }
        LAPX_TRY(write_file(options->out, as_bytes(file)));
        return context.done(card, fields({{"Card", options->out.string()},
                                          {"Safety number", plain(card, "safety_number")}}));
    };
}

std::string own_card_text(const nlohmann::json& card) {
    std::vector<std::string> former;
    for (const nlohmann::json& key : card.value("former_desk_keys", nlohmann::json::array())) {
        former.push_back(plain(key, "desk") + ", until " + plain(key, "until"));
    }
    return fields(
        {{"Card", "serial " + plain(card, "serial") + ", expires " + plain(card, "expires")},
         {"Notice",
          "serial " + plain(card, "notice_serial") + ", expires " + plain(card, "notice_expires")},
         {"Former desk keys", join(former, "\n")},
         {"Next connection key", plain(card, "next_connection_key")},
         {"Safety number", plain(card, "safety_number")}});
}

namespace {

namespace fs = std::filesystem;

struct RenewOptions {
    fs::path root;
    PassphraseSource root_passphrase;
    bool new_sign = false;
    bool drop_former_sign = false;
    fs::path new_root;
    PassphraseSource new_root_passphrase;
};

// A root folder made for play holds its own key file.
Result<keys::Unlock> unlock_root(const fs::path& folder, const PassphraseSource& source,
                                 Context& context) {
    std::error_code ignored;
    if (!source.given() && fs::exists(folder / "root.key", ignored)) {
        return keys::Unlock::with_key_file(folder / "root.key");
    }
    if (source.given()) {
        LAPX_TRY_ASSIGN(keys::SecretBytes passphrase, source.read());
        return keys::Unlock::with_passphrase(std::move(passphrase));
    }
    auto typed = context.env().ask_secret("Passphrase of the root key: ");
    if (!typed) {
        return fail(Code::kInvalidArgument, "no passphrase was given: --root-passphrase-file");
    }
    return keys::Unlock::with_passphrase(std::move(*typed));
}

Result<std::optional<NextRoot>> next_root_of(const RenewOptions& options, Context& context) {
    constexpr const char* kRoot = "the new root key";
    if (options.new_root.empty()) {
        return std::optional<NextRoot>{};
    }
    std::error_code error;
    if (fs::exists(options.new_root, error) && !fs::is_empty(options.new_root, error)) {
        return fail(Code::kInvalidArgument, options.new_root.string() + " is not an empty folder");
    }
    LAPX_TRY_ASSIGN(keys::SecretBytes passphrase, options.new_root_passphrase.given()
                                                      ? options.new_root_passphrase.read_new(kRoot)
                                                      : ask_new_passphrase(context.env(), kRoot));
    fs::create_directories(options.new_root, error);
    if (error) {
        return fail(Code::kIo, options.new_root.string() + ": " + error.message());
    }
    fs::permissions(options.new_root, fs::perms::owner_all, error);
    return std::optional(
        NextRoot{options.new_root, keys::Unlock::with_passphrase(std::move(passphrase))});
}

// A new card first; the node makes the notice under it.
Result<nlohmann::json> renew_card(const RenewOptions& options, Context& context) {
    LAPX_TRY_ASSIGN(const nlohmann::json held, context.get(api_path({"card"})));
    if (const auto refused = code_from(plain(held, "refuses_cards"))) {
        return fail(*refused, "the node takes no card now");  // the root signs none in vain
    }
    const std::string file = plain(held, "card_file");
    LAPX_TRY_ASSIGN(const schema::CardFile parts, schema::split_card_file(file));
    LAPX_TRY_ASSIGN(const keys::Unlock unlock,
                    unlock_root(options.root, options.root_passphrase, context));
    LAPX_TRY_ASSIGN(const auto next_root, next_root_of(options, context));
    CardPlan plan{.held = std::string(parts.card),
                  .root = options.root,
                  .sign = {},
                  .drop_former_sign = options.drop_former_sign};
    if (options.new_sign) {
        LAPX_TRY_ASSIGN(const nlohmann::json made, context.post(api_path({"keys", "sign"})));
        plan.sign = plain(made, "vkey");
    }
    keys::SystemRandom random;
    LAPX_TRY_ASSIGN(const std::string note,
                    next_card(plan, unlock, next_root, random, SystemClock().seconds()));
    return context.post(api_path({"card"}), {{"card", note}});
}

}  // namespace

Run define_card_renew(CLI::App& app) {
    const auto options = std::make_shared<RenewOptions>();
    CLI::Option* root =
        app.add_option("--root", options->root, "The root key's folder: renews the card too");
    app.add_option("--root-passphrase-file", options->root_passphrase.file,
                   "The passphrase of the root key")
        ->needs(root);
    CLI::Option* sign = app.add_flag("--new-sign", options->new_sign,
                                     "With a new signing key; the former ones still verify")
                            ->needs(root);
    app.add_flag("--drop-former", options->drop_former_sign,
                 "The card names no former signing key any more")
        ->needs(sign);
    CLI::Option* fresh =
        app.add_option("--new-root", options->new_root,
                       "An empty folder: with a new root key there, signed by both")
            ->needs(root);
    app.add_option("--new-root-passphrase-file", options->new_root_passphrase.file,
                   "The passphrase of the new root key")
        ->needs(fresh);
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const nlohmann::json card, options->root.empty()
                                                       ? context.post(api_path({"card", "renewal"}))
                                                       : renew_card(*options, context));
        if (!options->new_root.empty()) {
            context.remark(
                "With a new root you are a stranger to your peers until they compared "
                "the new safety number with you.");
        }
        return context.done(card, own_card_text(card));
    };
}

}  // namespace lapx::cli
