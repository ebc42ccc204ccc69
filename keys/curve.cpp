#include "keys/curve.hpp"

#include <sodium.h>

#include "keys/x25519.hpp"

namespace lapx::keys {

Result<CurvePublicKey> CurvePublicKey::from(const std::array<std::uint8_t, 32>& octets) {
    if (has_small_order(octets)) {
        return fail(Code::kKeyInvalid, "CURVE key of small order");
    }
    return CurvePublicKey{octets};
}

CurvePublicKey curve_public_key(const Secret<32>& secret) {
    CurvePublicKey out;
    crypto_scalarmult_base(out.bytes.data(), secret.view().data());
    return out;
}

}  // namespace lapx::keys
