// Wycheproof's vectors, over what keys/ exports where it does, and else over libsodium's primitives
// as they are linked.

#include <sodium.h>

#include "keys/age_key.hpp"
#include "keys/hash.hpp"
#include "keys/sign.hpp"
#include "tests/support/oracles.hpp"

namespace lapx::keys {
namespace {

using nlohmann::json;

Bytes octets(const json& test, const char* field) {
    return from_hex(test.at(field).get<std::string>()).value();
}

// Calls `check(group, test, valid)` for each; "acceptable" counts as neither.
template <typename Check>
void for_each_test(const char* file, Check check) {
    const json vectors = test::read_json(test::oracles() / "crypto/wycheproof" / file);
    std::size_t count = 0;
    for (const json& group : vectors.at("testGroups")) {
        for (const json& test : group.at("tests")) {
            SCOPED_TRACE(test.at("tcId").get<int>());
            check(group, test, test.at("result") == "valid");
            ++count;
        }
    }
    EXPECT_EQ(count, vectors.at("numberOfTests").get<std::size_t>());
}

TEST(Wycheproof, Ed25519) {
    LAPX_NEEDS_ORACLES();
    for_each_test("ed25519_test.json", [](const json& group, const json& test, bool valid) {
        PublicKey key;
        const Bytes pk = octets(group.at("publicKey"), "pk");
        ASSERT_EQ(pk.size(), key.bytes.size());
        std::copy(pk.begin(), pk.end(), key.bytes.begin());
        const Bytes raw = octets(test, "sig");
        Signature signature{};
        bool verified = false;
        if (raw.size() == signature.size()) {
            std::copy(raw.begin(), raw.end(), signature.begin());
            verified = verify(key, octets(test, "msg"), signature);
        }
        EXPECT_EQ(verified, valid);
        EXPECT_TRUE(is_admissible(key));
    });
}

TEST(Wycheproof, X25519) {
    LAPX_NEEDS_ORACLES();
    for_each_test("x25519_test.json", [](const json&, const json& test, bool) {
        const Bytes point = octets(test, "public");
        const Bytes secret = octets(test, "private");
        const Bytes expected = octets(test, "shared");
        const bool zero = expected == Bytes(32);
        Bytes shared(32);
        EXPECT_EQ(crypto_scalarmult(shared.data(), secret.data(), point.data()), zero ? -1 : 0);
        if (!zero) {
            EXPECT_EQ(shared, expected);
        }
        // A recipient with which nothing could be agreed is never made.
        EXPECT_EQ(Recipient::from(point).has_value(), !zero);
    });
}

TEST(Wycheproof, HmacSha256) {
    LAPX_NEEDS_ORACLES();
    for_each_test("hmac_sha256_test.json", [](const json& group, const json& test, bool valid) {
        const Sha256Value tag = hmac_sha256(octets(test, "key"), {octets(test, "msg")});
        const BytesView kept = BytesView(tag).first(group.at("tagSize").get<std::size_t>() / 8);
        const Bytes expected = octets(test, "tag");
        EXPECT_EQ(same_octets(kept, expected), valid);
    });
}

TEST(Wycheproof, HkdfSha256) {
    LAPX_NEEDS_ORACLES();
    for_each_test("hkdf_sha256_test.json", [](const json&, const json& test, bool valid) {
        Bytes out(test.at("size").get<std::size_t>());
        EXPECT_EQ(out.size() <= std::size_t{255} * 32, valid);
        if (valid) {
            hkdf_sha256(octets(test, "ikm"), octets(test, "salt"), octets(test, "info"), out);
            EXPECT_EQ(out, octets(test, "okm"));
        }
    });
}

using Encrypt = int (*)(unsigned char*, unsigned long long*, const unsigned char*,
                        unsigned long long, const unsigned char*, unsigned long long,
                        const unsigned char*, const unsigned char*, const unsigned char*);
using Decrypt = int (*)(unsigned char*, unsigned long long*, unsigned char*, const unsigned char*,
                        unsigned long long, const unsigned char*, unsigned long long,
                        const unsigned char*, const unsigned char*);

void check_aead(const char* file, std::size_t nonce_size, Encrypt encrypt, Decrypt decrypt) {
    for_each_test(file, [&](const json&, const json& test, bool valid) {
        const Bytes key = octets(test, "key");
        const Bytes nonce = octets(test, "iv");
        const Bytes associated = octets(test, "aad");
        const Bytes plain = octets(test, "msg");
        Bytes sealed = octets(test, "ct");
        const Bytes tag = octets(test, "tag");
        sealed.insert(sealed.end(), tag.begin(), tag.end());
        if (nonce.size() != nonce_size || key.size() != 32) {
            EXPECT_FALSE(valid);
            return;
        }
        Bytes opened(plain.size());
        EXPECT_EQ(decrypt(opened.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                          associated.data(), associated.size(), nonce.data(), key.data()),
                  valid ? 0 : -1);
        if (valid) {
            EXPECT_EQ(opened, plain);
            Bytes again(sealed.size());
            encrypt(again.data(), nullptr, plain.data(), plain.size(), associated.data(),
                    associated.size(), nullptr, nonce.data(), key.data());
            EXPECT_EQ(again, sealed);
        }
    });
}

TEST(Wycheproof, ChaCha20Poly1305) {
    LAPX_NEEDS_ORACLES();
    check_aead("chacha20_poly1305_test.json", 12, crypto_aead_chacha20poly1305_ietf_encrypt,
               crypto_aead_chacha20poly1305_ietf_decrypt);
}

TEST(Wycheproof, XChaCha20Poly1305) {
    LAPX_NEEDS_ORACLES();
    check_aead("xchacha20_poly1305_test.json", 24, crypto_aead_xchacha20poly1305_ietf_encrypt,
               crypto_aead_xchacha20poly1305_ietf_decrypt);
}

}  // namespace
}  // namespace lapx::keys
