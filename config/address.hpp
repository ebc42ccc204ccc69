#pragma once
// "tcp://HOST:PORT", as a node listens on it and as a notice advertises it.

#include <string_view>

namespace lapx::config {

// HOST is "*", an IPv4 address or an IPv6 address in brackets: libzmq resolves names on its I/O
// thread, which stalls every peer. Port 0 lets the system choose.
bool is_listen_address(std::string_view text);

// HOST is a DNS name, an IPv4 address or an IPv6 address in brackets; the port is not 0.
bool is_advertised_address(std::string_view text);

// "HOST:PORT", both as in an advertised address.
bool is_proxy_address(std::string_view text);

}  // namespace lapx::config
