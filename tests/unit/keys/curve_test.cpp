#include "keys/curve.hpp"

#include <gtest/gtest.h>

#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

TEST(CurveKeys, GiveThePublicKeyThatLibzmqDocuments) {
    // The server's pair in the manual page zmq_curve(7), out of Z85.
    const auto secret =
        secret_from("8e0bdd697628b91d8f245587ee95c5b04d48963f79259877b49cd9063aead3b7");
    EXPECT_EQ(hex(curve_public_key(secret).bytes),
              "54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652");
}

TEST(CurveKeys, OfSmallOrderAreNotTakenFromOutside) {
    std::array<std::uint8_t, 32> octets{};
    EXPECT_EQ(CurvePublicKey::from(octets).error().code, Code::kKeyInvalid);
    octets.front() = 9;
    EXPECT_EQ(CurvePublicKey::from(octets).value().bytes, octets);
}

}  // namespace
}  // namespace lapx::keys
