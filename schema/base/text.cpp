#include "schema/base/text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace lapx {
namespace {

// Reads one code point at `at` and moves past it; nothing if it is not strict UTF-8.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(at);
    std::size_t length = 1;
    char32_t value = lead;
    if (lead >= 0xf0 && lead < 0xf8) {
        length = 4;
        value = lead & 0x07;
    } else if (lead >= 0xe0 && lead < 0xf0) {
        length = 3;
        value = lead & 0x0f;
    } else if (lead >= 0xc0 && lead < 0xe0) {
        length = 2;
        value = lead & 0x1f;
    } else if (lead >= 0x80) {
        return std::nullopt;
    }
    if (at + length > text.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) {
            return std::nullopt;
        }
        value = (value << 6) | (byte(at + i) & 0x3f);
    }
    constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (value < kLeast.at(length) || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return std::nullopt;
    }
    at += length;
    return value;
}

// Where the ASCII that begins at `at` ends, or a little before: most texts are nothing else.
std::size_t ascii_run(std::string_view text, std::size_t at) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    std::uint64_t octets = 0;
    for (; text.size() - at >= sizeof octets; at += sizeof octets) {
        std::memcpy(&octets, text.data() + at, sizeof octets);
        if ((octets & kHighBits) != 0) {
            break;
        }
    }
    return at;
}

bool is_control(char32_t c) { return c < 0x20 || c == 0x7f; }

// Controls, what turns the direction of writing, and what cannot be seen.
bool is_unsafe_on_a_terminal(char32_t c) {
    return is_control(c) || (c >= 0x80 && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2064) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t at = ascii_run(text, 0); at < text.size(); at = ascii_run(text, at)) {
        if (!next_code_point(text, at)) {
            return false;
        }
    }
    return true;
}

bool is_line(std::string_view text, std::size_t max) {
    if (text.empty() || text.size() > max || text.front() == ' ' || text.back() == ' ') {
        return false;
    }
    for (std::size_t at = 0; at < text.size();) {
        const auto c = next_code_point(text, at);
        if (!c || is_control(*c)) {
            return false;
        }
    }
    return true;
}

std::string escape(std::string_view untrusted) {
    std::string out;
    out.reserve(untrusted.size());
    for (std::size_t at = 0; at < untrusted.size();) {
        const std::size_t start = at;
        const auto c = next_code_point(untrusted, at);
        std::array<char, 16> buffer{};
        if (!c) {
            at = start + 1;
            std::snprintf(buffer.data(), buffer.size(), "\\x%02x",
                          static_cast<unsigned>(static_cast<std::uint8_t>(untrusted[start])));
            out += buffer.data();
        } else if (is_unsafe_on_a_terminal(*c)) {
            std::snprintf(buffer.data(), buffer.size(), *c < 0x80 ? "\\x%02x" : "\\u{%x}",
                          static_cast<unsigned>(*c));
            out += buffer.data();
        } else {
            out += untrusted.substr(start, at - start);
        }
    }
    return out;
}

Result<std::uint64_t> number_from(std::string_view text) {
    if (text.empty() || text.size() > 19 || (text.size() > 1 && text.front() == '0')) {
        return fail(Code::kInvalidArgument, "number");
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return fail(Code::kInvalidArgument, "number");
        }
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (value >= std::uint64_t{1} << 63) {
        return fail(Code::kInvalidArgument, "number is too large");
    }
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t at = text.find(separator);
        out.push_back(text.substr(0, at));
        if (at == std::string_view::npos) {
            break;
        }
        text.remove_prefix(at + 1);
        if (text.empty()) {
            out.emplace_back();
        }
    }
    return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const std::string& part : parts) {
        if (!out.empty()) {
            out += separator;
        }
        out += part;
    }
    return out;
}

}  // namespace lapx
