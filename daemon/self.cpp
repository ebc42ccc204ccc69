#include "daemon/self.hpp"

#include <fstream>
#include <set>

#include "keys/curve.hpp"
#include "keys/private_file.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

constexpr std::string_view kDeskPrefix = "desk-";

std::string key_role(const std::string& name) { return name.substr(name.rfind('/') + 1); }

Result<std::string> read_card_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(2 * schema::kMaxNote + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.eof() || in.bad()) {
        return fail(Code::kNotFound, path.string() + ": not there or no card file");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

Result<keys::Secret<32>> secret_of(const keys::Keyring& ring, const std::string& name) {
    const keys::Secret<32>* secret = ring.get(name);
    if (secret == nullptr) {
        return fail(Code::kKeyInvalid, "the keyring has no key " + name);
    }
    return keys::Secret<32>(secret->view());
}

// The signing key that the card names by this vkey.
Result<keys::SigningKey> signing_key(const keys::Keyring& ring, const std::string& vkey) {
    LAPX_TRY_ASSIGN(const keys::VerifierKey named, keys::VerifierKey::parse(vkey));
    LAPX_TRY_ASSIGN(const keys::Secret<32> seed, secret_of(ring, key_role(named.name)));
    keys::SigningKey key(seed);
    if (key.public_key() != named.key) {
        return fail(Code::kKeyInvalid,
                    "the keyring's " + key_role(named.name) + " is not the one on the card");
    }
    return key;
}

Result<std::map<std::string, keys::Identity>> desk_keys(const keys::Keyring& ring,
                                                        const schema::Notice& notice) {
    std::map<std::string, keys::Identity> out;
    for (const schema::DeskBlock& desk : notice.desks) {
        LAPX_TRY_ASSIGN(keys::Secret<32> secret,
                        secret_of(ring, std::string(kDeskPrefix) + desk.id));
        keys::Identity identity(std::move(secret));
        if (identity.recipient().text() != desk.recipient) {
            return fail(Code::kKeyInvalid,
                        "the keyring's key of desk " + desk.id + " is not the one on the notice");
        }
        out.emplace(desk.id, std::move(identity));
    }
    return out;
}

Result<OnlineKeys> online_keys(const keys::Keyring& ring, const schema::Card& card,
                               const schema::Notice& notice) {
    LAPX_TRY_ASSIGN(auto sign, signing_key(ring, card.sign.front()));
    LAPX_TRY_ASSIGN(auto ledger, signing_key(ring, card.ledger.front()));
    LAPX_TRY_ASSIGN(auto witness, signing_key(ring, card.witness.front()));
    LAPX_TRY_ASSIGN(auto desks, desk_keys(ring, notice));
    LAPX_TRY_ASSIGN(auto curve, secret_of(ring, "curve"));
    LAPX_TRY_ASSIGN(auto at_rest, secret_of(ring, "at-rest"));
    if (keys::curve_public_key(curve).bytes != notice.curve) {
        return fail(Code::kKeyInvalid, "the keyring's curve key is not the one on the notice");
    }
    return OnlineKeys{std::move(sign),  std::move(ledger), std::move(witness),
                      std::move(desks), std::move(curve),  keys::MasterKey(std::move(at_rest))};
}

// That everybody works at desks that there are. The file alone does not say which those are.
Result<void> check_desks_of(const config::Config& config, const schema::Notice& notice,
                            const std::filesystem::path& home) {
    std::set<std::string> known{std::string(config::kEveryDesk)};
    for (const schema::DeskBlock& desk : notice.desks) {
        known.insert(desk.id);
    }
    for (const config::Operator& person : config.operators) {
        for (const std::string& desk : person.desks) {
            if (!known.contains(desk)) {
                return fail(Code::kConfigInvalid, (home / "config.toml").string() + ": " +
                                                      person.desks_at.text +
                                                      "this agency has no desk \"" + desk + "\"");
            }
        }
    }
    return {};
}

}  // namespace

Result<Self> load_self(const std::filesystem::path& home, const config::Config& config,
                       const keys::Unlock& unlock) {
    LAPX_TRY_ASSIGN(const std::string text, read_card_file(home / "card"));
    LAPX_TRY_ASSIGN(const schema::CardFile parts, schema::split_card_file(text));
    LAPX_TRY_ASSIGN(const keys::SplitNote card_split, keys::split_note(parts.card));
    LAPX_TRY_ASSIGN(schema::Card card, schema::parse_card(card_split.text));
    LAPX_TRY_ASSIGN(const keys::VerifierKey root, keys::VerifierKey::parse(card.root));
    LAPX_TRY(keys::open_note(parts.card, std::span(&root, 1)));
    LAPX_TRY_ASSIGN(const keys::VerifierKey sign, keys::VerifierKey::parse(card.sign.front()));
    LAPX_TRY_ASSIGN(const keys::OpenedNote opened,
                    keys::open_note(parts.notice, std::span(&sign, 1)));
    LAPX_TRY_ASSIGN(schema::Notice notice, schema::parse_notice(opened.text));
    if (card.agency != config.agency || notice.agency != config.agency) {
        return fail(Code::kConfigInvalid, "config.toml and the card name different agencies");
    }
    LAPX_TRY(check_desks_of(config, notice, home));
    LAPX_TRY_ASSIGN(const keys::Keyring ring,
                    keys::Keyring::load(home / "keys" / "node.keyring", unlock));
    LAPX_TRY_ASSIGN(OnlineKeys online, online_keys(ring, card, notice));
    LAPX_TRY_ASSIGN(const keys::VerifierKey ledger, keys::VerifierKey::parse(card.ledger.front()));
    LAPX_TRY_ASSIGN(const keys::VerifierKey witness,
                    keys::VerifierKey::parse(card.witness.front()));
    return Self{.card = card,
                .card_note = std::string(parts.card),
                .notice = std::move(notice),
                .notice_note = std::string(parts.notice),
                .root = card.root,
                .sign_name = sign.name,
                .ledger_name = ledger.name,
                .witness_name = witness.name,
                .ledger_key = ledger,
                .keys = std::move(online)};
}

}  // namespace lapx::daemon
