#include "keys/sign.hpp"

#include <gtest/gtest.h>

#include "keys/init.hpp"
#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

TEST(SigningKey, GivesTheAnswersOfRfc8032) {
    const SigningKey first(
        secret_from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    EXPECT_EQ(hex(first.public_key().bytes),
              "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    EXPECT_EQ(
        hex(first.sign({})),
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        "1cf9b46bd25bf5f0595bbe24655141438e7a100b");
}

TEST(SigningKey, SignsWhatItsPublicKeyVerifiesAndNothingElse) {
    SystemRandom random;
    const SigningKey key = SigningKey::generate(random);
    const Bytes message = to_bytes("text\n");
    const Signature signature = key.sign(message);
    EXPECT_TRUE(verify(key.public_key(), message, signature));
    EXPECT_FALSE(verify(SigningKey::generate(random).public_key(), message, signature));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        Signature flipped = signature;
        flipped.at(bit / 8) ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_FALSE(verify(key.public_key(), message, flipped)) << bit;
    }
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
        Bytes flipped = message;
        flipped.at(bit / 8) ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_FALSE(verify(key.public_key(), flipped, signature)) << bit;
    }
}

TEST(PublicKey, IsAdmissibleWhenMadeFromASeed) {
    SystemRandom random;
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(is_admissible(SigningKey::generate(random).public_key()));
    }
}

TEST(PublicKey, OfSmallOrderOrOutsideTheGroupIsNotAdmissible) {
    PublicKey zero;
    EXPECT_FALSE(is_admissible(zero));
    PublicKey identity;
    identity.bytes.front() = 1;
    EXPECT_FALSE(is_admissible(identity));
    PublicKey outside;
    outside.bytes.fill(0x99);
    outside.bytes.front() = 0x95;
    EXPECT_FALSE(is_admissible(outside));
    PublicKey too_large;
    too_large.bytes.fill(0xff);
    EXPECT_FALSE(is_admissible(too_large));
}

}  // namespace
}  // namespace lapx::keys
