#include "schema/codec/parcel.hpp"
#include "schema/codec/padded.hpp"

#include <gtest/gtest.h>

#include <flatbuffers/flatbuffers.h>

#include "schema/limits.hpp"
#include "tests/unit/schema/samples.hpp"

namespace lapx::schema {
namespace {

using test::Samples;

ParcelContent small_parcel() {
    ParcelContent out;
    out.cover = Bytes(100, 1);
    out.proof = Bytes(100, 2);
    return out;
}

std::size_t flatbuffer_size(const Bytes& parcel) {
    return flatbuffers::ReadScalar<std::uint32_t>(parcel.data()) + std::size_t{4};
}

// A parcel written by hand, so that it can be one that encode_parcel would not write. `table` gets
// the builder and returns the offset of the root table; the result is padded as it should be.
template <typename Table>
Bytes by_hand(Table table) {
    flatbuffers::FlatBufferBuilder builder;
    builder.FinishSizePrefixed(flatbuffers::Offset<flatbuffers::Table>(table(builder)));
    return pad(builder, 2 * kMaxParcel).value();
}

// Vtable slots of parcel.fbs.
constexpr flatbuffers::voffset_t slot(int id) {
    return static_cast<flatbuffers::voffset_t>(4 + 2 * id);
}

TEST(Padme, RoundsUpByAtMostTwelvePercent) {
    for (const auto& [length, padded] :
         std::initializer_list<std::pair<std::size_t, std::size_t>>{{0, 0},
                                                                    {1, 1},
                                                                    {2, 2},
                                                                    {3, 3},
                                                                    {8, 8},
                                                                    {9, 10},
                                                                    {11, 12},
                                                                    {100, 104},
                                                                    {1000, 1024},
                                                                    {8192, 8192},
                                                                    {8193, 8704},
                                                                    {9000, 9216},
                                                                    {10000, 10240},
                                                                    {65535, 65536},
                                                                    {65536, 65536},
                                                                    {65537, 67584},
                                                                    {100000, 100352},
                                                                    {196608, 196608},
                                                                    {196609, 200704}}) {
        EXPECT_EQ(padme(length), padded) << length;
    }
    for (std::size_t length = 1; length < 300'000; ++length) {
        const std::size_t padded = padme(length);
        ASSERT_GE(padded, length);
        ASSERT_LE((padded - length) * 100, length * 12);
        ASSERT_EQ(padme(padded), padded);
    }
}

TEST(Parcel, DecodesToWhatWasEncoded) {
    Samples samples(1);
    for (int i = 0; i < 200; ++i) {
        const ParcelContent content = samples.parcel();
        const auto octets = encode_parcel(content);
        ASSERT_TRUE(octets);
        EXPECT_GE(octets->size(), kMinParcel);
        EXPECT_EQ(octets->size(), std::max(kMinParcel, padme(flatbuffer_size(*octets))));
        const auto decoded = decode_parcel(*octets);
        ASSERT_TRUE(decoded) << decoded.error().context;
        ASSERT_EQ(*decoded, content);
    }
}

TEST(Parcel, IsReadAtAnyAddress) {
    const ParcelContent content = Samples(2).parcel();
    const Bytes octets = encode_parcel(content).value();
    for (std::size_t shift = 0; shift < 16; ++shift) {
        Bytes shifted(shift);
        shifted.insert(shifted.end(), octets.begin(), octets.end());
        EXPECT_EQ(decode_parcel(BytesView(shifted).subspan(shift)).value(), content);
    }
}

TEST(Parcel, IsRefusedWithAnythingInItsTailOrAnotherLength) {
    const Bytes octets = encode_parcel(small_parcel()).value();
    ASSERT_EQ(octets.size(), kMinParcel);
    for (std::size_t at = flatbuffer_size(octets); at < octets.size(); at += 97) {
        Bytes other = octets;
        other[at] = 1;
        EXPECT_FALSE(decode_parcel(other)) << at;
    }
    Bytes other = octets;
    other.back() = 1;
    EXPECT_FALSE(decode_parcel(other));
    other = octets;
    other.push_back(0);
    EXPECT_FALSE(decode_parcel(other));
    other.resize(kMinParcel + 512);
    EXPECT_FALSE(decode_parcel(other));
    EXPECT_FALSE(decode_parcel(BytesView(octets).first(flatbuffer_size(octets))));
    EXPECT_FALSE(decode_parcel({}));
    EXPECT_FALSE(decode_parcel(Bytes(kMinParcel)));
    EXPECT_FALSE(decode_parcel(Bytes(kMinParcel, 0xff)));
    EXPECT_FALSE(decode_parcel(Bytes(kMaxParcel * 2)));
}

TEST(Parcel, OfAllThatFitsIsAtMost192KiB) {
    ParcelContent content = small_parcel();
    content.body = Bytes(kMaxParcel - 400, 3);
    const auto octets = encode_parcel(content);
    ASSERT_TRUE(octets);
    EXPECT_EQ(octets->size(), kMaxParcel);
    EXPECT_TRUE(decode_parcel(*octets));
    content.body = Bytes(kMaxParcel, 3);
    EXPECT_EQ(encode_parcel(content).error().code, Code::kTooLarge);
    content.body = Bytes(100 * kMaxParcel, 3);
    EXPECT_EQ(encode_parcel(content).error().code, Code::kTooLarge);
}

TEST(Parcel, NumbersAscendFromOne) {
    const auto decodes = [](const ParcelContent& content) {
        return decode_parcel(encode_parcel(content).value()).has_value();
    };
    const auto items = [](std::initializer_list<std::uint16_t> numbers) {
        ParcelContent out = small_parcel();
        for (const std::uint16_t number : numbers) {
            out.items.push_back({number, Bytes(10)});
        }
        return out;
    };
    EXPECT_TRUE(decodes(items({1, 2, 1024})));
    EXPECT_FALSE(decodes(items({0})));
    EXPECT_FALSE(decodes(items({1, 1})));
    EXPECT_FALSE(decodes(items({2, 1})));
    EXPECT_FALSE(decodes(items({1025})));
    ParcelContent content = small_parcel();
    content.exhibits = {{3, Bytes(10), {}}, {3, Bytes(10), {}}};
    EXPECT_FALSE(decodes(content));
    content.exhibits[1].number = 4;
    EXPECT_TRUE(decodes(content));
}

TEST(Parcel, PartsKeepToTheirLimits) {
    const auto decodes = [](const ParcelContent& content) {
        return decode_parcel(encode_parcel(content).value()).has_value();
    };
    ParcelContent content = small_parcel();
    content.items = {{1, Bytes(kMaxItem)}};
    EXPECT_TRUE(decodes(content));
    content.items = {{1, Bytes(kMaxItem + 1)}};
    EXPECT_FALSE(decodes(content));
    content.items = {{1, Bytes{}}};
    EXPECT_FALSE(decodes(content));
    content.items.clear();
    content.exhibits = {{1, Bytes(32), Bytes(kMaxInlineExhibits / 2)},
                        {2, Bytes(32), Bytes(kMaxInlineExhibits / 2)}};
    EXPECT_TRUE(decodes(content));
    content.exhibits[1].sealed.emplace_back();
    EXPECT_FALSE(decodes(content));
    content.exhibits = {{1, Bytes{}, {}}};
    EXPECT_FALSE(decodes(content));
    content = small_parcel();
    content.cover.clear();
    EXPECT_FALSE(decodes(content));
}

TEST(Parcel, HoldsAThousandItems) {
    ParcelContent content = small_parcel();
    for (std::uint16_t i = 1; i <= kMaxItems; ++i) {
        content.items.push_back({i, Bytes(80, 5)});
    }
    const auto octets = encode_parcel(content);
    ASSERT_TRUE(octets);
    EXPECT_EQ(decode_parcel(*octets).value(), content);
}

TEST(Parcel, WithoutARequiredPartIsRefused) {
    const auto with_slots = [](bool cover, bool proof) {
        return by_hand([=](flatbuffers::FlatBufferBuilder& builder) {
            const auto octets = builder.CreateVector(Bytes(10, 1));
            const auto start = builder.StartTable();
            if (cover) {
                builder.AddOffset(slot(0), octets);
            }
            if (proof) {
                builder.AddOffset(slot(4), octets);
            }
            return builder.EndTable(start);
        });
    };
    EXPECT_TRUE(decode_parcel(with_slots(true, true)));
    EXPECT_FALSE(decode_parcel(with_slots(true, false)));
    EXPECT_FALSE(decode_parcel(with_slots(false, true)));
}

// A list of `count` items that are all the same table.
Bytes with_items_shared(std::size_t count, std::size_t octets_each) {
    return by_hand([=](flatbuffers::FlatBufferBuilder& builder) {
        const auto octets = builder.CreateVector(Bytes(octets_each, 1));
        auto start = builder.StartTable();
        builder.AddElement<std::uint16_t>(slot(0), 1, 0);
        builder.AddOffset(slot(1), octets);
        const flatbuffers::Offset<flatbuffers::Table> item(builder.EndTable(start));
        const auto items =
            builder.CreateVector(std::vector<flatbuffers::Offset<flatbuffers::Table>>(count, item));
        start = builder.StartTable();
        builder.AddOffset(slot(0), octets);
        builder.AddOffset(slot(2), items);
        builder.AddOffset(slot(4), octets);
        return builder.EndTable(start);
    });
}

TEST(Parcel, WhosePartsShareOctetsIsBounded) {
    // The same item thousands of times would be hundreds of megabytes.
    EXPECT_EQ(decode_parcel(with_items_shared(4000, 60'000)).error().context, "octets are shared");
    EXPECT_EQ(decode_parcel(with_items_shared(2, 10)).error().context, "numbers do not ascend");
    EXPECT_EQ(decode_parcel(with_items_shared(5000, 10)).error().context, "buffer");
}

TEST(Parcel, FlippedAnywhereIsRefusedOrStillWellFormed) {
    const Bytes octets = encode_parcel(Samples(3).parcel()).value();
    for (std::size_t at = 0; at < flatbuffer_size(octets); ++at) {
        Bytes other = octets;
        other[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        const auto decoded = decode_parcel(other);
        if (decoded) {
            EXPECT_EQ(decode_parcel(encode_parcel(*decoded).value()).value(), *decoded);
        }
    }
}

}  // namespace
}  // namespace lapx::schema
