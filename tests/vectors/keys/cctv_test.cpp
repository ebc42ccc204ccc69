// The Ed25519 edge cases of C2SP CCTV.

#include <set>

#include "keys/sign.hpp"
#include "tests/support/oracles.hpp"

namespace lapx::keys {
namespace {

TEST(CctvEd25519, KeysAndSignaturesAreJudgedStrictly) {
    LAPX_NEEDS_ORACLES();
    const auto vectors = test::read_json(test::oracles() / "crypto/cctv/ed25519vectors.json");
    EXPECT_GT(vectors.size(), 900U);
    std::size_t verified = 0;
    for (const auto& vector : vectors) {
        SCOPED_TRACE(vector.at("number").get<int>());
        std::set<std::string> flags;
        if (!vector.at("flags").is_null()) {
            flags = vector.at("flags").get<std::set<std::string>>();
        }
        const auto any = [&](std::initializer_list<const char*> names) {
            return std::any_of(names.begin(), names.end(),
                               [&](const char* name) { return flags.count(name) != 0; });
        };
        PublicKey key;
        Signature signature;
        const Bytes key_octets = from_hex(vector.at("key").get<std::string>()).value();
        const Bytes signature_octets = from_hex(vector.at("sig").get<std::string>()).value();
        ASSERT_EQ(key_octets.size(), key.bytes.size());
        ASSERT_EQ(signature_octets.size(), signature.size());
        std::copy(key_octets.begin(), key_octets.end(), key.bytes.begin());
        std::copy(signature_octets.begin(), signature_octets.end(), signature.begin());

        EXPECT_EQ(is_admissible(key),
                  !any({"low_order_A", "non_canonical_A", "low_order_component_A"}));
        const bool expected = !any({"low_order_A", "low_order_R", "non_canonical_A",
                                    "non_canonical_R", "low_order_residue", "reencoded_k"});
        const std::string message = vector.at("msg");
        EXPECT_EQ(verify(key, as_bytes(message), signature), expected);
        verified += expected ? 1 : 0;
    }
    EXPECT_GT(verified, 0U);
}

}  // namespace
}  // namespace lapx::keys
