#include "tools/lapx/ceremony.hpp"

#include "keys/age_key.hpp"
#include "keys/directory.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;
using keys::Secret;

// A day less than the most, so that a clock an hour off does not make a card too long.
constexpr std::chrono::days kCardLife = schema::kMaxCardLife - std::chrono::days(1);

struct NamedKey {
    std::string name;  // "opta.nl/lapx/sign-1"
    keys::SigningKey key;
    std::string vkey;
};

NamedKey named(const Agency& agency, schema::KeyRole role, const Secret<32>& seed) {
    std::string name = schema::key_name_text({agency, role, 1});
    keys::SigningKey key(seed);
    const auto type =
        role == schema::KeyRole::kWitness ? keys::KeyType::kCosignature : keys::KeyType::kEd25519;
    std::string vkey = keys::VerifierKey{name, type, key.public_key()}.text();
    return {std::move(name), std::move(key), std::move(vkey)};
}

Result<void> generate(keys::Keyring& ring, const std::string& name, Random& random) {
    return ring.add(name, Secret<32>::generate(random));
}

std::string recipient_of(const keys::Keyring& ring, const std::string& name) {
    return keys::Identity(Secret<32>(ring.get(name)->view())).recipient().text();
}

Result<keys::Keyring> node_keys(const Plan& plan, Random& random) {
    keys::Keyring ring;
    for (const char* name : {"sign-1", "ledger-1", "witness-1", "node", "curve", "at-rest"}) {
        LAPX_TRY(generate(ring, name, random));
    }
    for (const DeskPlan& desk : plan.desks) {
        LAPX_TRY(generate(ring, "desk-" + desk.id, random));
    }
    return ring;
}

schema::Notice notice_of(const Plan& plan, const keys::Keyring& ring, Time now) {
    schema::Notice notice{.agency = plan.config.agency,
                          .serial = 1,
                          .not_before = now,
                          .expires = now + schema::kMaxNoticeLife,
                          .curve = keys::curve_public_key(*ring.get("curve")).bytes,
                          .endpoints = plan.config.node.advertise,
                          .relays = plan.relays,
                          .zone = plan.zone,
                          .desks = {}};
    for (const DeskPlan& desk : plan.desks) {
        notice.desks.push_back({.id = desk.id,
                                .role = desk.role,
                                .topics = plan.topics,
                                .languages = plan.languages,
                                .phone = {},
                                .mail = {},
                                .hours = {},
                                .closed = {},
                                .deputy = {},
                                .recipient = recipient_of(ring, "desk-" + desk.id)});
    }
    return notice;
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!error) {
        fs::permissions(folder, fs::perms::owner_all, error);
    }
    return error ? fail(Code::kIo, folder.string() + ": " + error.message()) : Result<void>{};
}

bool is_empty_or_missing(const fs::path& folder) {
    std::error_code error;
    return !fs::exists(folder, error) || fs::is_empty(folder, error);
}

}  // namespace

Result<void> check_untouched(const Plan& plan) {
    // A root inside the home is a sandbox's and comes with it.
    if (!is_empty_or_missing(plan.home)) {
        return fail(Code::kInvalidArgument,
                    plan.home.string() + " is not empty; lapx init never overwrites");
    }
    if (fs::exists(plan.root / "root.keyring")) {
        return fail(Code::kInvalidArgument,
                    plan.root.string() + " holds a root key already; lapx init never overwrites");
    }
    return {};
}

Result<Made> make_node(const Plan& plan, const keys::Unlock& node_unlock,
                       const keys::Unlock& root_unlock, Random& random, Time now) {
    const Agency& agency = plan.config.agency;
    keys::Keyring root_ring;
    LAPX_TRY(generate(root_ring, "root-1", random));
    LAPX_TRY_ASSIGN(const keys::Keyring ring, node_keys(plan, random));
    const NamedKey root = named(agency, schema::KeyRole::kRoot, *root_ring.get("root-1"));
    const NamedKey sign = named(agency, schema::KeyRole::kSign, *ring.get("sign-1"));
    const NamedKey ledger = named(agency, schema::KeyRole::kLedger, *ring.get("ledger-1"));
    const NamedKey witness = named(agency, schema::KeyRole::kWitness, *ring.get("witness-1"));

    const std::string card =
        keys::sign_note(schema::print_card({.agency = agency,
                                            .name = plan.name,
                                            .country = plan.country,
                                            .sector = plan.sector,
                                            .serial = 1,
                                            .previous = {},
                                            .not_before = now,
                                            .expires = now + kCardLife,
                                            .root = root.vkey,
                                            .sign = {sign.vkey},
                                            .ledger = {ledger.vkey},
                                            .witness = {witness.vkey},
                                            .node = recipient_of(ring, "node")}),
                        root.name, root.key);
    const std::string notice =
        keys::sign_note(schema::print_notice(notice_of(plan, ring, now)), sign.name, sign.key);
    // What we made must be what everybody else will admit.
    LAPX_TRY_ASSIGN(const keys::OpenedCard opened, keys::open_card(card));
    LAPX_TRY(keys::open_notice(notice, agency, opened.sign));
    const std::string card_file = schema::join_card_file({card, notice});

    LAPX_TRY(make_folder(plan.home));
    LAPX_TRY(make_folder(plan.root));
    LAPX_TRY(root_ring.save(plan.root / "root.keyring", root_unlock, random));
    LAPX_TRY(write_new_file(plan.root / "card", as_bytes(card), 0644));
    for (const NamedKey* key : {&root, &sign, &ledger, &witness}) {
        const std::string note = keys::sign_note(
            schema::print_revocation({.agency = agency, .created = now, .key = key->vkey}),
            root.name, root.key);
        const std::string file = "revoke-" + key->name.substr(key->name.rfind('/') + 1);
        LAPX_TRY(write_new_file(plan.root / file, as_bytes(note), 0600));
    }
    LAPX_TRY(make_folder(plan.home / "keys"));
    LAPX_TRY(ring.save(plan.home / "keys" / "node.keyring", node_unlock, random));
    LAPX_TRY(write_new_file(plan.home / "card", as_bytes(card_file), 0644));
    LAPX_TRY(write_new_file(plan.home / "config.toml", as_bytes(config::print_initial(plan.config)),
                            0600));
    return Made{card_file, keys::safety_number(opened.root)};
}

}  // namespace lapx::cli
