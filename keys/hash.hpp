#pragma once
// SHA-256 and what is built from it.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "schema/base/bytes.hpp"

namespace lapx::keys {

using Sha256Value = std::array<std::uint8_t, 32>;

// SHA-256 of octets that come in pieces.
class Sha256 {
  public:
    Sha256();
    Sha256& update(BytesView octets);
    // Call once; the object is used up.
    Sha256Value finish();

  private:
    // Room for libcrypto's state, which holds no pointers: no allocation, and copyable.
    alignas(8) std::array<std::uint8_t, 112> state_;
};

// SHA-256 of the parts one after another. Allocates nothing.
Sha256Value sha256(std::initializer_list<BytesView> parts);
inline Sha256Value sha256(BytesView octets) { return sha256({octets}); }

// RFC 2104 over the parts one after another.
Sha256Value hmac_sha256(BytesView key, std::initializer_list<BytesView> parts);

// RFC 5869, extract then expand. `out` is at most 255 × 32 octets; more is a bug and aborts.
void hkdf_sha256(BytesView input, BytesView salt, BytesView info, std::span<std::uint8_t> out);

}  // namespace lapx::keys
