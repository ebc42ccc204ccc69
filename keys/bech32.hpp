#pragma once
// BIP 173 bech32 of 32 octets, as age writes recipients and identities. One case only.

#include <cstdint>
#include <span>
#include <string_view>

#include "schema/base/bytes.hpp"

namespace lapx::keys {

enum class LetterCase : std::uint8_t { kLower, kUpper };

// Characters for a human-readable part of `prefix` characters.
constexpr std::size_t bech32_size(std::size_t prefix) { return prefix + 1 + 52 + 6; }

// `prefix` is in the given case; `out` has bech32_size(prefix.size()) octets.
void bech32_encode(std::string_view prefix, std::span<const std::uint8_t, 32> octets,
                   LetterCase letters, std::span<std::uint8_t> out);
// False if the text is not the bech32 of 32 octets with that prefix in that case.
bool bech32_decode(std::string_view text, std::string_view prefix, LetterCase letters,
                   std::span<std::uint8_t, 32> out);

}  // namespace lapx::keys
