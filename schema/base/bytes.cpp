#include "schema/base/bytes.hpp"

#include <algorithm>
#include <array>

namespace lapx {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> inverse(std::string_view alphabet) {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNoDigit);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table.at(static_cast<std::uint8_t>(alphabet[i])) = static_cast<std::uint8_t>(i);
    }
    return table;
}

constexpr auto kFromBase64 = inverse(kAlphabet);
constexpr auto kFromHex = inverse(kHexDigits);

std::uint32_t digit(const std::array<std::uint8_t, 256>& table, char c) {
    return table[static_cast<std::uint8_t>(c)];
}

}  // namespace

BytesView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(std::string_view text) {
    const BytesView view = as_bytes(text);
    return {view.begin(), view.end()};
}

std::string base64(BytesView bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    char* to = out.data();
    const auto put = [&to](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
        const std::uint32_t group = a << 16 | b << 8 | c;
        to[0] = kAlphabet[group >> 18];
        to[1] = kAlphabet[group >> 12 & 63];
        to[2] = kAlphabet[group >> 6 & 63];
        to[3] = kAlphabet[group & 63];
        to += 4;
    };
    const std::uint8_t* from = bytes.data();
    const std::uint8_t* const end = from + bytes.size() / 3 * 3;
    for (; from != end; from += 3) {
        put(from[0], from[1], from[2]);
    }
    const std::size_t rest = bytes.size() % 3;
    if (rest != 0) {
        put(from[0], rest == 2 ? from[1] : 0, 0);
        std::fill(to - (3 - rest), to, '=');
    }
    return out;
}

std::size_t base64_decoded_size(std::string_view text) {
    const std::size_t pads = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const std::size_t most = text.size() / 4 * 3;
    return most - std::min(pads, most);
}

Result<void> from_base64_into(std::string_view text, std::span<std::uint8_t> out) {
    if (text.size() % 4 != 0 || base64_decoded_size(text) != out.size()) {
        return fail(Code::kInvalidArgument, "base64 length");
    }
    // A character that is no digit sets a bit over the six of a digit.
    std::uint32_t all = 0;
    const auto group = [&all](const char* four) {
        const std::uint32_t a = digit(kFromBase64, four[0]);
        const std::uint32_t b = digit(kFromBase64, four[1]);
        const std::uint32_t c = digit(kFromBase64, four[2]);
        const std::uint32_t d = digit(kFromBase64, four[3]);
        all |= a | b | c | d;
        return a << 18 | b << 12 | c << 6 | d;
    };
    const char* from = text.data();
    std::uint8_t* to = out.data();
    for (std::size_t whole = out.size() / 3; whole != 0; --whole, from += 4, to += 3) {
        const std::uint32_t value = group(from);
        to[0] = static_cast<std::uint8_t>(value >> 16);
        to[1] = static_cast<std::uint8_t>(value >> 8);
        to[2] = static_cast<std::uint8_t>(value);
    }
    std::uint32_t unused = 0;
    if (const std::size_t rest = out.size() % 3; rest != 0) {
        // Zeros stand for the padding.
        const std::array<char, 4> last{from[0], from[1], rest == 2 ? from[2] : 'A', 'A'};
        const std::uint32_t value = group(last.data());
        to[0] = static_cast<std::uint8_t>(value >> 16);
        if (rest == 2) {
            to[1] = static_cast<std::uint8_t>(value >> 8);
        }
        unused = value & (rest == 2 ? 0xffU : 0xffffU);
    }
    if (all > 63 || unused != 0) {
        return fail(Code::kInvalidArgument, "base64 is not canonical");
    }
    return {};
}

Result<Bytes> from_base64(std::string_view text) {
    Bytes out(base64_decoded_size(text));
    LAPX_TRY(from_base64_into(text, out));
    return out;
}

std::string hex(BytesView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        out += kHexDigits[byte >> 4];
        out += kHexDigits[byte & 15];
    }
    return out;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return fail(Code::kInvalidArgument, "hex length");
    }
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::uint32_t high = digit(kFromHex, text[i]);
        const std::uint32_t low = digit(kFromHex, text[i + 1]);
        if (high == kNoDigit || low == kNoDigit) {
            return fail(Code::kInvalidArgument, "hex digit");
        }
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return out;
}

}  // namespace lapx
