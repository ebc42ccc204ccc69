#pragma once
// The header of an age v1 file (C2SP age.md): strict grammar, no cryptography, bounded size.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/bytes.hpp"

namespace lapx::keys {

// Contexts of kParcelUnreadable: why an age file does not open.
inline constexpr std::string_view kAgeArmorFailure = "armor failure";
inline constexpr std::string_view kAgeHeaderFailure = "header failure";
inline constexpr std::string_view kAgeHmacFailure = "HMAC failure";
inline constexpr std::string_view kAgeNoMatch = "no match";
inline constexpr std::string_view kAgePayloadFailure = "payload failure";

inline constexpr std::size_t kMaxAgeHeader = 65536;

// Views point into the file that was parsed.
struct AgeStanza {
    std::string_view type;
    std::vector<std::string_view> arguments;
    Bytes body;
};
struct AgeHeader {
    std::vector<AgeStanza> stanzas;  // at least one
    std::string_view authenticated;  // what the MAC is over: up to and with "---"
    std::array<std::uint8_t, 32> mac{};
    std::size_t size = 0;  // of the whole header; the payload's nonce follows
};

// `file` begins with the header, whatever follows it. Errors: kParcelUnreadable, kAgeHeaderFailure.
Result<AgeHeader> parse_age_header(BytesView file);

// Where a header that comes piecewise ends, once its last line is there. `line_start` begins as 0
// and keeps the place between calls. Says nothing about whether the header is valid.
std::optional<std::size_t> find_age_header_end(BytesView begun, std::size_t& line_start);

// The authenticated part of a header with one X25519 stanza.
std::string print_age_header(const std::array<std::uint8_t, 32>& share,
                             const std::array<std::uint8_t, 32>& wrapped_file_key);
// What follows it.
std::string print_age_mac(const std::array<std::uint8_t, 32>& mac);

// base64 without padding; decoding is strict. Errors: kInvalidArgument.
std::string unpadded_base64(BytesView octets);
Result<Bytes> from_unpadded_base64(std::string_view text);

// "-----BEGIN AGE ENCRYPTED FILE-----", after any white space.
bool is_age_armored(BytesView file);
// The age file inside the armor. White space may surround it; lines end in LF or CRLF. Errors:
// kParcelUnreadable, kAgeArmorFailure.
Result<Bytes> age_dearmor(BytesView file);

}  // namespace lapx::keys
