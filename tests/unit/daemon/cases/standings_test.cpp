#include "daemon/cases/standings.hpp"

#include <gtest/gtest.h>

#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::cases {
namespace {

using test::kNow;

class StandingsTest : public testing::Test {
  protected:
    schema::StandingRecord record(const std::string& feed, std::uint64_t id) {
        return {.id = StandingId{uuid7(id, {})},
                .feed = feed,
                .policy = PolicyDigest{{7}},
                .to = {*Desk::parse("spam@acma.example")},
                .handling = {},
                .per_day = 3,
                .created = kNow,
                .expires = kNow + std::chrono::days{1},
                .approver = "op-2"};
    }

    test::TempDir folder_;
    test::SeededRandom random_{5};
    keys::MasterKey master_ = keys::MasterKey::generate(random_);
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    Standings standings_{database_, master_, random_};
};

TEST_F(StandingsTest, TheNewestOfAFeedCounts) {
    EXPECT_FALSE(*standings_.newest("isp"));
    ASSERT_TRUE(standings_.add(record("isp", 1)));
    ASSERT_TRUE(standings_.add(record("other", 2)));
    const Standing first = **standings_.newest("isp");
    EXPECT_EQ(first.record, record("isp", 1));
    EXPECT_FALSE(first.ended);
    ASSERT_TRUE(standings_.end(first.seq, kNow));
    EXPECT_EQ((*standings_.newest("isp"))->ended, kNow);
    ASSERT_TRUE(standings_.add(record("isp", 3)));
    EXPECT_EQ((*standings_.newest("isp"))->record.id, record("isp", 3).id);
    EXPECT_FALSE((*standings_.newest("isp"))->ended);
    EXPECT_EQ(standings_.list()->size(), 3U);
    EXPECT_EQ(standings_.list()->front().record.id, record("isp", 3).id);
}

TEST_F(StandingsTest, CountsEachDayByItself) {
    ASSERT_TRUE(standings_.add(record("isp", 1)));
    ASSERT_TRUE(standings_.add(record("other", 2)));
    const std::int64_t isp = (*standings_.newest("isp"))->seq;
    const std::int64_t other = (*standings_.newest("other"))->seq;
    const Time midnight = std::chrono::ceil<std::chrono::days>(kNow);
    const Time before = midnight - std::chrono::seconds{1};
    EXPECT_EQ(*standings_.used(isp, before), 0U);
    ASSERT_TRUE(standings_.count(isp, before));
    ASSERT_TRUE(standings_.count(isp, before));
    EXPECT_EQ(*standings_.used(isp, before), 2U);
    EXPECT_EQ(*standings_.used(isp, midnight), 0U);
    EXPECT_EQ(*standings_.used(other, before), 0U);
    ASSERT_TRUE(standings_.count(isp, midnight));
    EXPECT_EQ(*standings_.used(isp, midnight), 1U);
    EXPECT_EQ(*standings_.used(isp, before), 2U) << "a clock that went back";
}

TEST_F(StandingsTest, NothingReadableLiesInTheDatabaseButTheNameOfTheFeed) {
    ASSERT_TRUE(standings_.add(record("isp", 1)));
    auto row = *database_.query("SELECT data FROM standing");
    ASSERT_TRUE(*row.step());
    EXPECT_EQ(as_text(row.blob(0)).find("acma.example"), std::string_view::npos);
    ASSERT_TRUE(database_.run("UPDATE standing SET feed = 'other'"));
    EXPECT_EQ(standings_.newest("other").error().code, Code::kDatabaseBroken);
}

}  // namespace
}  // namespace lapx::cases
