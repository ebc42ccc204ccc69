#include "keys/curve.hpp"

#include <sodium.h>

namespace lapx::keys {

CurvePublicKey curve_public_key(const Secret<32>& secret) {
    CurvePublicKey out;
    crypto_scalarmult_base(out.bytes.data(), secret.view().data());
    return out;
}

}  // namespace lapx::keys
