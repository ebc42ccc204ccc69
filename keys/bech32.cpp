#include "keys/bech32.hpp"

#include <algorithm>
#include <array>

#include "keys/secret.hpp"

namespace lapx::keys {
namespace {

constexpr std::string_view kLower = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::string_view kUpper = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
constexpr std::size_t kGroups = 52;  // of 5 bits: 256 bits and 4 zero bits
constexpr std::size_t kChecksum = 6;

std::string_view alphabet(LetterCase letters) {
    return letters == LetterCase::kLower ? kLower : kUpper;
}

std::uint32_t add(std::uint32_t checksum, std::uint8_t group) {
    constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                      0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = checksum >> 25;
    checksum = (checksum & 0x1ffffff) << 5 ^ group;
    for (std::size_t i = 0; i < kGenerator.size(); ++i) {
        checksum ^= (top >> i & 1) != 0 ? kGenerator.at(i) : 0;
    }
    return checksum;
}

// Checksums are of the lower-case prefix.
std::uint32_t begin(std::string_view prefix) {
    const auto lower = [](char c) {
        return static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    };
    std::uint32_t checksum = 1;
    for (const char c : prefix) {
        checksum = add(checksum, lower(c) >> 5);
    }
    checksum = add(checksum, 0);
    for (const char c : prefix) {
        checksum = add(checksum, lower(c) & 31);
    }
    return checksum;
}

}  // namespace

void bech32_encode(std::string_view prefix, std::span<const std::uint8_t, 32> octets,
                   LetterCase letters, std::span<std::uint8_t> out) {
    std::size_t at = 0;
    for (const char c : prefix) {
        out[at++] = static_cast<std::uint8_t>(c);
    }
    out[at++] = '1';
    std::uint32_t checksum = begin(prefix);
    const auto put = [&](std::uint32_t group) {
        out[at++] = static_cast<std::uint8_t>(alphabet(letters)[group]);
    };
    for (std::size_t i = 0; i < kGroups; ++i) {
        const std::size_t bit = i * 5;
        const std::uint32_t pair = std::uint32_t{octets[bit / 8]} << 8 |
                                   (bit / 8 + 1 < octets.size() ? octets[bit / 8 + 1] : 0U);
        const auto group = static_cast<std::uint8_t>(pair >> (11 - bit % 8) & 31);
        checksum = add(checksum, group);
        put(group);
    }
    for (std::size_t i = 0; i < kChecksum; ++i) {
        checksum = add(checksum, 0);
    }
    checksum ^= 1;
    for (std::size_t i = 0; i < kChecksum; ++i) {
        put(checksum >> (5 * (kChecksum - 1 - i)) & 31);
    }
}

bool bech32_decode(std::string_view text, std::string_view prefix, LetterCase letters,
                   std::span<std::uint8_t, 32> out) {
    if (text.size() != bech32_size(prefix.size()) || !text.starts_with(prefix) ||
        text[prefix.size()] != '1') {
        return false;
    }
    const std::string_view data = text.substr(prefix.size() + 1);
    std::uint32_t checksum = begin(prefix);
    Wiped<34> octets;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const std::size_t group = alphabet(letters).find(data[i]);
        if (group == std::string_view::npos) {
            return false;
        }
        checksum = add(checksum, static_cast<std::uint8_t>(group));
        if (i < kGroups) {
            const std::size_t bit = i * 5;
            const auto pair = static_cast<std::uint32_t>(group << (11 - bit % 8));
            octets.bytes()[bit / 8] |= static_cast<std::uint8_t>(pair >> 8);
            octets.bytes()[bit / 8 + 1] |= static_cast<std::uint8_t>(pair);
        }
    }
    if (checksum != 1 || octets.view()[32] != 0) {
        return false;
    }
    std::copy_n(octets.view().begin(), out.size(), out.begin());
    return true;
}

}  // namespace lapx::keys
