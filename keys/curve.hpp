#pragma once
// Keys of the ZeroMQ CURVE transport (RFC 7748 X25519). libzmq takes both halves as 32 octets.

#include <array>
#include <compare>
#include <cstdint>

#include "keys/secret.hpp"

namespace lapx::keys {

struct CurvePublicKey {
    std::array<std::uint8_t, 32> bytes{};
    // For a key from outside. Errors: kKeyInvalid for one of small order, with which anybody could
    // pass as its owner.
    static Result<CurvePublicKey> from(const std::array<std::uint8_t, 32>& octets);
    auto operator<=>(const CurvePublicKey&) const = default;
};

// The public half of a key that is 32 random octets.
CurvePublicKey curve_public_key(const Secret<32>& secret);

}  // namespace lapx::keys
