#include "schema/codec/frame.hpp"

#include <gtest/gtest.h>

#include <flatbuffers/flatbuffers.h>

#include "schema/limits.hpp"
#include "tests/unit/schema/samples.hpp"

namespace lapx::schema {
namespace {

using test::Samples;

constexpr std::size_t kMessages = std::variant_size_v<FrameMessage>;

bool decodes(const FrameMessage& message) {
    return decode_frame(encode_frame(message)).has_value();
}

TEST(Frame, DecodesToWhatWasEncoded) {
    Samples samples(1);
    for (int i = 0; i < 100; ++i) {
        for (std::size_t alternative = 0; alternative < kMessages; ++alternative) {
            const FrameMessage message = samples.frame(alternative);
            ASSERT_EQ(message.index(), alternative);
            const auto decoded = decode_frame(encode_frame(message));
            ASSERT_TRUE(decoded) << alternative << ' ' << decoded.error().context;
            ASSERT_EQ(*decoded, message) << alternative;
        }
    }
}

TEST(Frame, IsReadAtAnyAddress) {
    Samples samples(2);
    for (std::size_t alternative = 0; alternative < kMessages; ++alternative) {
        const FrameMessage message = samples.frame(alternative);
        const Bytes octets = encode_frame(message);
        for (std::size_t shift = 0; shift < 16; ++shift) {
            Bytes shifted(shift);
            shifted.insert(shifted.end(), octets.begin(), octets.end());
            ASSERT_EQ(decode_frame(BytesView(shifted).subspan(shift)).value(), message);
        }
    }
}

TEST(Frame, OfAnotherLengthIsRefused) {
    Samples samples(3);
    for (std::size_t alternative = 0; alternative < kMessages; ++alternative) {
        Bytes octets = encode_frame(samples.frame(alternative));
        for (std::size_t size = 0; size < octets.size(); ++size) {
            ASSERT_FALSE(decode_frame(BytesView(octets).first(size)));
        }
        octets.push_back(0);
        EXPECT_FALSE(decode_frame(octets));
    }
    EXPECT_FALSE(decode_frame(Bytes(kMaxFrame + 1)));
    const MessageId id = samples.id<MessageId>();
    const Desk desk = samples.desk();
    EXPECT_TRUE(decodes(ParcelFrame{id, desk, {}, Bytes(kMaxFrame - 1024)}));
    EXPECT_FALSE(decodes(ParcelFrame{id, desk, {}, Bytes(kMaxFrame)}));
}

TEST(Frame, FlippedAnywhereIsRefusedOrStillWellFormed) {
    Samples samples(4);
    for (std::size_t alternative = 0; alternative < kMessages; ++alternative) {
        const Bytes octets = encode_frame(samples.frame(alternative));
        for (std::size_t at = 0; at < std::min<std::size_t>(octets.size(), 3000); ++at) {
            for (const int mask : {1, 4, 16, 128, 255}) {
                Bytes other = octets;
                other[at] = static_cast<std::uint8_t>(other[at] ^ mask);
                const auto decoded = decode_frame(other);
                if (decoded) {
                    ASSERT_EQ(decode_frame(encode_frame(*decoded)).value(), *decoded);
                }
            }
        }
    }
}

TEST(Frame, WithAnUnknownMessageIsRefused) {
    for (const int type : {0, static_cast<int>(kMessages) + 1, 255}) {
        flatbuffers::FlatBufferBuilder builder;
        auto start = builder.StartTable();
        const flatbuffers::Offset<flatbuffers::Table> empty(builder.EndTable(start));
        start = builder.StartTable();
        builder.AddElement<std::uint8_t>(4, static_cast<std::uint8_t>(type), 0);
        builder.AddOffset(6, empty);
        builder.FinishSizePrefixed(
            flatbuffers::Offset<flatbuffers::Table>(builder.EndTable(start)));
        const BytesView octets(builder.GetBufferPointer(), builder.GetSize());
        EXPECT_EQ(decode_frame(octets).error().context, "unknown message");
    }
}

TEST(Frame, LinksHaveAscendingSizesAndAtMost64Hashes) {
    Link link{5, 5, std::vector<Hash>(kMaxProofHashes)};
    EXPECT_TRUE(decodes(CheckpointFrame{"x\n", link}));
    link.hashes.emplace_back();
    EXPECT_FALSE(decodes(CheckpointFrame{"x\n", link}));
    link.hashes.clear();
    EXPECT_TRUE(decodes(CheckpointFrame{"x\n", link}));
    link.old_size = 6;
    EXPECT_FALSE(decodes(CheckpointFrame{"x\n", link}));
    link.new_size = std::uint64_t{1} << 63;
    EXPECT_FALSE(decodes(CheckpointFrame{"x\n", link}));
}

TEST(Frame, OfAFileHasAtMost16Links) {
    Samples samples(7);
    ParcelFrame parcel{samples.id<MessageId>(), samples.desk(), {}, Bytes(1)};
    parcel.links.assign(kMaxLinks, {1, 2, {}});
    EXPECT_TRUE(decodes(parcel));
    parcel.links.push_back({1, 2, {}});
    EXPECT_FALSE(decodes(parcel));
    parcel.links.assign(1, {2, 1, {}});
    EXPECT_FALSE(decodes(parcel));
    ReceiptsFrame receipts{"x\n", {}, {{samples.id<MessageId>(), "head\n\n"}}, {}};
    receipts.links.assign(kMaxLinks + 1, {1, 2, {}});
    EXPECT_FALSE(decodes(receipts));
}

TEST(Frame, ReceiptsHaveOneTo256Entries) {
    Samples samples(5);
    ReceiptsFrame receipts{"x\n", {}, {}, {}};
    EXPECT_FALSE(decodes(receipts));
    receipts.entries.assign(kMaxReceipts, {samples.id<MessageId>(), "head\n\n"});
    EXPECT_TRUE(decodes(receipts));
    receipts.entries.push_back(receipts.entries.back());
    EXPECT_FALSE(decodes(receipts));
}

TEST(Frame, AnswersAboutReachNameAtMost4EndpointsEachOnALine) {
    ReachAnswerFrame answer{7, {}};
    EXPECT_TRUE(decodes(answer));
    answer.endpoints.assign(kMaxEndpoints, {"tcp://192.0.2.7:5617", Reached::kTimedOut});
    EXPECT_TRUE(decodes(answer));
    for (const std::string& bad : {std::string(), std::string("a\nb"), std::string("\x1b[2J"),
                                   std::string(kMaxText + 1, 'x')}) {
        answer.endpoints.front().endpoint = bad;
        EXPECT_FALSE(decodes(answer)) << bad;
    }
    answer.endpoints.front() = answer.endpoints.back();
    answer.endpoints.push_back(answer.endpoints.back());
    EXPECT_FALSE(decodes(answer));
}

TEST(Frame, PartsAreCheckedForTheirMeaning) {
    Samples samples(6);
    const MessageId id = samples.id<MessageId>();
    EXPECT_FALSE(decodes(RefusalFrame{MessageId{}, Code::kQuota, false, 0, 0}));
    EXPECT_FALSE(decodes(RefusalFrame{id, Code::kNoteMalformed, false, 0, 0}));
    EXPECT_TRUE(decodes(RefusalFrame{id, Code::kExpired, true, 0, 0}));
    const auto at = [](const char* text) { return Time{time_from(text).value()}; };
    EXPECT_TRUE(decodes(HelloFrame{"x\n", "x\n", "", at("2999-12-31T23:59:59Z")}));
    EXPECT_FALSE(decodes(
        HelloFrame{"x\n", "x\n", "", at("2999-12-31T23:59:59Z") + std::chrono::seconds{1}}));
    EXPECT_FALSE(decodes(HelloFrame{"x\n", "x\n", "", Time{std::chrono::seconds{-1}}}));
    EXPECT_FALSE(decodes(CheckpointFrame{"", {}}));
    EXPECT_FALSE(decodes(CheckpointFrame{"\xff", {}}));
    EXPECT_FALSE(decodes(CheckpointFrame{std::string(kMaxNote + 1, 'x'), {}}));
    EXPECT_TRUE(decodes(CosignatureFrame{"— a b\n", 1}));
    for (const char* line : {"", "\n", "— a b", "— a\nb\n", "— a b\n\n", "— a\r\n", " a\n"}) {
        EXPECT_FALSE(decodes(CosignatureFrame{line, 1})) << line;
    }
    EXPECT_FALSE(decodes(ExhibitRequestFrame{id, 0, 0, 1}));
    EXPECT_FALSE(decodes(ExhibitRequestFrame{id, kMaxItems + 1, 0, 1}));
    EXPECT_FALSE(decodes(ExhibitRequestFrame{id, 1, std::uint64_t{1} << 63, 1}));
    EXPECT_FALSE(decodes(ExhibitRequestFrame{id, 1, 0, 0}));
    EXPECT_TRUE(decodes(ExhibitRequestFrame{id, 1, 0, kMaxChunksInFlight}));
    EXPECT_FALSE(decodes(ExhibitRequestFrame{id, 1, 0, kMaxChunksInFlight + 1}));
    EXPECT_TRUE(
        decodes(RefusalFrame{id, Code::kExhibitUnavailable, true, 0, 0, std::uint16_t{kMaxItems}}));
    EXPECT_FALSE(decodes(
        RefusalFrame{id, Code::kExhibitUnavailable, true, 0, 0, std::uint16_t{kMaxItems + 1}}));
    EXPECT_FALSE(decodes(ExhibitChunkFrame{id, 1, 0, {}, false}));
    EXPECT_FALSE(decodes(ExhibitChunkFrame{id, 1, 0, Bytes(kMaxChunk + 1), false}));
    EXPECT_FALSE(decodes(ParcelFrame{id, samples.desk(), {}, {}}));
    EXPECT_FALSE(
        decodes(RelayPutFrame{samples.agency(), samples.id<DepositId>(), Time{}, Bytes(10)}));
}

}  // namespace
}  // namespace lapx::schema
