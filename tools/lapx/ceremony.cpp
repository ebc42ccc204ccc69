#include "tools/lapx/ceremony.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "keys/age_key.hpp"
#include "keys/directory.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;
using keys::Secret;

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
                          .curve = {keys::curve_public_key(*ring.get("curve")).bytes},
                          .endpoints = plan.config.node.advertise,
                          .relays = plan.config.node.relays,
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

constexpr const char* kMark = ".unfinished";

tl::unexpected<Error> failed(const fs::path& path, const std::error_code& error) {
    return fail(Code::kIo, path.string() + ": " + error.message());
}

bool is_left_over(const fs::path& folder) {
    std::error_code ignored;
    return fs::exists(folder / kMark, ignored);
}

bool is_free(const fs::path& folder) {
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    return !fs::exists(status) ||
           (fs::is_directory(status) && (fs::is_empty(folder, error) || is_left_over(folder)));
}

bool is_open_to_others(const fs::path& folder) {
    struct stat info {};
    return ::stat(folder.c_str(), &info) == 0 && (info.st_mode & 077U) != 0;
}

std::error_code remove_contents(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> entries;
    fs::directory_iterator at(folder, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
        entries.push_back(at->path());
    }
    // The mark goes last: what cannot be removed now is removed next time.
    std::stable_partition(entries.begin(), entries.end(),
                          [](const fs::path& path) { return path.filename() != kMark; });
    for (const fs::path& path : entries) {
        if (!error) {
            fs::remove_all(path, error);
        }
    }
    return error;
}

}  // namespace

bool is_inside(const fs::path& path, const fs::path& folder) {
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(path, error);
    const fs::path from = fs::weakly_canonical(folder, error);
    const fs::path rest = (error ? path : whole).lexically_relative(error ? folder : from);
    return !rest.empty() && *rest.begin() != "..";
}

Result<void> Folders::check(const Plan& plan) {
    if (!is_free(plan.home)) {
        return fail(Code::kInvalidArgument,
                    plan.home.string() + " is not an empty folder; lapx init never overwrites");
    }
    if (is_open_to_others(plan.home)) {
        return fail(Code::kUnsafePermissions, plan.home.string() + " is open to others");
    }
    // What lies in a leftover home is cleared with it.
    const bool goes = is_inside(plan.root, plan.home) && is_left_over(plan.home);
    if (!is_free(plan.root) && !goes) {
        return fail(Code::kInvalidArgument,
                    plan.root.string() +
                        " is not an empty folder; give the root key one of its "
                        "own, e.g. --root " +
                        (plan.root / plan.config.agency.text()).string());
    }
    return {};
}

Result<void> Folders::take(const fs::path& path) {
    std::error_code error;
    const bool is_new = !fs::exists(path, error);
    if (is_new) {
        fs::create_directories(path.parent_path(), error);
        if (!error && ::mkdir(path.c_str(), 0700) != 0) {
            error.assign(errno, std::generic_category());
        }
    } else {
        error = remove_contents(path);
    }
    if (error) {
        return failed(path, error);
    }
    folders_.push_back({path, is_new});
    return write_new_file(path / kMark, {}, 0600);
}

Result<Folders> Folders::make(const Plan& plan) {
    LAPX_TRY(check(plan));
    Folders folders;
    LAPX_TRY(folders.take(plan.home));
    LAPX_TRY(folders.take(plan.root));
    return folders;
}

Folders::~Folders() {
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) {
        std::error_code ignored = remove_contents(folder->path);
        if (folder->is_new) {
            fs::remove(folder->path, ignored);
        }
    }
}

bool Folders::root_is_open_to_others() const { return is_open_to_others(folders_.back().path); }

Result<void> Folders::keep() {
    // The home's mark goes last: a root key without one is never cleared while a home needs it.
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) {
        std::error_code error;
        fs::remove(folder->path / kMark, error);
        if (error) {
            return failed(folder->path, error);
        }
        LAPX_TRY(sync_folder(folder->path));
    }
    folders_.clear();
    return {};
}

Result<Made> make_node(const Plan& plan, const Unlocks& unlocks, Random& random, Time now) {
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

    LAPX_TRY(root_ring.save(plan.root / "root.keyring", unlocks.root, random));
    LAPX_TRY(write_new_file(plan.root / "card", as_bytes(card), 0644));
    for (const NamedKey* key : {&root, &sign, &ledger, &witness}) {
        const std::string note = keys::sign_note(
            schema::print_revocation({.agency = agency, .created = now, .key = key->vkey}),
            root.name, root.key);
        const std::string file = "revoke-" + key->name.substr(key->name.rfind('/') + 1);
        LAPX_TRY(write_new_file(plan.root / file, as_bytes(note), 0600));
    }
    if (::mkdir((plan.home / "keys").c_str(), 0700) != 0 && errno != EEXIST) {
        return failed(plan.home / "keys", {errno, std::generic_category()});
    }
    LAPX_TRY(ring.save(plan.home / "keys" / "node.keyring", unlocks.node, random));
    LAPX_TRY(write_new_file(plan.home / "card", as_bytes(card_file), 0644));
    LAPX_TRY(write_new_file(plan.home / "config.toml", as_bytes(config::print_initial(plan.config)),
                            0600));
    return Made{card_file, keys::safety_number(opened.root)};
}

}  // namespace lapx::cli
