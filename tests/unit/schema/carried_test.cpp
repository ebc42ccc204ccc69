// The plaintext of a carried file (protocol.md 7.5).

#include "schema/codec/carried.hpp"

#include <gtest/gtest.h>

#include "schema/codec/padded.hpp"
#include "schema/limits.hpp"
#include "tests/unit/schema/samples.hpp"

namespace lapx::schema {
namespace {

using test::Samples;

TEST(Carried, DecodesToWhatWasEncodedAtAnyAddress) {
    Samples samples(1);
    for (int i = 0; i < 50; ++i) {
        const CarriedContent content = samples.carried();
        const Bytes octets = encode_carried(content).value();
        for (std::size_t shift = 0; shift < 4; ++shift) {
            Bytes shifted(shift);
            shifted.insert(shifted.end(), octets.begin(), octets.end());
            ASSERT_EQ(decode_carried(BytesView(shifted).subspan(shift)).value(), content);
        }
    }
}

TEST(Carried, HasAPaddedLength) {
    EXPECT_EQ(encode_carried({"note\n", Bytes(10)}).value().size(), kMinParcel);
    const std::size_t length = encode_carried({"note\n", Bytes(50'000)}).value().size();
    EXPECT_EQ(length, padme(length));
    EXPECT_GE(length, 50'000U);
}

TEST(Carried, OfAnyOtherLengthIsRefused) {
    const Bytes octets = encode_carried({"note\n", Bytes(9'000)}).value();
    for (std::size_t size = 0; size < octets.size(); size += 97) {
        ASSERT_FALSE(decode_carried(BytesView(octets).first(size)));
    }
    Bytes longer = octets;
    longer.push_back(0);
    EXPECT_FALSE(decode_carried(longer));
}

TEST(Carried, WithAnythingInItsPaddingIsRefused) {
    Bytes octets = encode_carried({"note\n", Bytes(10)}).value();
    octets.back() = 1;
    EXPECT_EQ(decode_carried(octets).error().context, "padding");
}

TEST(Carried, FlippedAnywhereIsRefusedOrStillWellFormed) {
    const Bytes octets = encode_carried({"note\n", Bytes(100)}).value();
    for (std::size_t at = 0; at < octets.size(); ++at) {
        for (const int mask : {1, 4, 16, 128, 255}) {
            Bytes other = octets;
            other[at] = static_cast<std::uint8_t>(other[at] ^ mask);
            if (const auto decoded = decode_carried(other)) {
                ASSERT_TRUE(encode_carried(*decoded));
            }
        }
    }
}

TEST(Carried, IsRefusedEmptyOrTooLarge) {
    EXPECT_FALSE(decode_carried(encode_carried({"", Bytes(1)}).value()));
    EXPECT_FALSE(decode_carried(encode_carried({"note\n", {}}).value()));
    EXPECT_FALSE(decode_carried(encode_carried({"\xff\n", Bytes(1)}).value()));
    EXPECT_FALSE(
        decode_carried(encode_carried({std::string(kMaxNote + 1, 'x'), Bytes(1)}).value()));
    EXPECT_EQ(encode_carried({"note\n", Bytes(kMaxCarried)}).error().code, Code::kTooLarge);
}

}  // namespace
}  // namespace lapx::schema
