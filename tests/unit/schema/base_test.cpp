#include <gtest/gtest.h>

#include "schema/base/address.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/printable.hpp"
#include "schema/base/text.hpp"
#include "schema/base/time.hpp"

namespace lapx {
namespace {

TEST(Base64, DecodesWhatItEncodesForEveryLength) {
    Bytes bytes;
    for (std::uint8_t i = 0; i < 70; ++i) {
        const std::string text = base64(bytes);
        EXPECT_EQ(from_base64(text).value(), bytes);
        bytes.push_back(static_cast<std::uint8_t>(i * 37));
    }
}

TEST(Printable, EveryOctetThatIsNotIsLookedAtWhereverItStands) {
    const std::string plain = "Bulk messages that claim to come from ~!";
    for (std::size_t at = 0; at < plain.size(); ++at) {
        for (int octet = 0; octet < 256; ++octet) {
            std::string text = plain;
            text[at] = static_cast<char>(octet);
            const bool printable = octet >= 0x20 && octet < 0x7f;
            bool seen = false;
            const bool all = all_octets(text, [&](std::uint8_t here, std::size_t where) {
                EXPECT_EQ(here, static_cast<std::uint8_t>(text[where]));
                seen = seen || where == at;
                return here >= 0x20 && here < 0x7f;
            });
            EXPECT_EQ(all, printable) << octet << " at " << at;
            EXPECT_TRUE(seen || printable) << octet << " at " << at;
        }
    }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
    for (const char* text : {"=", "==", "===", "A=", "A==", "A", "AA", "AA=", "AA==A", "AB==",
                             "AAB=", "A===", "====", "AA A", "AA-_", "AA==AAAA", "AAA=\n"}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
    EXPECT_TRUE(from_base64("AA=="));
    EXPECT_TRUE(from_base64(""));
}

TEST(Hex, RefusesUpperCaseAndOddLength) {
    EXPECT_EQ(from_hex("00ff").value(), (Bytes{0, 255}));
    EXPECT_FALSE(from_hex("0F"));
    EXPECT_FALSE(from_hex("0"));
}

TEST(TimeText, ReadsWhatItPrintsAndNothingElse) {
    const auto time = time_from("2026-11-21T18:38:17Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(to_string(*time), "2026-11-21T18:38:17Z");
    for (const char* text : {"2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T18:38:60Z",
                             "1999-01-01T00:00:00Z", "2026-11-21 18:38:17Z", "2026-11-21T18:38:17+",
                             "2026-11-21T18:38:17.0Z", ""}) {
        EXPECT_FALSE(time_from(text)) << text;
    }
}

TEST(UuidText, AcceptsOnlyVersionSevenInLowerCase) {
    const MessageId id{uuid7(0x0123456789ab, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})};
    EXPECT_EQ(uuid_from<MessageId>(to_string(id)).value(), id);
    EXPECT_FALSE(uuid_from<MessageId>("01234567-89ab-4102-8304-05060708090a"));
    EXPECT_FALSE(uuid_from<MessageId>("01234567-89AB-7102-8304-05060708090a"));
    EXPECT_FALSE(uuid_from<MessageId>("0123456789ab7102830405060708090a"));
}

TEST(Utf8, RefusesOverlongSurrogatesAndCutSequences) {
    // At every place relative to runs of ASCII, which are read several octets at a time.
    for (std::size_t before = 0; before < 20; ++before) {
        const std::string lead(before, 'a');
        EXPECT_TRUE(is_utf8(lead + "d\xc3\xa9j\xc3\xa0 \xf0\x9f\x8e\xa3"));
        for (const char* text :
             {"\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xff", "\xf4\x90\x80\x80", "\x80"}) {
            EXPECT_FALSE(is_utf8(lead + text));
            EXPECT_FALSE(is_utf8(lead + text + lead));
        }
    }
}

TEST(Line, RefusesControlsAndOuterSpaces) {
    EXPECT_TRUE(is_line("a b", 10));
    for (const char* text : {"", " a", "a ", "a\nb", "a\tb", "a\x7f", "a\x1b[31m"}) {
        EXPECT_FALSE(is_line(text, 10));
    }
    EXPECT_FALSE(is_line("12345678901", 10));
}

TEST(Escape, LeavesNothingATerminalWouldObey) {
    EXPECT_EQ(escape("a\x1b[31m\n\xff"), "a\\x1b[31m\\x0a\\xff");
    EXPECT_EQ(escape("x\xe2\x80\xaey"), "x\\u{202e}y");
    EXPECT_EQ(escape("caf\xc3\xa9"), "caf\xc3\xa9");
    for (const char* unseen : {"\u061c", "\u200b", "\u200d", "\u200f", "\u2028", "\u2060", "\u2064",
                               "\u2066", "\ufeff"}) {
        EXPECT_EQ(escape(unseen).substr(0, 3), "\\u{") << escape(unseen);
    }
    for (const char* seen : {"\u200a", "\u2010", "\u202f", "\u2065", "\ufefe"}) {
        EXPECT_EQ(escape(seen), seen);
    }
}

TEST(Number, HasOneForm) {
    EXPECT_EQ(number_from("9223372036854775807").value(), 9223372036854775807U);
    for (const char* text :
         {"", "-1", "+1", "01", "1.0", "9223372036854775808", "99999999999999999999", " 1"}) {
        EXPECT_FALSE(number_from(text)) << text;
    }
}

TEST(Address, AgencyIsADnsNameAndADeskNamesOne) {
    EXPECT_EQ(Desk::parse("spam@opta.nl").value().text(), "spam@opta.nl");
    for (const char* text :
         {"opta.nl", "spam@nl", "Spam@opta.nl", "spam@opta..nl", "spam@-opta.nl", "@opta.nl",
          "s p@opta.nl", "spam@opta.nl.", "spam@@opta.nl", ".a@opta.nl"}) {
        EXPECT_FALSE(Desk::parse(text)) << text;
    }
}

TEST(ErrorCode, TextAndCodeAreInverse) {
    for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
        const Code code = static_cast<Code>(i);
        EXPECT_EQ(code_from(to_string(code)), code);
    }
    EXPECT_FALSE(code_from("no-such-code"));
}

}  // namespace
}  // namespace lapx
