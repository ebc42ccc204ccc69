#pragma once
// The values of protocol.md 1.2 that base/ does not know: each parser is the exact inverse of its
// printer. Errors: kInvalidArgument.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/result.hpp"
#include "schema/limits.hpp"
#include "schema/vocabulary.hpp"
#include "schema/words.hpp"

namespace lapx::schema {

// A calendar day, "2026-12-25".
using Date = std::chrono::sys_days;
Result<Date> date_from(std::string_view text);
std::string date_text(Date date);

// `none`, or a digest.
template <typename D>
Result<std::optional<D>> digest_or_none_from(std::string_view text) {
    if (text == "none") {
        return std::optional<D>{};
    }
    LAPX_TRY_ASSIGN(const D digest, digest_from<D>(text));
    return std::optional<D>(digest);
}
template <typename D>
std::string digest_or_none(const std::optional<D>& digest) {
    return digest ? to_string(*digest) : "none";
}

// One line of at most 1,000 octets; of at most 200.
Result<std::string> text_from(std::string_view text);
Result<std::string> name_from(std::string_view text);
// A parser for text that must have a shape: `shaped(is_country)`.
inline auto shaped(bool (*predicate)(std::string_view)) {
    return [predicate](std::string_view text) -> Result<std::string> {
        if (!predicate(text)) {
            return fail(Code::kInvalidArgument);
        }
        return std::string(text);
    };
}
// Items joined by `,`: at least one, none empty or with a space in it, no repeats.
Result<std::vector<std::string>> list_from(std::string_view text);
// A list of uses, at least one, in the order of the vocabulary.
Result<std::vector<Use>> uses_from(std::string_view text);
std::string uses_text(const std::vector<Use>& uses);
// Two upper-case letters, as in ISO 3166-1 alpha-2. Whether the country exists is not looked up.
bool is_country(std::string_view text);
// The shape of a BCP 47 tag: letters and digits in groups of 1 to 8, joined by `-`.
bool is_language_tag(std::string_view text);
// An IANA time zone name: no `..`, no leading `/`; safe as a relative path.
bool is_zone_name(std::string_view text);
// `tcp://HOST:PORT`; HOST is a name, an IPv4 address or an IPv6 address in brackets.
bool is_endpoint(std::string_view text);
// 1 to 32 of `a-z 0-9 . _ -`, beginning and ending with a letter or digit, like a desk id.
bool is_operator_id(std::string_view text);
// The shape of an age X25519 recipient: `age1` and 58 bech32 characters in lower case. The checksum
// and the point are for keys/ to check.
bool is_recipient(std::string_view text);
Result<std::array<std::uint8_t, 32>> octets32_from(std::string_view base64_text);

// The parts of a C2SP verifier key `name+hex(key id)+b64(type ‖ key)` with 32 octets of key. Only
// the shape is checked: the key id is a hash, and the key a point, which keys/ checks.
struct VkeyParts {
    std::string_view name;
    std::uint32_t key_id = 0;
    std::uint8_t type = 0;
    std::array<std::uint8_t, 32> key{};
};
inline constexpr std::uint8_t kVkeyEd25519 = 0x01;
inline constexpr std::uint8_t kVkeyCosignature = 0x04;
Result<VkeyParts> split_vkey(std::string_view text);

// The parts of a key name `AGENCY/lapx/ROLE-N` (protocol.md 2).
enum class KeyRole : std::uint8_t { kRoot, kSign, kLedger, kWitness };
template <>
std::span<const Word<KeyRole>> words<KeyRole>();
struct KeyName {
    Agency agency;
    KeyRole role;
    std::uint64_t number;  // from 1
};
Result<KeyName> key_name_from(std::string_view text);
std::string key_name_text(const KeyName& name);
// A vkey of this agency and role, with the type that the role has.
bool is_vkey_of(std::string_view text, const Agency& agency, KeyRole role);

}  // namespace lapx::schema
