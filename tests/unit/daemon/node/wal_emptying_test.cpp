#include "daemon/wal_emptying.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lapx::daemon {
namespace {

using std::chrono::seconds;

class WalEmptyingTest : public testing::Test {
  protected:
    // What the attempts of a minute, one each 250 ms as the node makes them, complain of.
    std::vector<Code> minute() {
        std::vector<Code> out;
        for (int i = 0; i < 240; ++i) {
            now_ += std::chrono::milliseconds(250);
            if (const auto error = wal_.attempt(now_)) {
                out.push_back(error->code);
            }
        }
        return out;
    }

    loop::Instant now_{std::chrono::hours(1)};
    std::optional<Code> fault_;
    int calls_ = 0;
    WalEmptying wal_{[this] {
        ++calls_;
        return fault_ ? Result<void>(fail(*fault_)) : Result<void>();
    }};
};

TEST_F(WalEmptyingTest, IsDoneOnceAfterAStartAndOnceAfterEachErasure) {
    EXPECT_FALSE(wal_.is_empty());
    minute();
    EXPECT_TRUE(wal_.is_empty());
    EXPECT_EQ(calls_, 1);
    wal_.erased();
    EXPECT_FALSE(wal_.is_empty());
    minute();
    EXPECT_TRUE(wal_.is_empty());
    EXPECT_EQ(calls_, 2);
}

TEST_F(WalEmptyingTest, OnAFullDiskIsTriedLessAndLessOftenAndComplainsOnce) {
    wal_.erased();
    fault_ = Code::kDiskFull;
    EXPECT_EQ(minute(), std::vector<Code>{Code::kDiskFull});
    EXPECT_LT(calls_, 10);
    calls_ = 0;
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(minute().empty());
    }
    EXPECT_GE(calls_, 9);
    EXPECT_LE(calls_, 11);
    fault_ = Code::kIo;
    minute();
    fault_.reset();
    minute();
    EXPECT_TRUE(wal_.is_empty());
}

TEST_F(WalEmptyingTest, ComplainsAgainOfAnotherErrorOrAfterItWasEmptied) {
    wal_.erased();
    fault_ = Code::kDiskFull;
    EXPECT_EQ(minute().size(), 1U);
    fault_ = Code::kIo;
    now_ += seconds(60);
    EXPECT_EQ(minute(), std::vector<Code>{Code::kIo});
    fault_.reset();
    now_ += seconds(60);
    minute();
    EXPECT_TRUE(wal_.is_empty());
    fault_ = Code::kIo;
    wal_.erased();
    EXPECT_EQ(minute(), std::vector<Code>{Code::kIo});
}

TEST_F(WalEmptyingTest, AfterAStartWhereNothingWasErasedComplainsOfNothing) {
    fault_ = Code::kDiskFull;
    EXPECT_TRUE(minute().empty());
    EXPECT_FALSE(wal_.is_empty());
    wal_.erased();
    EXPECT_EQ(minute(), std::vector<Code>{Code::kDiskFull});
}

TEST_F(WalEmptyingTest, OfAReaderInTheWaySaysNothing) {
    wal_.erased();
    fault_ = Code::kTimeout;
    EXPECT_TRUE(minute().empty());
    fault_.reset();
    wal_.erased();
    EXPECT_FALSE(wal_.attempt(now_));
    EXPECT_TRUE(wal_.is_empty()) << "an erasure does not wait for the next attempt";
}

}  // namespace
}  // namespace lapx::daemon
