#include "keys/age_key.hpp"

#include <gtest/gtest.h>

#include "keys/bech32.hpp"
#include "keys/domains.hpp"
#include "keys/init.hpp"
#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

// Made by age-keygen.
constexpr std::string_view kIdentity =
    "AGE-SECRET-KEY-199HSY2H2E23D2GJD5FFSDX5TH5DREN96Z7AHFT8MFJ34QNALWTHSSX9807";
constexpr std::string_view kRecipient =
    "age17a25xpewdp4auzvkpmjwpmv0p2cwhqyee6kpgjj7k6cm2xy30s8q9jm6ah";

TEST(AgeKeys, PrintAsTheyWereRead) {
    const auto identity = Identity::parse(kIdentity).value();
    EXPECT_EQ(as_text(identity.text().view()), kIdentity);
    EXPECT_EQ(identity.recipient().text(), kRecipient);
    EXPECT_EQ(Recipient::parse(kRecipient).value(), identity.recipient());
}

TEST(AgeKeys, SurviveTheirTextWhateverTheOctets) {
    for (std::uint32_t i = 0; i < 100; ++i) {
        const Identity identity(Secret<32>::from(sample(32, i)).value());
        EXPECT_TRUE(Identity::parse(as_text(identity.text().view())).value().secret() ==
                    identity.secret());
        EXPECT_EQ(Recipient::parse(identity.recipient().text()).value(), identity.recipient());
    }
}

TEST(AgeKeys, AreRefusedWhenAnyCharacterIsChanged) {
    for (std::size_t i = 0; i < kRecipient.size(); ++i) {
        for (const char c : {'a', 'b', 'q', 'A', ' ', '\x80'}) {
            std::string text(kRecipient);
            if (text.at(i) != c) {
                text.at(i) = c;
                EXPECT_FALSE(Recipient::parse(text)) << text;
            }
        }
    }
}

TEST(AgeKeys, AreRefusedInTheOtherCaseOrLength) {
    const std::string recipient(kRecipient);
    const std::string identity(kIdentity);
    std::string upper = recipient;
    std::string lower = identity;
    std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
    std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
    for (const std::string& text : {upper, recipient + "q", recipient.substr(1), std::string(),
                                    recipient.substr(0, recipient.size() - 1), identity}) {
        const auto parsed = Recipient::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, Code::kKeyInvalid);
    }
    EXPECT_FALSE(Identity::parse(lower));
    EXPECT_FALSE(Identity::parse(recipient));
}

TEST(AgeKeys, AreRefusedWhenTheSpareBitsAreSet) {
    // 32 octets are 51 characters and a bit; the other 4 bits of the last one are zero. This text
    // has one of them set and a right checksum.
    EXPECT_FALSE(
        Recipient::parse("age17a25xpewdp4auzvkpmjwpmv0p2cwhqyee6kpgjj7k6cm2xy30s8zkh6ew6"));
}

TEST(Recipients, OfSmallOrderAreRefused) {
    for (const std::string_view start : {"00", "01", "ec", "ed", "ee"}) {
        const bool low = start.front() == '0';
        for (const std::string_view end : low ? std::array{"00", "80"} : std::array{"7f", "ff"}) {
            std::string text(start);
            for (int i = 0; i < 30; ++i) {
                text += low ? "00" : "ff";
            }
            text += end;
            EXPECT_FALSE(Recipient::from(from_hex(text).value())) << text;
        }
    }
    for (const std::string_view text :
         {"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7"}) {
        EXPECT_FALSE(Recipient::from(from_hex(text).value())) << text;
    }
    Bytes two(32);
    two.front() = 2;
    EXPECT_TRUE(Recipient::from(two));
    EXPECT_FALSE(Recipient::from(Bytes(31, 9)));
}

TEST(DeskKeyFingerprint, IsOfTheLabelAndTheRecipientsOctets) {
    const auto recipient = Recipient::parse(kRecipient).value();
    EXPECT_EQ(hex(desk_key_fingerprint(recipient).view()),
              "0fc4fd17720eda8f59a2a0c40cc31ce2a58c3c4e4727695cfbb61670b2ca4b04");
}

}  // namespace
}  // namespace lapx::keys
