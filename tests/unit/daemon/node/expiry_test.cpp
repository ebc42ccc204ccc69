#include "daemon/expiry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lapx::daemon {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const Time kToday = time_from("2026-11-21T12:00:00Z").value();

std::vector<Expiring> our_card(days left) { return {{"our card", kToday + left}}; }

TEST(Expiry, IsToBeShownFromThirtyDaysOn) {
    EXPECT_FALSE(is_soon({"our card", kToday + days{30}}, kToday));
    EXPECT_TRUE(is_soon({"our card", kToday + days{30} - seconds{1}}, kToday));
    EXPECT_EQ(in_words({"our card", kToday + days{1}}, kToday),
              "our card expires 2026-11-22T12:00:00Z");
    EXPECT_EQ(in_words({"our card", kToday}, kToday), "our card expired 2026-11-21T12:00:00Z");
}

TEST(ExpiryReminders, AreALineEachAtTwentyOneSevenAndOneDay) {
    ExpiryReminders reminders;
    const auto lines = [&](days passed) {
        return reminders.due(our_card(days{30}), kToday + passed).size();
    };
    std::vector<std::int64_t> said;
    for (days passed{0}; passed < days{40}; ++passed) {
        if (lines(passed) == 1) {
            said.push_back(30 - passed.count());
        }
        EXPECT_EQ(lines(passed), 0U) << "once on that day";
    }
    EXPECT_THAT(said, ElementsAre(21, 7, 1));
}

TEST(ExpiryReminders, AreOfEachPaperForItself) {
    ExpiryReminders reminders;
    EXPECT_THAT(reminders.due(our_card(days{7}), kToday),
                ElementsAre("our card expires 2026-11-28T12:00:00Z"));
    auto papers = our_card(days{7});
    papers.push_back({"the notice of acma.example", kToday + days{1}});
    papers.push_back({"the card of acma.example", kToday + days{22}});
    EXPECT_THAT(reminders.due(papers, kToday),
                ElementsAre("the notice of acma.example expires 2026-11-22T12:00:00Z"));
}

TEST(ExpiryReminders, BeginAnewWithAPaperThatReplacesTheOther) {
    ExpiryReminders reminders;
    ASSERT_EQ(reminders.due(our_card(days{1}), kToday).size(), 1U);
    EXPECT_THAT(reminders.due(our_card(days{75}), kToday), IsEmpty());
    EXPECT_EQ(reminders.due(our_card(days{75}), kToday + days{60}).size(), 1U);
}

}  // namespace
}  // namespace lapx::daemon
