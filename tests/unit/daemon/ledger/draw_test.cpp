#include "daemon/ledger/draw.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace lapx::ledger {
namespace {

using testing::ElementsAre;

// The expected values were worked out with Python from the words of protocol.md 9.1.
TEST(Draw, IsAsWritten) {
    EXPECT_THAT(draw("Lotto of 21 November 2026: 4 8 15 16 23 42", 1000, 5).value(),
                ElementsAre(145, 949, 692, 471, 942));
    EXPECT_THAT(draw("a seed", 1, 1).value(), ElementsAre(0));
}

// About half of all numbers are passed over here.
TEST(Draw, PassesOverNumbersThatWouldFavourSomeEntries) {
    EXPECT_THAT(draw("x", (std::uint64_t{1} << 63) + 1, 4).value(),
                ElementsAre(716735784044670878U, 8773815253656729747U, 3667540451061958047U,
                            4856320001734383142U));
}

TEST(Draw, OfEverythingIsEveryEntryOnce) {
    for (const std::uint64_t size : {1U, 2U, 7U, 64U, 256U}) {
        const auto drawn = draw("all", size, size).value();
        const std::set<std::uint64_t> seen(drawn.begin(), drawn.end());
        EXPECT_EQ(seen.size(), size);
        EXPECT_EQ(*seen.rbegin(), size - 1);
    }
}

TEST(Draw, OfFewerIsTheBeginningOfADrawOfMore) {
    auto more = draw("seed", 500, 40).value();
    more.resize(11);
    EXPECT_EQ(draw("seed", 500, 11).value(), more);
}

TEST(Draw, ChangesWithSeedAndSize) {
    const auto drawn = draw("seed", 500, 10).value();
    EXPECT_NE(draw("seed2", 500, 10).value(), drawn);
    EXPECT_NE(draw("seed", 501, 10).value(), drawn);
}

TEST(Draw, IsAsLikelyToGiveOneEntryAsAnother) {
    std::map<std::uint64_t, int> times;
    for (int i = 0; i < 6000; ++i) {
        ++times[draw("seed " + std::to_string(i), 6, 1).value().front()];
    }
    for (std::uint64_t index = 0; index < 6; ++index) {
        EXPECT_NEAR(times[index], 1000, 150) << index;  // five standard deviations
    }
}

TEST(Draw, OfNothingOrMoreThanThereIsIsRefused) {
    EXPECT_EQ(draw("seed", 10, 0).error().code, Code::kInvalidArgument);
    EXPECT_EQ(draw("seed", 10, 11).error().code, Code::kInvalidArgument);
    EXPECT_EQ(draw("seed", 0, 0).error().code, Code::kInvalidArgument);
    EXPECT_EQ(draw("seed", 0, 1).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace lapx::ledger
