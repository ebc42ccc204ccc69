#pragma once
// Reads Received fields (RFC 5321 section 4.4) as the many servers of the world write them.

#include <optional>
#include <string>
#include <string_view>

namespace lapx::tools::intake {

struct ReceivedField {
    std::string from;  // as the server named its client: the client's own claim
    std::string by;
    std::string ip;    // of the client, as the server saw it; in its shortest form
    std::string date;  // what follows the last semicolon
};

// `value` is unfolded. What is not there stays empty.
ReceivedField read_received(std::string_view value);

// An IPv4 or IPv6 address in its shortest form; nothing if it is none.
std::optional<std::string> normal_ip(std::string_view text);

// Not private, loopback, link-local, shared, multicast or unspecified. `ip` is in its normal form.
bool is_public_ip(const std::string& ip);

}  // namespace lapx::tools::intake
