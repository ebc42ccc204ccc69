#include "config/address.hpp"

#include <optional>
#include <string>

#include <arpa/inet.h>

#include "schema/base/address.hpp"
#include "schema/base/text.hpp"

namespace lapx::config {
namespace {

constexpr std::string_view kScheme = "tcp://";
constexpr std::size_t kMaxAddress = 255;

struct HostPort {
    std::string host;
    std::uint64_t port;
};

std::optional<HostPort> split_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (!text.starts_with(kScheme) || text.size() > kMaxAddress || colon < kScheme.size()) {
        return std::nullopt;
    }
    const auto port = number_from(text.substr(colon + 1));
    if (!port || *port > 65535) {
        return std::nullopt;
    }
    return HostPort{std::string(text.substr(kScheme.size(), colon - kScheme.size())), *port};
}

bool is_numeric(const std::string& host) {
    in6_addr buffer{};
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &buffer) == 1;
    }
    return inet_pton(AF_INET, host.c_str(), &buffer) == 1;
}

// All of digits and dots: a mistyped IPv4 address would pass as a DNS name.
bool looks_numeric(const std::string& host) {
    return host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

bool is_listen_address(std::string_view text) {
    const auto address = split_address(text);
    return address && (address->host == "*" || is_numeric(address->host));
}

bool is_advertised_address(std::string_view text) {
    const auto address = split_address(text);
    return address && address->port != 0 &&
           (is_numeric(address->host) || address->host == "localhost" ||
            (!looks_numeric(address->host) && Agency::parse(address->host).has_value()));
}

bool is_proxy_address(std::string_view text) {
    return is_advertised_address(std::string(kScheme) + std::string(text));
}

}  // namespace lapx::config
