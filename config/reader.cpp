#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <pwd.h>

#include "config/address.hpp"
#include "config/config.hpp"
#include "config/table.hpp"
#include "config/words.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"

namespace lapx::config {
namespace {

constexpr std::size_t kMaxAddresses = 4;  // protocol.md 3.2
constexpr std::int64_t kMaxExhibit = std::int64_t{1} << 40;

Result<std::vector<std::string>> get_addresses(const toml::table& table, std::string_view key,
                                               bool (*is_address)(std::string_view)) {
    LAPX_TRY_ASSIGN(auto list, get_list(table, key));
    for (const std::string& address : list) {
        if (!is_address(address)) {
            return invalid(*table.get(key),
                           std::string(key) + " holds a bad address: \"" + escape(address) + "\"");
        }
    }
    if (list.size() > kMaxAddresses) {
        return invalid(*table.get(key), std::string(key) + " holds more than 4 addresses");
    }
    return list;
}

Result<std::vector<Agency>> get_agencies(const toml::table& table, std::string_view key,
                                         std::size_t most) {
    LAPX_TRY_ASSIGN(const auto names, get_list(table, key));
    if (names.size() > most) {
        return invalid(*table.get(key),
                       std::string(key) + " holds more than " + std::to_string(most) + " agencies");
    }
    std::vector<Agency> agencies;
    for (const std::string& name : names) {
        auto agency = Agency::parse(name);
        if (!agency) {
            return invalid(*table.get(key),
                           std::string(key) + " holds no agency: \"" + escape(name) + "\"");
        }
        agencies.push_back(std::move(*agency));
    }
    return agencies;
}

Result<Node> read_node(const toml::table& root) {
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "node"));
    LAPX_TRY(only(*table, {"listen", "advertise", "relays"}));
    Node node;
    LAPX_TRY_ASSIGN(auto listen, get<std::string>(*table, "listen"));
    node.listen = std::move(listen).value_or("");
    if (!node.listen.empty() && !is_listen_address(node.listen)) {
        return invalid(*table->get("listen"),
                       "listen is a bad address: \"" + escape(node.listen) + "\"");
    }
    LAPX_TRY_ASSIGN(node.advertise, get_addresses(*table, "advertise", is_advertised_address));
    if (node.listen.empty() && !node.advertise.empty()) {
        return invalid(*table->get("advertise"), "advertise without listen: nobody would answer");
    }
    LAPX_TRY_ASSIGN(node.relays, get_agencies(*table, "relays", schema::kMaxRelays));
    return node;
}

Result<Transport> read_transport(const toml::table& root) {
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "transport"));
    LAPX_TRY(only(*table, {"socks"}));
    LAPX_TRY_ASSIGN(auto socks, get<std::string>(*table, "socks"));
    if (socks && !socks->empty() && !is_proxy_address(*socks)) {
        return invalid(*table->get("socks"), "socks is the HOST:PORT of a SOCKS5 proxy");
    }
    return Transport{std::move(socks).value_or("")};
}

Result<Keys> read_keys(const toml::table& root, const std::filesystem::path& home) {
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "keys"));
    LAPX_TRY(only(*table, {"unlock", "keyfile"}));
    Keys keys;
    LAPX_TRY_ASSIGN(keys.unlock, get_word(*table, "unlock", kUnlocks, Unlock::kPassphrase));
    LAPX_TRY_ASSIGN(keys.keyfile, get_path(*table, "keyfile", home, ""));
    if ((keys.unlock == Unlock::kKeyfile) == keys.keyfile.empty()) {
        return invalid(*table, "keyfile must be given if, and only if, unlock is \"keyfile\"");
    }
    return keys;
}

Result<Control> read_control(const toml::table& root, const std::filesystem::path& home) {
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "control"));
    LAPX_TRY(only(*table, {"socket", "group"}));
    Control control;
    LAPX_TRY_ASSIGN(control.socket, get_path(*table, "socket", home, "control.sock"));
    LAPX_TRY_ASSIGN(auto group, get<std::string>(*table, "group"));
    control.group = std::move(group).value_or("");
    if (!control.group.empty() && !is_line(control.group, kMaxText)) {
        return invalid(*table->get("group"), "group must be the name of a Unix group");
    }
    return control;
}

Result<uid_t> uid_of_user(const toml::table& table, const std::string& user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 16384> buffer{};
    if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr) {
        return invalid(*table.get("unix_user"), "there is no such Unix user");
    }
    return entry.pw_uid;
}

Result<uid_t> read_uid(const toml::table& table) {
    LAPX_TRY_ASSIGN(const auto uid, get<std::int64_t>(table, "uid"));
    LAPX_TRY_ASSIGN(const auto user, get<std::string>(table, "unix_user"));
    if (uid.has_value() == user.has_value()) {
        return invalid(table, "an operator has either uid or unix_user");
    }
    if (user) {
        return uid_of_user(table, *user);
    }
    // The last value means "no user" to the kernel.
    if (*uid < 0 || *uid >= static_cast<std::int64_t>(static_cast<uid_t>(-1))) {
        return invalid(*table.get("uid"), "uid is out of range");
    }
    return static_cast<uid_t>(*uid);
}

Result<std::vector<Role>> read_roles(const toml::table& table) {
    LAPX_TRY_ASSIGN(const auto names, get_list(table, "roles"));
    std::vector<Role> roles;
    for (const std::string& name : names) {
        const auto role = role_from(name);
        if (!role) {
            return invalid(*table.get("roles"), "unknown role \"" + escape(name) + "\"");
        }
        roles.push_back(*role);
    }
    if (roles.empty()) {
        return invalid(table, "roles is missing");
    }
    return roles;
}

Result<void> check_desks(const toml::table& table, const Operator& person) {
    const bool all = person.desks == std::vector<std::string>{std::string(kEveryDesk)};
    for (const std::string& desk : person.desks) {
        if (!all && !is_desk_id(desk)) {
            return invalid(*table.get("desks"),
                           "desks holds a bad desk id: \"" + escape(desk) + "\"");
        }
    }
    const bool works_at_desks =
        person.has(Role::kClerk) || person.has(Role::kApprover) || person.has(Role::kFeeder);
    if (works_at_desks && person.desks.empty()) {
        return invalid(table, "desks is missing; [\"*\"] stands for every desk");
    }
    return {};
}

Result<Operator> read_operator(const toml::table& table) {
    LAPX_TRY(only(table, {"id", "name", "position", "uid", "unix_user", "roles", "desks"}));
    Operator person;
    LAPX_TRY_ASSIGN(person.id, require_line(table, "id"));
    LAPX_TRY_ASSIGN(person.name, require_line(table, "name"));
    LAPX_TRY_ASSIGN(person.position, require_line(table, "position"));
    if (!is_desk_id(person.id)) {
        return invalid(*table.get("id"), "id is 1 to 32 of a-z 0-9 . _ -");
    }
    // A ";" ends the name in ledger records (protocol.md 6.5).
    if (person.name.find(';') != std::string::npos) {
        return invalid(*table.get("name"), "name must not hold a \";\"");
    }
    LAPX_TRY_ASSIGN(person.uid, read_uid(table));
    LAPX_TRY_ASSIGN(person.roles, read_roles(table));
    LAPX_TRY_ASSIGN(person.desks, get_list(table, "desks"));
    LAPX_TRY(check_desks(table, person));
    if (const toml::node* desks = table.get("desks")) {
        person.desks_at.text = at(desks->source().begin);
    }
    return person;
}

Result<std::vector<Operator>> read_operators(const toml::table& root) {
    std::vector<Operator> out;
    const toml::node* node = root.get("operator");
    if (node == nullptr) {
        return out;
    }
    if (!node->is_array()) {
        return invalid(*node, "operator must be a list of tables: [[operator]]");
    }
    std::set<std::string> ids;
    std::set<uid_t> uids;
    for (const toml::node& element : *node->as_array()) {
        if (!element.is_table()) {
            return invalid(element, "operator must be a list of tables: [[operator]]");
        }
        LAPX_TRY_ASSIGN(Operator person, read_operator(*element.as_table()));
        if (!ids.insert(person.id).second) {
            return invalid(element, "two operators have the id \"" + person.id + "\"");
        }
        if (!uids.insert(person.uid).second) {
            return invalid(element, "two operators have the uid " + std::to_string(person.uid));
        }
        out.push_back(std::move(person));
    }
    return out;
}

Result<Policy> read_policy(const toml::table& root) {
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "policy"));
    LAPX_TRY(only(*table, {"self_approval"}));
    LAPX_TRY_ASSIGN(const auto self_approval, get<bool>(*table, "self_approval"));
    return Policy{self_approval.value_or(false)};
}

// A number of octets; `otherwise` where it is left out.
Result<std::uint64_t> get_size(const toml::table& table, std::string_view key,
                               std::uint64_t otherwise) {
    LAPX_TRY_ASSIGN(const auto size, get<std::int64_t>(table, key));
    if (size && (*size < 0 || *size > kMaxExhibit)) {
        return invalid(*table.get(key), std::string(key) + " is a number of octets, at most 1 TiB");
    }
    return size ? static_cast<std::uint64_t>(*size) : otherwise;
}

Result<Exhibits> read_exhibits(const toml::table& root) {
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "exhibits"));
    LAPX_TRY(only(*table, {"max_size", "fetch_up_to"}));
    Exhibits out;
    LAPX_TRY_ASSIGN(out.max_size, get_size(*table, "max_size", out.max_size));
    LAPX_TRY_ASSIGN(out.fetch_up_to, get_size(*table, "fetch_up_to", out.fetch_up_to));
    return out;
}

// A number from 1 to `most`; `otherwise` where it is left out.
Result<std::uint64_t> get_count(const toml::table& table, std::string_view key,
                                std::uint64_t otherwise, std::int64_t most) {
    LAPX_TRY_ASSIGN(const auto value, get<std::int64_t>(table, key));
    if (value && (*value < 1 || *value > most)) {
        return invalid(*table.get(key),
                       std::string(key) + " must be from 1 to " + std::to_string(most));
    }
    return value ? static_cast<std::uint64_t>(*value) : otherwise;
}

Result<Relay> read_relay(const toml::table& root) {
    constexpr std::int64_t kMostOctets = std::int64_t{1} << 40;
    constexpr std::int64_t kMostFiles = 1'000'000;
    constexpr std::int64_t kMostDays = 62;
    constexpr std::int64_t kMostSeconds = 86'400;
    constexpr std::size_t kMostOwners = 10'000;
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "relay"));
    LAPX_TRY(only(*table, {"for", "owner_octets", "owner_files", "depositor_octets",
                           "depositor_files", "days", "after", "again"}));
    Relay relay;
    LAPX_TRY_ASSIGN(relay.owners, get_agencies(*table, "for", kMostOwners));
    for (const auto& [key, value, most] :
         {std::tuple{"owner_octets", &relay.owner_octets, kMostOctets},
          {"owner_files", &relay.owner_files, kMostFiles},
          {"depositor_octets", &relay.depositor_octets, kMostOctets},
          {"depositor_files", &relay.depositor_files, kMostFiles},
          {"days", &relay.days, kMostDays},
          {"after", &relay.after, kMostSeconds},
          {"again", &relay.again, kMostSeconds}}) {
        LAPX_TRY_ASSIGN(*value, get_count(*table, key, *value, most));
    }
    return relay;
}

Result<Log> read_log(const toml::table& root) {
    LAPX_TRY_ASSIGN(const toml::table* table, section(root, "log"));
    LAPX_TRY(only(*table, {"level"}));
    LAPX_TRY_ASSIGN(const LogLevel level, get_word(*table, "level", kLogLevels, LogLevel::kInfo));
    return Log{level};
}

Result<Config> read_config(const toml::table& root, const std::filesystem::path& home) {
    LAPX_TRY(only(root, {"agency", "node", "transport", "keys", "control", "operator", "policy",
                         "exhibits", "relay", "log"}));
    LAPX_TRY_ASSIGN(const std::string name, require_line(root, "agency"));
    auto agency = Agency::parse(name);
    if (!agency) {
        return invalid(*root.get("agency"), agency.error().context);
    }
    Config config{.agency = std::move(*agency)};
    LAPX_TRY_ASSIGN(config.node, read_node(root));
    if (std::count(config.node.relays.begin(), config.node.relays.end(), config.agency) != 0) {
        return invalid(*root["node"]["relays"].node(), "relays holds this agency itself");
    }
    LAPX_TRY_ASSIGN(config.transport, read_transport(root));
    LAPX_TRY_ASSIGN(config.keys, read_keys(root, home));
    LAPX_TRY_ASSIGN(config.control, read_control(root, home));
    LAPX_TRY_ASSIGN(config.policy, read_policy(root));
    LAPX_TRY_ASSIGN(config.exhibits, read_exhibits(root));
    LAPX_TRY_ASSIGN(config.relay, read_relay(root));
    LAPX_TRY_ASSIGN(config.log, read_log(root));
    LAPX_TRY_ASSIGN(config.operators, read_operators(root));
    return config;
}

}  // namespace

Result<Config> parse(std::string_view text, const std::filesystem::path& home) {
    LAPX_TRY_ASSIGN(const toml::table root, parse_toml(text));
    return read_config(root, home);
}

}  // namespace lapx::config
