#include <array>
#include <cstdio>

#include "config/config.hpp"
#include "config/words.hpp"

namespace lapx::config {
namespace {

// A TOML basic string.
std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (octet < 0x20 || octet == 0x7f) {
            std::array<char, 8> buffer{};
            std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(octet));
            out += buffer.data();
        } else {
            out += c;
        }
    }
    return out + "\"";
}

// One element a line, so that no line grows long.
template <typename List, typename Text>
std::string toml_list(const List& list, Text&& text) {
    if (list.size() == 0) {
        return "[]";
    }
    if (list.size() == 1) {
        return "[" + toml_string(text(list.front())) + "]";
    }
    std::string out = "[\n";
    for (const auto& element : list) {
        out += "    " + toml_string(text(element)) + ",\n";
    }
    return out + "]";
}

std::string texts(const std::vector<std::string>& list) {
    return toml_list(list, [](const std::string& text) -> std::string_view { return text; });
}

std::string print_operator(const Operator& person) {
    return "\n[[operator]]\nid = " + toml_string(person.id) +
           "\nname = " + toml_string(person.name) + "\nposition = " + toml_string(person.position) +
           "\nuid = " + std::to_string(person.uid) +
           "\nroles = " + toml_list(person.roles, [](Role role) { return to_string(role); }) +
           "\ndesks = " + texts(person.desks) + "\n";
}

}  // namespace

std::string print_initial(const Config& config) {
    std::string out =
        "# Configuration of one lapx node; read once, when lapxd starts. Only the node's user may\n"
        "# read it (mode 0600). Paths are relative to this folder. An unknown key is an error.\n\n"
        "# The agency this node belongs to: a DNS name, as on its card.\n"
        "agency = " +
        toml_string(config.agency.text()) +
        "\n\n[node]\n"
        "# Where peers can dial this node; a numeric address, or * for all of IPv4, [::] for IPv6\n"
        "# too. Empty: this node only dials.\n"
        "listen = " +
        toml_string(config.node.listen) +
        "\n# What the notice tells peers to dial (at most 4).\n"
        "advertise = " +
        texts(config.node.advertise) +
        "\n# Agencies that keep parcels for this node while it cannot be reached (at most 2).\n"
        "relays = " +
        toml_list(config.node.relays,
                  [](const Agency& relay) -> std::string_view { return relay.text(); }) +
        "\n\n[transport]\n"
        "# HOST:PORT of a SOCKS5 proxy through which all peers are dialled; empty: directly.\n"
        "socks = " +
        toml_string(config.transport.socks) +
        "\n\n[keys]\n"
        "# \"passphrase\": asked for, or given with --passphrase-file, at each start.\n"
        "# \"keyfile\": read from the file named by keyfile, which makes unattended starts "
        "possible.\n"
        "unlock = " +
        toml_string(word(kUnlocks, config.keys.unlock)) +
        (config.keys.keyfile.empty()
             ? std::string("\n# keyfile = \"unlock.key\"\n")
             : "\nkeyfile = " + toml_string(config.keys.keyfile.string()) + "\n") +
        "\n[control]\n"
        "# The Unix socket that lapx talks to, and the group allowed to connect (empty: this "
        "user).\n"
        "socket = " +
        toml_string(config.control.socket.string()) +
        "\ngroup = " + toml_string(config.control.group) +
        "\n\n[policy]\n"
        "# May the person who drafted a referral also approve it?\n"
        "self_approval = " +
        (config.policy.self_approval ? "true" : "false") +
        "\n\n[exhibits]\n"
        "# Octets. The largest exhibit that is kept here, and how much of a message's is fetched\n"
        "# unasked.\n"
        "max_size = " +
        std::to_string(config.exhibits.max_size) +
        "\nfetch_up_to = " + std::to_string(config.exhibits.fetch_up_to) +
        "\n\n[log]\n"
        "# debug, info, warning or error.\n"
        "level = " +
        toml_string(word(kLogLevels, config.log.level)) +
        "\n\n# One [[operator]] for each person: uid (or unix_user) is who they are to this "
        "machine, id\n"
        "# is how the ledger names them and must never be given to somebody else. Roles: clerk,\n"
        "# approver, auditor, admin, feeder. desks = [\"*\"] stands for every desk.\n";
    for (const Operator& person : config.operators) {
        out += print_operator(person);
    }
    return out;
}

}  // namespace lapx::config
