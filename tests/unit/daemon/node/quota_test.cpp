#include "daemon/quota.hpp"

#include <gtest/gtest.h>

namespace lapx::daemon {
namespace {

using std::chrono::seconds;

constexpr auto kAll = static_cast<std::size_t>(schema::kQuota);
constexpr auto kOverdraft = static_cast<std::size_t>(schema::kQuotaOverdraft);
constexpr std::size_t kWindow = 512;  // protocol.md 8.5

class QuotaTest : public testing::Test {
  protected:
    void charge(std::size_t frames, std::size_t octets = 0) {
        for (std::size_t i = 0; i < frames; ++i) {
            quota_.charge(octets, now_);
        }
    }

    Quota quota_;
    loop::Instant now_{seconds{1'000}};
};

TEST_F(QuotaTest, IsSpentByFramesWithoutEffect) {
    charge(kAll);
    EXPECT_FALSE(quota_.is_spent());
    charge(1);
    EXPECT_TRUE(quota_.is_spent());
    EXPECT_FALSE(quota_.is_overdrawn());
}

TEST_F(QuotaTest, LastsForeverWhereFramesHaveAnEffect) {
    for (std::size_t i = 0; i < 100'000; ++i) {
        quota_.charge(200'000, now_);
        quota_.give_back(200'000);
    }
    EXPECT_FALSE(quota_.is_spent());
    charge(kAll);
    EXPECT_FALSE(quota_.is_spent());
    charge(1);
    EXPECT_TRUE(quota_.is_spent()) << "nothing is saved up";
}

TEST_F(QuotaTest, IsSpentSoonerByLargeFrames) {
    charge(kAll / 2, schema::kQuotaUnit);
    EXPECT_FALSE(quota_.is_spent());
    charge(1, schema::kQuotaUnit);
    EXPECT_TRUE(quota_.is_spent());
}

TEST_F(QuotaTest, ComesBackWithTime) {
    charge(kAll + 100);
    now_ += quota_.recovery();
    charge(kAll / 2);
    EXPECT_FALSE(quota_.is_spent());
    now_ += seconds{100'000};
    charge(kAll);
    EXPECT_FALSE(quota_.is_spent());
    charge(1);
    EXPECT_TRUE(quota_.is_spent()) << "it is never more than all of it";
}

TEST_F(QuotaTest, IsOverdrawnByWhoGoesOn) {
    charge(kAll + kOverdraft);
    EXPECT_FALSE(quota_.is_overdrawn());
    charge(1);
    EXPECT_TRUE(quota_.is_overdrawn());
}

// It may have another key to come again with.
TEST_F(QuotaTest, StaysOverdrawnWhileItsPeerIsShutOut) {
    charge(kAll + kOverdraft + 1);
    now_ += schema::kShutOut - seconds{1};
    charge(1);
    EXPECT_TRUE(quota_.is_overdrawn());
    now_ += seconds{1};
    charge(1);
    EXPECT_FALSE(quota_.is_overdrawn());
    EXPECT_FALSE(quota_.is_spent());
}

// What is under way when the first refusal is said.
TEST_F(QuotaTest, IsNotOverdrawnByAWindowOfTheLargestParcels) {
    charge(kAll + 1);
    charge(kWindow, schema::kMaxParcel + 3'000);
    EXPECT_TRUE(quota_.is_spent());
    EXPECT_FALSE(quota_.is_overdrawn());
    EXPECT_LT(quota_.recovery(), seconds{900}) << "longer than anybody waits";
    now_ += quota_.recovery();
    charge(1);
    EXPECT_FALSE(quota_.is_spent());
}

}  // namespace
}  // namespace lapx::daemon
