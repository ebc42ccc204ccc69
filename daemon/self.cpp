#include "daemon/self.hpp"

#include <fstream>
#include <set>

#include "keys/curve.hpp"
#include "keys/directory.hpp"
#include "keys/private_file.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

constexpr std::string_view kDeskPrefix = "desk-";
constexpr std::string_view kFormerPrefix = "old-";
constexpr std::string_view kCurve = "curve";
constexpr std::string_view kNextPrefix = "next-";
constexpr std::string_view kNextSuffix = "-curve";

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

// "PREFIXTIMEsuffix".
std::optional<Time> time_between(std::string_view name, std::string_view prefix,
                                 std::string_view suffix) {
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    const auto count = number_from(name);
    return count ? std::optional(Time{std::chrono::seconds{*count}}) : std::nullopt;
}

std::string time_text(Time time) { return std::to_string(time.time_since_epoch().count()); }

// The desk's key that the notice names, and its former ones.
Result<void> add_desk_keys(const keys::Keyring& ring, const schema::DeskBlock& desk,
                           NoticeKeys& out) {
    for (const std::string& name : ring.names()) {
        const auto until = time_of_former_key(name, desk.id);
        if (!until && name != desk_key_name(desk.id)) {
            continue;
        }
        keys::Identity identity(keys::Secret<32>(ring.get(name)->view()));
        if (identity.recipient().text() == desk.recipient) {
            out.desks.emplace(desk.id, std::move(identity));
        } else if (until) {
            out.former.push_back({desk.id, *until, std::move(identity)});
        }
    }
    if (!out.desks.contains(desk.id)) {
        return fail(Code::kKeyInvalid,
                    "the keyring's key of desk " + desk.id + " is not the one on the notice");
    }
    return {};
}

Result<keys::Secret<32>> curve_key(const keys::Keyring& ring, const schema::Notice& notice) {
    for (const auto& named : notice.curve) {
        for (const std::string& name : ring.names()) {
            if (name != kCurve && !time_of_next_curve(name)) {
                continue;
            }
            if (keys::curve_public_key(*ring.get(name)).bytes == named) {
                return keys::Secret<32>(ring.get(name)->view());
            }
        }
    }
    return fail(Code::kKeyInvalid, "the keyring's curve key is not the one on the notice");
}

Result<OnlineKeys> online_keys(const keys::Keyring& ring, const keys::OpenedCard& card,
                               const schema::Notice& notice) {
    LAPX_TRY_ASSIGN(auto sign, signing_key(ring, card.sign.front()));
    LAPX_TRY_ASSIGN(auto ledger, signing_key(ring, card.ledger.front()));
    LAPX_TRY_ASSIGN(auto witness, signing_key(ring, card.witness.front()));
    LAPX_TRY_ASSIGN(auto at_rest, secret_of(ring, "at-rest"));
    LAPX_TRY_ASSIGN(auto own, secret_of(ring, "node"));
    keys::Identity node(std::move(own));
    if (node.recipient() != card.node) {
        return fail(Code::kKeyInvalid, "the keyring's node key is not the one on the card");
    }
    LAPX_TRY_ASSIGN(NoticeKeys named, keys_of(ring, notice));
    return OnlineKeys{.sign = std::move(sign),
                      .ledger = std::move(ledger),
                      .witness = std::move(witness),
                      .at_rest = keys::MasterKey(std::move(at_rest)),
                      .node = std::move(node),
                      .desks = std::move(named.desks),
                      .former = std::move(named.former),
                      .curve = std::move(named.curve)};
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

std::string desk_key_name(std::string_view desk) { return std::string(kDeskPrefix).append(desk); }

std::string former_key_name(std::string_view desk, Time until) {
    return std::string(kFormerPrefix) + time_text(until) + "-" + desk_key_name(desk);
}

std::string next_curve_name(Time from) {
    return std::string(kNextPrefix) + time_text(from) + std::string(kNextSuffix);
}

std::optional<Time> time_of_former_key(std::string_view name, std::string_view desk) {
    return time_between(name, kFormerPrefix, "-" + desk_key_name(desk));
}

std::optional<Time> time_of_next_curve(std::string_view name) {
    return time_between(name, kNextPrefix, kNextSuffix);
}

Result<keys::SigningKey> signing_key(const keys::Keyring& ring, const keys::VerifierKey& named) {
    LAPX_TRY_ASSIGN(const keys::Secret<32> seed, secret_of(ring, key_role(named.name)));
    keys::SigningKey key(seed);
    if (key.public_key() != named.key) {
        return fail(Code::kKeyInvalid,
                    "the keyring's " + key_role(named.name) + " is not the one on the card");
    }
    return key;
}

Result<NoticeKeys> keys_of(const keys::Keyring& ring, const schema::Notice& notice) {
    LAPX_TRY_ASSIGN(keys::Secret<32> curve, curve_key(ring, notice));
    NoticeKeys out{.desks = {}, .former = {}, .curve = std::move(curve)};
    for (const schema::DeskBlock& desk : notice.desks) {
        LAPX_TRY(add_desk_keys(ring, desk, out));
    }
    return out;
}

Result<Self> load_self(const std::filesystem::path& home, const config::Config& config,
                       const keys::Unlock& unlock) {
    LAPX_TRY_ASSIGN(const std::string text, read_card_file(home / "card"));
    LAPX_TRY_ASSIGN(const schema::CardFile parts, schema::split_card_file(text));
    LAPX_TRY_ASSIGN(const keys::OpenedCard opened, keys::open_card(parts.card));
    const schema::Card& card = opened.card;
    if (card.agency != config.agency) {
        return fail(Code::kConfigInvalid, "config.toml and the card name different agencies");
    }
    // A card that came later may put another key first.
    LAPX_TRY_ASSIGN(keys::OpenedNotice named,
                    keys::open_notice(parts.notice, card.agency, opened.sign));
    schema::Notice& notice = named.notice;
    LAPX_TRY(check_desks_of(config, notice, home));
    LAPX_TRY_ASSIGN(keys::Keyring ring,
                    keys::Keyring::load(home / "keys" / "node.keyring", unlock));
    LAPX_TRY_ASSIGN(OnlineKeys online, online_keys(ring, opened, notice));
    return Self{.card = card,
                .card_note = std::string(parts.card),
                .notice = std::move(notice),
                .notice_note = std::string(parts.notice),
                .root = card.root,
                .sign_name = opened.sign.front().name,
                .ledger_name = opened.ledger.front().name,
                .witness_name = opened.witness.front().name,
                .ledger_key = opened.ledger.front(),
                .keys = std::move(online),
                .ring = std::move(ring)};
}

}  // namespace lapx::daemon
