#include "keys/age.hpp"

#include <gtest/gtest.h>

#include "keys/init.hpp"
#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

const std::vector<std::size_t> kSizes{0,
                                      1,
                                      100,
                                      kAgeChunk - 1,
                                      kAgeChunk,
                                      kAgeChunk + 1,
                                      kAgeChunk + 16,
                                      2 * kAgeChunk - 1,
                                      2 * kAgeChunk,
                                      2 * kAgeChunk + 1,
                                      5 * kAgeChunk};

class AgeFiles : public testing::Test {
  protected:
    Sink into(Bytes& out) {
        return [&out](BytesView piece) -> Result<void> {
            out.insert(out.end(), piece.begin(), piece.end());
            return {};
        };
    }
    Bytes seal_piecewise(BytesView plain, std::size_t step) {
        Bytes out;
        Sealer sealer(identity_.recipient(), random_, into(out));
        for (; !plain.empty(); plain = plain.subspan(std::min(step, plain.size()))) {
            EXPECT_TRUE(sealer.write(plain.first(std::min(step, plain.size()))));
        }
        EXPECT_TRUE(sealer.finish());
        return out;
    }
    Result<Bytes> open_piecewise(BytesView sealed, std::size_t step) {
        Bytes out;
        Opener opener(identity_, into(out));
        for (; !sealed.empty(); sealed = sealed.subspan(std::min(step, sealed.size()))) {
            LAPX_TRY(opener.write(sealed.first(std::min(step, sealed.size()))));
        }
        LAPX_TRY(opener.finish());
        return out;
    }
    // The context of the failure, the same whether opened whole or in pieces.
    std::string failure(BytesView sealed) {
        const auto whole = open(identity_, sealed);
        const auto pieces = open_piecewise(sealed, 7);
        if (whole || pieces) {
            return "opened";
        }
        EXPECT_EQ(whole.error().code, Code::kParcelUnreadable);
        EXPECT_EQ(whole.error().context, pieces.error().context);
        return whole.error().context;
    }

    SystemRandom random_;
    Identity identity_ = Identity::generate(random_);
};

TEST_F(AgeFiles, OpenToWhatWasSealedAtEverySize) {
    for (const std::size_t size : kSizes) {
        const Bytes plain = sample(size);
        const Bytes sealed = seal(identity_.recipient(), plain, random_);
        EXPECT_EQ(sealed.size(), sealed_size(size));
        EXPECT_TRUE(open(identity_, sealed).value() == plain) << size;
        EXPECT_TRUE(open_piecewise(sealed, 4096).value() == plain) << size;
        EXPECT_TRUE(open_piecewise(sealed, sealed.size()).value() == plain) << size;
        EXPECT_TRUE(open(identity_, seal_piecewise(plain, 1000)).value() == plain) << size;
        EXPECT_TRUE(open(identity_, seal_piecewise(plain, 3 * kAgeChunk)).value() == plain) << size;
        EXPECT_EQ(seal_piecewise(plain, kAgeChunk).size(), sealed.size());
    }
}

TEST_F(AgeFiles, OpenOctetByOctet) {
    const Bytes plain = sample(300);
    const Bytes sealed = seal(identity_.recipient(), plain, random_);
    EXPECT_EQ(open_piecewise(sealed, 1).value(), plain);
}

TEST_F(AgeFiles, AreDifferentEachTime) {
    const Bytes plain = sample(10);
    EXPECT_NE(seal(identity_.recipient(), plain, random_),
              seal(identity_.recipient(), plain, random_));
}

TEST_F(AgeFiles, DoNotOpenWithAnotherIdentity) {
    const Identity other = Identity::generate(random_);
    EXPECT_EQ(failure(seal(other.recipient(), sample(10), random_)), kAgeNoMatch);
}

TEST_F(AgeFiles, AreRefusedWhenAnyBitIsFlipped) {
    const Bytes sealed = seal(identity_.recipient(), sample(20), random_);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        EXPECT_NE(failure(with_bit_flipped(sealed, bit)), "opened") << bit;
    }
}

TEST_F(AgeFiles, AreRefusedWhenCutAnywhere) {
    const Bytes sealed = seal(identity_.recipient(), sample(20), random_);
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_NE(failure(BytesView(sealed).first(size)), "opened") << size;
    }
}

TEST_F(AgeFiles, AreRefusedWhenChunksAreMissingOrSwapped) {
    const Bytes sealed = seal(identity_.recipient(), sample(3 * kAgeChunk), random_);
    constexpr std::size_t kSealedChunk = kAgeChunk + kAgeTag;
    const std::size_t begin = sealed.size() - 3 * kSealedChunk;
    const auto chunk = [&](std::size_t i) {
        return BytesView(sealed).subspan(begin + i * kSealedChunk, kSealedChunk);
    };
    const auto file_of = [&](const std::vector<std::size_t>& chunks) {
        Bytes out(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(begin));
        for (const std::size_t i : chunks) {
            out.insert(out.end(), chunk(i).begin(), chunk(i).end());
        }
        return out;
    };
    ASSERT_TRUE(open(identity_, file_of({0, 1, 2})));
    for (const auto& chunks : std::vector<std::vector<std::size_t>>{
             {}, {0}, {0, 1}, {0, 2}, {1, 0, 2}, {2}, {0, 1, 2, 2}, {0, 0, 1, 2}, {1, 2}}) {
        const Bytes file = file_of(chunks);
        const auto opened = open(identity_, file);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().context, kAgePayloadFailure);
        EXPECT_EQ(open_piecewise(file, 10000).error().context, kAgePayloadFailure);
    }
}

TEST_F(AgeFiles, ReleaseNothingOfAChunkThatDoesNotAuthenticate) {
    Bytes sealed = seal(identity_.recipient(), sample(kAgeChunk + 10), random_);
    sealed.back() ^= 1;
    Bytes out;
    Opener opener(identity_, into(out));
    ASSERT_TRUE(opener.write(sealed));
    ASSERT_FALSE(opener.finish());
    EXPECT_EQ(out, sample(kAgeChunk));
    // An error stays.
    EXPECT_FALSE(opener.write(sealed));
    EXPECT_FALSE(opener.finish());
}

TEST_F(AgeFiles, StopWhenTheSinkFails) {
    const auto full = [](BytesView) -> Result<void> { return fail(Code::kDiskFull); };
    Sealer sealer(identity_.recipient(), random_, full);
    EXPECT_TRUE(sealer.write(sample(10)));
    EXPECT_EQ(sealer.finish().error().code, Code::kDiskFull);
    const Bytes sealed = seal(identity_.recipient(), sample(10), random_);
    Opener opener(identity_, full);
    EXPECT_TRUE(opener.write(sealed));
    EXPECT_EQ(opener.finish().error().code, Code::kDiskFull);
    EXPECT_EQ(opener.finish().error().code, Code::kDiskFull);
}

TEST_F(AgeFiles, WithAHeaderThatNeverEndsAreRefusedInBoundedMemory) {
    std::string endless = "age-encryption.org/v1\n-> grease\n";
    while (endless.size() < 2 * kMaxAgeHeader) {
        endless += std::string(64, 'A') + "\n";
    }
    EXPECT_EQ(failure(as_bytes(endless)), kAgeHeaderFailure);
}

TEST_F(AgeFiles, WithHundredsOfStanzasAreRefused) {
    std::string header = "age-encryption.org/v1\n";
    const Bytes share = sample(32);
    for (int i = 0; i < 33; ++i) {
        header += "-> X25519 " + unpadded_base64(share) + "\n" + unpadded_base64(share) + "\n";
    }
    header += "--- " + unpadded_base64(share) + "\n" + std::string(40, 'x');
    EXPECT_EQ(failure(as_bytes(header)), kAgeHeaderFailure);
}

}  // namespace
}  // namespace lapx::keys
