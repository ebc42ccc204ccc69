#include "keys/hash.hpp"

#include <gtest/gtest.h>

namespace lapx::keys {
namespace {

TEST(Sha256, GivesTheAnswersOfFips180) {
    EXPECT_EQ(hex(sha256(as_bytes(""))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, IsTheSameHoweverTheOctetsAreCut) {
    const Bytes octets(1000, 0x61);
    const Sha256Value whole = sha256(octets);
    for (std::size_t cut = 0; cut <= octets.size(); cut += 37) {
        const BytesView view = octets;
        EXPECT_EQ(sha256({view.first(cut), view.subspan(cut)}), whole);
        Sha256 hash;
        hash.update(view.first(cut));
        Sha256 branch = hash;
        EXPECT_EQ(hash.update(view.subspan(cut)).finish(), whole);
        EXPECT_EQ(branch.update(view.subspan(cut)).finish(), whole);
    }
}

TEST(Hmac, TakesAKeyLongerThanABlock) {
    // RFC 4231, test case 6.
    const Bytes key(131, 0xaa);
    EXPECT_EQ(hex(hmac_sha256(key, {as_bytes("Test Using Larger Than Block-Size Key - "),
                                    as_bytes("Hash Key First")})),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hkdf, GivesTheAnswerOfRfc5869) {
    // RFC 5869, test case 3: no salt, no info.
    Bytes out(42);
    hkdf_sha256(Bytes(22, 0x0b), {}, {}, out);
    EXPECT_EQ(
        hex(out),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

}  // namespace
}  // namespace lapx::keys
