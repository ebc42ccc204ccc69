#include "daemon/clock_check.hpp"

#include <gtest/gtest.h>

namespace lapx::daemon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kNoon = time_from("2026-11-21T12:00:00Z").value();
const loop::Instant kThen{hours{5}};

TEST(ClockReading, ReckonsOnFromWhatAPeerSaid) {
    const ClockReading reading{kNoon, kThen};
    EXPECT_EQ(reading.ahead(kNoon, kThen), seconds{0});
    EXPECT_EQ(reading.ahead(kNoon + minutes{10}, kThen + minutes{10}), seconds{0});
    // Ours is set back, or on, meanwhile.
    EXPECT_EQ(reading.ahead(kNoon - hours{1}, kThen + minutes{10}), minutes{70});
    EXPECT_EQ(reading.ahead(kNoon + hours{1}, kThen + minutes{10}), -minutes{50});
}

TEST(ClockReading, IsForgottenAfterTwoHours) {
    const ClockReading reading{kNoon, kThen};
    EXPECT_TRUE(reading.ahead(kNoon, kThen + hours{2}));
    EXPECT_FALSE(reading.ahead(kNoon, kThen + hours{2} + seconds{1}));
}

class ClockCheckTest : public testing::Test {
  protected:
    // How far most are ahead where that is our fault, as somebody finds who has just begun.
    static std::optional<seconds> found(std::vector<seconds> ahead) {
        ClockCheck fresh(false);
        fresh.look({std::move(ahead), false}, kNoon, kThen);
        return fresh.fault() ? fresh.fault()->ahead : std::nullopt;
    }
    // Whether there is a fault, `later` by both clocks.
    bool faulty(std::vector<seconds> ahead, bool out_of_force, seconds later = seconds{0}) {
        passed_ += later;
        check_.look({std::move(ahead), out_of_force}, kNoon + shift_ + passed_, kThen + passed_);
        return check_.fault().has_value();
    }

    ClockCheck check_{false};
    seconds passed_{0};
    seconds shift_{0};  // of our clock, by a jump
};

TEST_F(ClockCheckTest, FindsOurClockWrongOnTheWordOfThreeAndMostOfThem) {
    EXPECT_FALSE(found({}));
    EXPECT_FALSE(found({hours{1}, hours{1}}));
    EXPECT_EQ(found({hours{1}, hours{1}, hours{1}}), hours{1});
    EXPECT_EQ(found({-hours{1}, seconds{2}, -hours{1}, -hours{1}}), -hours{1});
    EXPECT_FALSE(found({hours{1}, hours{1}, hours{1}, seconds{0}, seconds{0}, seconds{0}}))
        << "three who lie do not outvote three others";
    EXPECT_FALSE(found({hours{1}, hours{1}, -hours{1}, -hours{1}})) << "they do not agree";
}

TEST_F(ClockCheckTest, PutsUpWithFiveMinutes) {
    EXPECT_FALSE(found({minutes{5}, minutes{5}, minutes{5}}));
    EXPECT_TRUE(found(std::vector<seconds>(3, minutes{5} + seconds{1})));
    EXPECT_FALSE(is_odd(minutes{1}));
    EXPECT_TRUE(is_odd(-minutes{1} - seconds{1}));
}

TEST_F(ClockCheckTest, GoesOnFindingItWrongWhileNobodyAgreesWithIt) {
    const seconds far = hours{1};
    ASSERT_TRUE(faulty({far, far, far}, false));
    EXPECT_TRUE(faulty({}, false, hours{3}))
        << "what they said is old, and nothing better is known";
    EXPECT_TRUE(faulty({far}, false));
    EXPECT_TRUE(faulty({far, far, far, seconds{0}}, false)) << "most of them do not";
    EXPECT_FALSE(faulty({far, far, far, seconds{0}, seconds{0}, seconds{1}}, false))
        << "who lies first does not outvote as many who come later";
    EXPECT_FALSE(faulty({}, false, hours{3}));
}

TEST_F(ClockCheckTest, DoubtsItAtTheStartWhereNoNoticeIsInForce) {
    EXPECT_TRUE(faulty({}, true));
    EXPECT_FALSE(check_.fault()->ahead);
    EXPECT_TRUE(faulty({-hours{2400}}, true)) << "one says so too";
    EXPECT_FALSE(faulty({}, false)) << "it was set right";
}

TEST_F(ClockCheckTest, DoubtsItNoMoreOnceAPeerSaysThatItIsRight) {
    ASSERT_TRUE(faulty({}, true));
    EXPECT_FALSE(faulty({seconds{-3}}, true));
    EXPECT_FALSE(faulty({}, true, hours{3})) << "it has run on since";
}

TEST_F(ClockCheckTest, DoubtsItUntilThreeSayThatItIsRightWhereThereAreMore) {
    const auto doubts = [this](std::vector<seconds> ahead) {
        check_.look({std::move(ahead), true, 5}, kNoon, kThen);
        return check_.fault().has_value();
    };
    EXPECT_TRUE(doubts({}));
    EXPECT_TRUE(doubts({seconds{0}}));
    EXPECT_TRUE(doubts({seconds{0}, seconds{1}}));
    EXPECT_FALSE(doubts({seconds{0}, seconds{1}, seconds{2}}));
}

TEST_F(ClockCheckTest, LetsNoticesRunOutByAClockThatRunsOn) {
    ASSERT_FALSE(faulty({}, false));
    EXPECT_FALSE(faulty({}, true, hours{24 * 75}));
    shift_ = hours{1};
    EXPECT_TRUE(faulty({}, true, seconds{1})) << "it jumped";
}

TEST_F(ClockCheckTest, TakesTheWordOfWhoStartsTheNode) {
    ClockCheck told(true);
    told.look({{}, true}, kNoon, kThen);
    EXPECT_FALSE(told.fault());
}

TEST_F(ClockCheckTest, IsToldInWords) {
    EXPECT_EQ(in_words(seconds{90}), "90 s ahead of");
    EXPECT_EQ(in_words(-hours{1}), "3600 s behind");
    EXPECT_NE(in_words(ClockFault{hours{1}}).find("most peers are 3600 s ahead of ours"),
              std::string::npos);
    EXPECT_NE(in_words(ClockFault{}).find("--clock-is-right"), std::string::npos);
}

}  // namespace
}  // namespace lapx::daemon
