#pragma once
// Ed25519 (RFC 8032).

#include <array>
#include <compare>
#include <cstdint>

#include "keys/secret.hpp"

namespace lapx::keys {

struct PublicKey {
    std::array<std::uint8_t, 32> bytes{};
    auto operator<=>(const PublicKey&) const = default;
};

using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
  public:
    // The 32 octets that RFC 8032 calls the private key: what a keyring holds.
    explicit SigningKey(const Secret<32>& seed);
    static SigningKey generate(Random& random);

    const PublicKey& public_key() const { return public_key_; }
    Signature sign(BytesView message) const;

  private:
    Secret<64> key_;
    PublicKey public_key_;
};

// libsodium's verification without cofactor: refuses an S that is not reduced, and an A or R that
// is not canonical or is of small order.
bool verify(const PublicKey& key, BytesView message, const Signature& signature);

// Whether a key may be admitted (protocol.md 2): canonical, on the curve, in the prime-order group
// and so not of small order.
bool is_admissible(const PublicKey& key);

}  // namespace lapx::keys
