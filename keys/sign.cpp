#include "keys/sign.hpp"

#include <sodium.h>

namespace lapx::keys {

SigningKey::SigningKey(const Secret<32>& seed) {
    crypto_sign_seed_keypair(public_key_.bytes.data(), key_.bytes().data(), seed.view().data());
}

SigningKey SigningKey::generate(Random& random) { return SigningKey(Secret<32>::generate(random)); }

Signature SigningKey::sign(BytesView message) const {
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                         key_.view().data());
    return signature;
}

bool verify(const PublicKey& key, BytesView message, const Signature& signature) {
    return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                       key.bytes.data()) == 0;
}

bool is_admissible(const PublicKey& key) {
    return crypto_core_ed25519_is_valid_point(key.bytes.data()) == 1;
}

}  // namespace lapx::keys
