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
    auto to = out.begin();
    const auto put = [&](std::uint32_t group, int digits) {
        for (int shift = 18; digits > 0; --digits, shift -= 6) {
            *to++ = kAlphabet[(group >> shift) & 63];
        }
    };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        put((std::uint32_t{bytes[i]} << 16) | (std::uint32_t{bytes[i + 1]} << 8) | bytes[i + 2], 4);
    }
    if (bytes.size() - i == 1) {
        put(std::uint32_t{bytes[i]} << 16, 2);
    } else if (bytes.size() - i == 2) {
        put((std::uint32_t{bytes[i]} << 16) | (std::uint32_t{bytes[i + 1]} << 8), 3);
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
    const auto group = [&](std::size_t at, std::size_t digits) {
        std::uint32_t value = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const std::uint32_t next = k < digits ? digit(kFromBase64, text[at + k]) : 0;
            all |= next;
            value = (value << 6) | next;
        }
        return value;
    };
    const std::size_t whole = out.size() / 3;
    for (std::size_t i = 0; i < whole; ++i) {
        const std::uint32_t value = group(4 * i, 4);
        out[3 * i] = static_cast<std::uint8_t>(value >> 16);
        out[3 * i + 1] = static_cast<std::uint8_t>(value >> 8);
        out[3 * i + 2] = static_cast<std::uint8_t>(value);
    }
    std::uint32_t unused = 0;
    if (const std::size_t rest = out.size() - 3 * whole; rest != 0) {
        const std::uint32_t value = group(4 * whole, rest + 1);
        out[3 * whole] = static_cast<std::uint8_t>(value >> 16);
        if (rest == 2) {
            out[3 * whole + 1] = static_cast<std::uint8_t>(value >> 8);
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
