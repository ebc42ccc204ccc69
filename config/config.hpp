#pragma once
// HOME/config.toml, read and validated once into a plain struct. A file that is not wholly
// understood is refused: unknown keys, wrong types and doubtful values are errors that name their
// line and column.
//
//     LAPX_TRY_ASSIGN(const Config config, config::load(home / "config.toml"));

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "schema/base/address.hpp"
#include "schema/base/result.hpp"

namespace lapx::config {

enum class Role : std::uint8_t { kClerk, kApprover, kAuditor, kAdmin, kFeeder };
std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view text);

// Where a file says something: "line 3, column 5: ". The same words at another place say the same.
struct Place {
    std::string text;
    bool operator==(const Place&) const { return true; }
};

inline constexpr std::string_view kEveryDesk = "*";

// A person, known by their Unix account.
struct Operator {
    std::string id;  // stable: it stands in ledger records; the grammar of a desk id
    std::string name;
    std::string position;
    uid_t uid = 0;
    std::vector<Role> roles;
    // Ids of our desks. "*" alone stands for every desk, as does nothing at all.
    std::vector<std::string> desks;
    Place desks_at = {};

    bool has(Role role) const;
    bool serves(std::string_view desk_id) const;
    bool operator==(const Operator&) const = default;
};

struct Node {
    // "tcp://HOST:PORT" with a numeric host or "*"; empty: nobody can dial this node.
    std::string listen;
    std::vector<std::string> advertise;  // "tcp://HOST:PORT" for the notice (protocol.md 3.2)
    std::vector<Agency> relays;          // likewise: who keeps parcels for this node
    bool operator==(const Node&) const = default;
};

struct Transport {
    // "HOST:PORT" of a SOCKS5 proxy through which every peer is dialled; empty: directly.
    std::string socks;
    bool operator==(const Transport&) const = default;
};

enum class Unlock : std::uint8_t { kPassphrase, kKeyfile };

struct Keys {
    Unlock unlock = Unlock::kPassphrase;
    std::filesystem::path keyfile;  // absolute; empty unless unlock is kKeyfile
    bool operator==(const Keys&) const = default;
};

struct Control {
    std::filesystem::path socket;  // absolute
    std::string group;             // the group that may connect; empty: the node's user alone
    bool operator==(const Control&) const = default;
};

struct Policy {
    bool self_approval = false;  // may one person draft and approve the same referral?
    bool operator==(const Policy&) const = default;
};

// In octets of plaintext.
struct Exhibits {
    std::uint64_t max_size = std::uint64_t{2} << 30;  // the largest one that is kept here
    std::uint64_t fetch_up_to = std::uint64_t{16}
                                << 20;  // of one message, unasked; the rest when a person asks
    bool operator==(const Exhibits&) const = default;
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct Log {
    LogLevel level = LogLevel::kInfo;
    bool operator==(const Log&) const = default;
};

// What this node keeps for others that cannot be reached, and when it makes use of the relays of
// others (protocol.md 8.8).
struct Relay {
    std::vector<Agency> owners;  // `for`; empty: this node is no relay
    std::uint64_t owner_octets = std::uint64_t{256} * 1024 * 1024;  // for one of them
    std::uint64_t owner_files = 10'000;
    std::uint64_t depositor_octets = std::uint64_t{64} * 1024 * 1024;  // by one depositor, for all
    std::uint64_t depositor_files = 2'000;
    std::uint64_t days = 14;  // then a file is dropped
    // Seconds that a peer is away until what waits for it goes to its relay, and until that is done
    // again while no receipt comes. At once for a peer that nobody can dial.
    std::uint64_t after = 300;
    std::uint64_t again = 3'600;
    bool operator==(const Relay&) const = default;
};

struct Config {
    Agency agency;
    Node node = {};
    Transport transport = {};
    Keys keys = {};
    Control control = {};
    Policy policy = {};
    Exhibits exhibits = {};
    Relay relay = {};
    Log log = {};
    std::vector<Operator> operators = {};

    // The operator with this Unix account, or null.
    const Operator* find(uid_t uid) const;
    bool operator==(const Config&) const = default;
};

// Reads `path`, which must be a file of at most 64 KiB that only its owner can read or write. Paths
// inside it are relative to its folder. Errors: kNotFound, kIo, kUnsafePermissions, kConfigInvalid.
Result<Config> load(const std::filesystem::path& path);

// The same for a text; `home` must be absolute. Errors: kConfigInvalid.
Result<Config> parse(std::string_view text, const std::filesystem::path& home);

// The commented file `lapx init` writes. parse gives the same Config back.
std::string print_initial(const Config& config);

}  // namespace lapx::config
