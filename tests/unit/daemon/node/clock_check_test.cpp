#include "daemon/clock_check.hpp"

#include <gtest/gtest.h>

namespace lapx::daemon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kNoon = time_from("2026-11-21T12:00:00Z").value();
const loop::Instant kThen{hours{5}};

TEST(ClockCheck, ReckonsOnFromWhatAPeerSaid) {
    const ClockReading reading{kNoon, kThen};
    EXPECT_EQ(reading.ahead(kNoon, kThen), seconds{0});
    EXPECT_EQ(reading.ahead(kNoon + minutes{10}, kThen + minutes{10}), seconds{0});
    // Ours is set back, or on, meanwhile.
    EXPECT_EQ(reading.ahead(kNoon - hours{1}, kThen + minutes{10}), minutes{70});
    EXPECT_EQ(reading.ahead(kNoon + hours{1}, kThen + minutes{10}), -minutes{50});
}

TEST(ClockCheck, ForgetsWhatWasSaidLongAgo) {
    const ClockReading reading{kNoon, kThen};
    EXPECT_TRUE(reading.ahead(kNoon, kThen + hours{2}));
    EXPECT_FALSE(reading.ahead(kNoon, kThen + hours{2} + seconds{1}));
}

TEST(ClockCheck, FindsOurClockWrongOnTheWordOfThreeAndMostOfThem) {
    EXPECT_FALSE(our_error({}));
    EXPECT_FALSE(our_error({hours{1}, hours{1}}));
    EXPECT_EQ(our_error({hours{1}, hours{1}, hours{1}}), hours{1});
    EXPECT_EQ(our_error({-hours{1}, seconds{2}, -hours{1}, -hours{1}}), -hours{1});
    EXPECT_FALSE(our_error({hours{1}, hours{1}, hours{1}, seconds{0}, seconds{0}, seconds{0}}))
        << "three who lie do not outvote three others";
    EXPECT_FALSE(our_error({hours{1}, hours{1}, -hours{1}, -hours{1}})) << "they do not agree";
}

TEST(ClockCheck, PutsUpWithFiveMinutes) {
    EXPECT_FALSE(our_error({minutes{5}, minutes{5}, minutes{5}}));
    EXPECT_TRUE(our_error(std::vector<seconds>(3, minutes{5} + seconds{1})));
    EXPECT_FALSE(is_odd(minutes{1}));
    EXPECT_TRUE(is_odd(-minutes{1} - seconds{1}));
}

TEST(ClockCheck, IsToldInWords) {
    EXPECT_EQ(in_words(seconds{90}), "90 s ahead of");
    EXPECT_EQ(in_words(-hours{1}), "3600 s behind");
}

}  // namespace
}  // namespace lapx::daemon
