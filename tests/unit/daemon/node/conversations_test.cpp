#include "daemon/conversations.hpp"

#include <gtest/gtest.h>

namespace lapx::daemon {
namespace {

using std::chrono::minutes;

TEST(PapersAllowance, IsForSixAtOnceAndOneMoreEveryTenMinutes) {
    PapersAllowance papers;
    loop::Instant now{minutes{100}};
    for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(papers.has_room(now));
        papers.take(now);
    }
    EXPECT_FALSE(papers.has_room(now + minutes{9}));
    now += minutes{10};
    ASSERT_TRUE(papers.has_room(now));
    papers.take(now);
    EXPECT_FALSE(papers.has_room(now));
    now += minutes{1000};
    for (int i = 0; i < 6; ++i) {
        papers.take(now);
    }
    EXPECT_FALSE(papers.has_room(now)) << "what is not used does not pile up";
}

}  // namespace
}  // namespace lapx::daemon
