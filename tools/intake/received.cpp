#include "tools/intake/received.hpp"

#include <array>
#include <cstdint>

#include <arpa/inet.h>

#include "schema/intake/limits.hpp"
#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

constexpr std::size_t kLongestIp = 45;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}
bool is_ip_character(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') || c == ':' ||
           c == '.';
}
bool is_name_character(char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; }

// Whether the text ends in what introduces the client's own claim ("helo=", "HELO [").
bool ends_in_claim(std::string_view text) {
    while (!text.empty() && (text.back() == '[' || text.back() == ' ' || text.back() == '=')) {
        text.remove_suffix(1);
    }
    const std::string tail = to_lower(text.substr(text.size() < 4 ? 0 : text.size() - 4));
    return tail == "helo" || tail == "ehlo";
}

// The first address in the text that is not the client's own claim.
std::string find_ip(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_ip_character(text[at]) || (at > 0 && is_name_character(text[at - 1]))) {
            ++at;
            continue;
        }
        std::string_view rest = text.substr(at);
        const std::string_view before = text.substr(0, at);
        std::size_t length = 0;
        while (length < rest.size() && is_ip_character(rest[length])) {
            ++length;
        }
        at += length;
        std::string_view candidate = rest.substr(0, length);
        const bool followed = length < rest.size() && is_name_character(rest[length]);
        while (!candidate.empty() && candidate.back() == '.') {
            candidate.remove_suffix(1);
        }
        auto ip = normal_ip(candidate);
        if (const std::size_t colon = candidate.rfind(':');
            !ip && colon != std::string_view::npos && candidate.find('.') < colon) {
            ip = normal_ip(candidate.substr(0, colon));  // 192.0.2.1:25
        }
        if (ip && !followed && !ends_in_claim(before)) {
            return *ip;
        }
    }
    return {};
}

// Splits a field at depth 0 of its comments: words, and the comments that follow each.
class Words {
  public:
    explicit Words(std::string_view text) : rest_(text) {}

    // The next word or comment; empty at the end.
    std::string_view next() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
            rest_.remove_prefix(1);
        }
        std::size_t length = 0;
        int depth = 0;
        while (length < rest_.size()) {
            const char c = rest_[length];
            if (depth == 0 && length > 0 && (c == ' ' || c == '\t' || c == '(')) {
                break;
            }
            depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
            ++length;
            if (c == ')' && depth == 0) {
                break;
            }
        }
        const std::string_view word = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return word;
    }

  private:
    std::string_view rest_;
};

// "IPv6:" before an address, as RFC 5321 address literals have it, taken out.
std::string without_ipv6_tag(std::string_view text) {
    std::string out(text);
    for (std::size_t at = 0; at + 5 <= out.size(); ++at) {
        if (starts_with_ignoring_case(std::string_view(out).substr(at), "ipv6:")) {
            out.replace(at, 5, " ");
        }
    }
    return out;
}

}  // namespace

std::optional<std::string> normal_ip(std::string_view text) {
    if (text.size() > kLongestIp || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const std::string copy(text);
    in_addr v4{};
    in6_addr v6{};
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
        return inet_ntop(AF_INET, &v4, buffer.data(), buffer.size());
    }
    if (inet_pton(AF_INET6, copy.c_str(), &v6) == 1) {
        return inet_ntop(AF_INET6, &v6, buffer.data(), buffer.size());
    }
    return std::nullopt;
}

bool is_public_ip(const std::string& ip) {
    in_addr v4{};
    in6_addr v6{};
    if (inet_pton(AF_INET, ip.c_str(), &v4) == 1) {
        const std::uint32_t a = ntohl(v4.s_addr);
        const auto in = [&](std::uint32_t network, int bits) {
            return (a >> (32 - bits)) == (network >> (32 - bits));
        };
        return !in(0x00000000, 8) && !in(0x0a000000, 8) && !in(0x7f000000, 8) &&
               !in(0xa9fe0000, 16) && !in(0xac100000, 12) && !in(0xc0a80000, 16) &&
               !in(0x64400000, 10) && !in(0xe0000000, 3);
    }
    if (inet_pton(AF_INET6, ip.c_str(), &v6) != 1) {
        return false;
    }
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        return is_public_ip(ip.substr(ip.rfind(':') + 1));
    }
    const bool local = (v6.s6_addr[0] & 0xfe) == 0xfc;
    return !IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_LOOPBACK(&v6) && !local &&
           !IN6_IS_ADDR_LINKLOCAL(&v6) && !IN6_IS_ADDR_MULTICAST(&v6);
}

ReceivedField read_received(std::string_view value) {
    ReceivedField out;
    if (const std::size_t semicolon = value.rfind(';'); semicolon != std::string_view::npos) {
        out.date = value.substr(semicolon + 1);
        value = value.substr(0, semicolon);
    }
    const std::string text = without_ipv6_tag(value);
    Words words(text);
    enum class In : std::uint8_t { kNothing, kFrom, kBy } in = In::kNothing;
    std::string seen;
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
        const bool keyword_with =
            equal_ignoring_case(word, "with") || equal_ignoring_case(word, "via") ||
            equal_ignoring_case(word, "id") || equal_ignoring_case(word, "for");
        if (equal_ignoring_case(word, "from")) {
            in = In::kFrom;
        } else if (equal_ignoring_case(word, "by")) {
            in = In::kBy;
        } else if (keyword_with) {
            in = In::kNothing;
        } else if (in == In::kFrom && word.front() != '(' && out.from.empty()) {
            out.from = clean_line(word, schema::intake::kMaxHost);
        } else if (in == In::kFrom) {
            seen += word;
        } else if (in == In::kBy && out.by.empty() && word.front() != '(') {
            out.by = clean_line(word, schema::intake::kMaxHost);
        }
    }
    // What the server saw stands behind the first word; that is what the client said.
    out.ip = find_ip(seen);
    if (out.ip.empty()) {
        out.ip = find_ip(out.from);
    }
    return out;
}

}  // namespace lapx::tools::intake
