// The keys of Wycheproof and C2SP CCTV, each on a card in each of its roles (protocol.md 2, 3.4).

#include <set>

#include "keys/directory.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/support/oracles.hpp"

namespace lapx::keys {
namespace {

PublicKey key_from(const std::string& hex_text) {
    const Bytes octets = from_hex(hex_text).value();
    PublicKey key;
    EXPECT_EQ(octets.size(), key.bytes.size());
    std::copy(octets.begin(), octets.end(), key.bytes.begin());
    return key;
}

class CardKeys : public testing::Test {
  protected:
    // How a card is taken on which the key of that role is replaced, well signed but for its root:
    // nobody has the secret key of these.
    Code taken(const std::string& role, const PublicKey& key) {
        const auto type = role == "witness" ? KeyType::kCosignature : KeyType::kEd25519;
        const std::string vkey = VerifierKey{opta_.key_name(role), type, key}.text();
        const std::string good = opta_.card();
        schema::Card card = *schema::parse_card(split_note(good)->text);
        (role == "root"     ? card.root
         : role == "sign"   ? card.sign.front()
         : role == "ledger" ? card.ledger.front()
                            : card.witness.front()) = vkey;
        const std::string note =
            sign_note(schema::print_card(card), opta_.key_name("root"), opta_.root);
        const auto opened = open_card(note);
        const auto admitted = admit_card(note, nullptr, {}, test::kNow);
        EXPECT_EQ(opened.has_value(), admitted.has_value());
        return admitted ? Code::kInternal : admitted.error().code;
    }
    void expect_admitted(const PublicKey& key) {
        for (const char* role : {"sign", "ledger", "witness"}) {
            EXPECT_EQ(taken(role, key), Code::kInternal) << role;
        }
        EXPECT_EQ(taken("root", key), Code::kSignatureInvalid) << "the key itself is good";
    }
    void expect_refused(const PublicKey& key) {
        for (const char* role : {"root", "sign", "ledger", "witness"}) {
            EXPECT_EQ(taken(role, key), Code::kKeyInvalid) << role;
        }
    }

    test::TestAgency opta_{"opta.example", 1};
};

TEST_F(CardKeys, CctvKeysOfSmallOrderMixedOrderOrAnotherEncodingAreOnNoCard) {
    LAPX_NEEDS_ORACLES();
    const std::set<std::string> bad{"low_order_A", "non_canonical_A", "low_order_component_A"};
    std::set<PublicKey> seen;
    std::set<std::string> met;
    std::size_t admitted = 0;
    for (const auto& vector :
         test::read_json(test::oracles() / "crypto/cctv/ed25519vectors.json")) {
        const PublicKey key = key_from(vector.at("key"));
        if (!seen.insert(key).second) {
            continue;
        }
        SCOPED_TRACE(vector.at("number").get<int>());
        bool is_bad = false;
        if (!vector.at("flags").is_null()) {
            for (const std::string flag : vector.at("flags")) {
                is_bad |= bad.contains(flag);
                if (bad.contains(flag)) {
                    met.insert(flag);
                }
            }
        }
        is_bad ? expect_refused(key) : expect_admitted(key);
        admitted += is_bad ? 0 : 1;
    }
    EXPECT_EQ(met, bad);
    EXPECT_GT(admitted, 0U);
}

TEST_F(CardKeys, WycheproofKeysAreAdmitted) {
    LAPX_NEEDS_ORACLES();
    std::set<std::string> seen;
    const auto vectors = test::read_json(test::oracles() / "crypto/wycheproof/ed25519_test.json");
    for (const auto& group : vectors.at("testGroups")) {
        const std::string text = group.at("publicKey").at("pk");
        if (seen.insert(text).second) {
            SCOPED_TRACE(text);
            expect_admitted(key_from(text));
        }
    }
    EXPECT_GT(seen.size(), 10U);
}

// Not on the curve; without vectors, since CCTV has none.
TEST_F(CardKeys, OctetsThatAreNoPointAreOnNoCard) {
    PublicKey key;
    key.bytes.fill(0);
    key.bytes.front() = 2;
    expect_refused(key);
}

}  // namespace
}  // namespace lapx::keys
