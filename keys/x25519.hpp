#pragma once
// What X25519 keys from outside must not be.

#include <array>
#include <cstdint>

namespace lapx::keys {

// The points of small order on Curve25519 and its twist, in all their encodings: any key agreement
// with one of them gives zero (RFC 7748, section 6.1).
bool has_small_order(std::array<std::uint8_t, 32> point);

}  // namespace lapx::keys
