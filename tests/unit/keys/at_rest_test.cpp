#include "keys/at_rest.hpp"

#include <gtest/gtest.h>

#include "keys/init.hpp"
#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

class AtRest : public testing::Test {
  protected:
    Code open_error(BytesView keys, BytesView data, std::size_t index) {
        const auto opened = open_part(master_, keys, data, index);
        return opened ? Code::kInternal : opened.error().code;
    }

    SystemRandom random_;
    MasterKey master_ = MasterKey::generate(random_);
    const std::vector<Bytes> parts_{sample(100, 1), {}, sample(1, 2), sample(70000, 3)};
    const std::vector<BytesView> views_{parts_.begin(), parts_.end()};
    const SealedParts sealed_ = seal_parts(master_, views_, random_);
};

TEST_F(AtRest, PartsOpenToWhatWasSealed) {
    EXPECT_EQ(part_count(sealed_.keys), 4U);
    EXPECT_EQ(sealed_.keys.size(), 4 * kAtRestSlot);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        EXPECT_TRUE(open_part(master_, sealed_.keys, sealed_.data, i).value() == parts_[i]) << i;
    }
    EXPECT_EQ(open_error(sealed_.keys, sealed_.data, 4), Code::kNotFound);
}

TEST_F(AtRest, NothingSealsToNothing) {
    const SealedParts none = seal_parts(master_, {}, random_);
    EXPECT_EQ(part_count(none.keys), 0U);
    EXPECT_EQ(open_error(none.keys, none.data, 0), Code::kNotFound);
}

TEST_F(AtRest, AnErasedPartIsGoneAndTheOthersStay) {
    Bytes keys = sealed_.keys;
    erase_part(keys, 2);
    EXPECT_EQ(open_error(keys, sealed_.data, 2), Code::kErased);
    EXPECT_TRUE(is_part_erased(keys, 2));
    EXPECT_EQ(part_count(keys), 4U);
    for (const std::size_t i : {0, 1, 3}) {
        EXPECT_FALSE(is_part_erased(keys, i));
        EXPECT_TRUE(open_part(master_, keys, sealed_.data, i).value() == parts_[i]) << i;
    }
    // The slot holds nothing of its key any more.
    EXPECT_EQ(Bytes(keys.begin() + 2 * kAtRestSlot, keys.begin() + 3 * kAtRestSlot),
              Bytes(kAtRestSlot));
    Bytes same = keys;
    erase_part(same, 4);
    EXPECT_EQ(same, keys);
}

TEST_F(AtRest, AnotherMasterKeyOpensNothing) {
    const MasterKey other = MasterKey::generate(random_);
    EXPECT_EQ(open_part(other, sealed_.keys, sealed_.data, 0).error().code, Code::kDatabaseBroken);
}

TEST_F(AtRest, AnyFlippedBitIsFound) {
    const std::vector<Bytes> parts{sample(5, 1), sample(3, 2)};
    const std::vector<BytesView> views(parts.begin(), parts.end());
    const SealedParts sealed = seal_parts(master_, views, random_);
    const auto opens_both = [&](BytesView keys, BytesView data) {
        return open_part(master_, keys, data, 0) && open_part(master_, keys, data, 1);
    };
    ASSERT_TRUE(opens_both(sealed.keys, sealed.data));
    for (std::size_t bit = 0; bit < sealed.keys.size() * 8; ++bit) {
        EXPECT_FALSE(opens_both(with_bit_flipped(sealed.keys, bit), sealed.data)) << bit;
    }
    for (std::size_t bit = 0; bit < sealed.data.size() * 8; ++bit) {
        EXPECT_FALSE(opens_both(sealed.keys, with_bit_flipped(sealed.data, bit))) << bit;
    }
    for (std::size_t size = 0; size < sealed.data.size(); ++size) {
        EXPECT_FALSE(opens_both(sealed.keys, BytesView(sealed.data).first(size))) << size;
    }
    for (std::size_t size = 0; size < sealed.keys.size(); ++size) {
        EXPECT_FALSE(opens_both(BytesView(sealed.keys).first(size), sealed.data)) << size;
    }
}

TEST_F(AtRest, SwappedSlotsAreFound) {
    const std::vector<Bytes> parts{sample(5, 1), sample(5, 2)};
    const std::vector<BytesView> views(parts.begin(), parts.end());
    const SealedParts sealed = seal_parts(master_, views, random_);
    Bytes keys = sealed.keys;
    std::rotate(keys.begin(), keys.begin() + kAtRestSlot, keys.end());
    EXPECT_EQ(open_error(keys, sealed.data, 0), Code::kDatabaseBroken);
    // With its ciphertext moved too, a part still knows its place.
    Bytes data = sealed.data;
    std::rotate(data.begin() + 8, data.begin() + 8 + 21, data.end());
    EXPECT_EQ(open_error(keys, data, 0), Code::kDatabaseBroken);
}

}  // namespace
}  // namespace lapx::keys
