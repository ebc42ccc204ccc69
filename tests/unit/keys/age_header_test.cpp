#include "keys/age_header.hpp"

#include <gtest/gtest.h>

#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

const std::string kMac = "--- " + unpadded_base64(Bytes(32, 7)) + "\n";

std::string header(std::string_view stanzas) {
    return "age-encryption.org/v1\n" + std::string(stanzas) + kMac;
}

bool is_header(std::string_view text) { return parse_age_header(as_bytes(text)).has_value(); }

TEST(AgeHeaders, AreReadAsTheyArePrinted) {
    std::array<std::uint8_t, 32> share{};
    std::array<std::uint8_t, 32> body{};
    share.fill(1);
    body.fill(2);
    std::array<std::uint8_t, 32> mac{};
    mac.fill(3);
    const std::string begin = print_age_header(share, body);
    const std::string text = begin + print_age_mac(mac);
    const std::string file = text + "payload";
    const auto parsed = parse_age_header(as_bytes(file)).value();
    const std::string encoded = unpadded_base64(share);
    ASSERT_EQ(parsed.stanzas.size(), 1U);
    EXPECT_EQ(parsed.stanzas[0].type, "X25519");
    EXPECT_EQ(parsed.stanzas[0].arguments, std::vector<std::string_view>{encoded});
    EXPECT_EQ(parsed.stanzas[0].body, Bytes(32, 2));
    EXPECT_EQ(parsed.authenticated, begin);
    EXPECT_EQ(parsed.mac, mac);
    EXPECT_EQ(parsed.size, text.size());
}

TEST(AgeHeaders, HoldBodiesOfAnyLength) {
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string encoded = unpadded_base64(Bytes(size, 9));
        std::string lines;
        for (std::size_t at = 0; at + 64 <= encoded.size(); at += 64) {
            lines += encoded.substr(at, 64) + "\n";
        }
        lines += encoded.substr(encoded.size() / 64 * 64) + "\n";
        const std::string text = header("-> a\n" + lines);
        EXPECT_EQ(parse_age_header(as_bytes(text)).value().stanzas[0].body, Bytes(size, 9));
    }
}

TEST(AgeHeaders, AreRefusedWhenMalformed) {
    ASSERT_TRUE(is_header(header("-> a b c\n\n-> d\nAAAA\n")));
    for (const std::string& text : {std::string(),
                                    header(""),
                                    header("-> \n\n"),
                                    header("->\n\n"),
                                    header("-> a \n\n"),
                                    header("->  a\n\n"),
                                    header("-> a\x7f\n\n"),
                                    header("-> a\tb\n\n"),
                                    header("-> a\n"),
                                    header("-> a\nA\n"),
                                    header("-> a\nAA==\n"),
                                    header("-> a\nAB\n"),
                                    header("-> a\n\n\n"),
                                    header("-> a\n\nx"),
                                    header("-> a\r\n\r\n"),
                                    header("-- a\n\n"),
                                    " " + header("-> a\n\n"),
                                    "age-encryption.org/v2" + header("-> a\n\n").substr(21),
                                    std::string("age-encryption.org/v1\n-> a\n\n---\n"),
                                    std::string("age-encryption.org/v1\n-> a\n\n--- \n"),
                                    "age-encryption.org/v1\n-> a\n\n---" + kMac.substr(4),
                                    "age-encryption.org/v1\n-> a\n\n--- " + kMac.substr(3),
                                    header("-> a\n\n").substr(0, header("-> a\n\n").size() - 1)}) {
        EXPECT_FALSE(is_header(text)) << text;
    }
}

TEST(AgeHeaders, EndWhereTheParserSaysHoweverTheyCome) {
    const std::string text = header("-> a\nAAAA\n-> b c\n\n") + "--- nonce and payload\n";
    const std::size_t end = parse_age_header(as_bytes(text)).value().size;
    std::size_t line_start = 0;
    for (std::size_t size = 0; size < end; ++size) {
        EXPECT_FALSE(find_age_header_end(as_bytes(text).first(size), line_start));
    }
    EXPECT_EQ(find_age_header_end(as_bytes(text), line_start), end);
}

std::string armored(BytesView octets) {
    const std::string encoded = base64(octets);
    std::string out = "-----BEGIN AGE ENCRYPTED FILE-----\n";
    for (std::size_t at = 0; at < encoded.size(); at += 64) {
        out += encoded.substr(at, 64) + "\n";
    }
    return out + "-----END AGE ENCRYPTED FILE-----\n";
}

TEST(AgeArmor, GivesBackItsOctetsAtEveryLength) {
    for (std::size_t size = 1; size < 150; ++size) {
        const std::string text = armored(sample(size));
        EXPECT_TRUE(is_age_armored(as_bytes(text)));
        EXPECT_EQ(age_dearmor(as_bytes(text)).value(), sample(size)) << size;
        EXPECT_EQ(age_dearmor(as_bytes(" \n\r\n" + text + "\n \t")).value(), sample(size));
    }
}

TEST(AgeArmor, IsRefusedWhenCutAnywhere) {
    const std::string text = armored(sample(100));
    for (std::size_t size = 0; size + 1 < text.size(); ++size) {
        EXPECT_FALSE(age_dearmor(as_bytes(text).first(size))) << size;
    }
}

TEST(AgeArmor, IsRefusedWhenALineIsTooLongOrPaddingIsInside) {
    const std::string begin = "-----BEGIN AGE ENCRYPTED FILE-----\n";
    const std::string end = "-----END AGE ENCRYPTED FILE-----\n";
    EXPECT_FALSE(age_dearmor(as_bytes(begin + std::string(68, 'A') + "\n" + end)));
    EXPECT_FALSE(age_dearmor(as_bytes(begin + std::string(63, 'A') + "=\nAAAA\n" + end)));
    EXPECT_FALSE(age_dearmor(as_bytes(begin + "AAAA\nAAAA\n" + end)));
    EXPECT_FALSE(age_dearmor(as_bytes(begin + "AAAA\n" + end + "x")));
    EXPECT_FALSE(is_age_armored(as_bytes("x" + begin)));
}

}  // namespace
}  // namespace lapx::keys
