#include "daemon/relay/relay.hpp"

#include <gtest/gtest.h>

#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::relay {
namespace {

using test::kNow;

class RelayTest : public testing::Test {
  protected:
    RelayTest() {
        config_.owners = {a_, b_};
        config_.owner_octets = 1'000;
        config_.owner_files = 4;
        config_.depositor_octets = 1'500;
        config_.depositor_files = 6;
        config_.days = 2;
    }
    schema::RelayPutFrame file(const Agency& owner, std::uint16_t number, std::size_t size = 10) {
        return {owner, schema::DepositId{uuid7(1'795'000'000'000U + number, {})},
                kNow + std::chrono::days(30), Bytes(size, static_cast<std::uint8_t>(number))};
    }
    // The refusal, or kInternal for none.
    Code put(const Agency& depositor, const schema::RelayPutFrame& frame) {
        return relay_.put(depositor, frame, kNow)->refused.value_or(Code::kInternal);
    }

    const Agency a_ = *Agency::parse("a.example");
    const Agency b_ = *Agency::parse("b.example");
    const Agency c_ = *Agency::parse("c.example");
    test::TempDir folder_;
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    config::Relay config_;
    Relay relay_{database_, config_};
};

TEST_F(RelayTest, KeepsFilesInOrderUntilTheirOwnerRemovesThem) {
    for (std::uint16_t i = 1; i <= 3; ++i) {
        ASSERT_EQ(put(b_, file(a_, i)), Code::kInternal);
    }
    auto first = relay_.next(a_, 0).value();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->held.deposit, file(a_, 1).deposit);
    EXPECT_EQ(first->held.depositor, b_);
    EXPECT_EQ(first->sealed, Bytes(10, 1));
    const std::int64_t second = relay_.place_of(a_, file(a_, 2).deposit).value();
    EXPECT_EQ(relay_.next(a_, first->held.seq).value()->held.seq, second);
    EXPECT_EQ(relay_.next(a_, second).value()->held.deposit, file(a_, 3).deposit);
    for (std::uint16_t i = 1; i <= 3; ++i) {
        EXPECT_TRUE(relay_.remove(a_, file(a_, i).deposit).value());
        EXPECT_FALSE(relay_.remove(a_, file(a_, i).deposit).value());
    }
    EXPECT_EQ(relay_.place_of(a_, file(a_, 2).deposit).value(), 0);
    EXPECT_EQ(relay_.total()->files, 0U);
    EXPECT_EQ(relay_.total()->octets, 0U);
}

TEST_F(RelayTest, WhatComesLaterHasAHigherPlaceAlsoOnceAllIsGone) {
    ASSERT_EQ(put(b_, file(a_, 1)), Code::kInternal);
    ASSERT_EQ(put(b_, file(a_, 2)), Code::kInternal);
    const std::int64_t last = relay_.place_of(a_, file(a_, 2).deposit).value();
    for (std::uint16_t i = 1; i <= 2; ++i) {
        ASSERT_TRUE(relay_.remove(a_, file(a_, i).deposit).value());
    }
    ASSERT_EQ(put(b_, file(a_, 3)), Code::kInternal);
    EXPECT_GT(relay_.place_of(a_, file(a_, 3).deposit).value(), last);
}

TEST_F(RelayTest, GivesAndRemovesNothingOfAnother) {
    ASSERT_EQ(put(c_, file(a_, 1)), Code::kInternal);
    const auto deposit = file(a_, 1).deposit;
    for (const Agency& other : {b_, c_}) {
        EXPECT_FALSE(relay_.next(other, 0).value());
        EXPECT_EQ(relay_.place_of(other, deposit).value(), 0);
        EXPECT_FALSE(relay_.remove(other, deposit).value());
    }
    EXPECT_EQ(relay_.total()->files, 1U);
}

TEST_F(RelayTest, KeepsTheSameDepositOnce) {
    EXPECT_EQ(relay_.put(b_, file(a_, 1), kNow).value(), Put{.fresh = true});
    EXPECT_EQ(relay_.put(b_, file(a_, 1), kNow).value(), Put{});
    EXPECT_EQ(relay_.total()->files, 1U);
    EXPECT_EQ(relay_.put(b_, file(b_, 1), kNow).value(), Put{}) << "a deposit id is used once";
    EXPECT_FALSE(relay_.next(b_, 0).value());
    EXPECT_EQ(relay_.put(c_, file(a_, 1), kNow).value(), Put{.fresh = true});
    EXPECT_EQ(relay_.total()->files, 2U);
}

TEST_F(RelayTest, KeepsNothingForWhomItDoesNotServe) {
    EXPECT_EQ(put(a_, file(c_, 1)), Code::kUnknownAgency);
    EXPECT_EQ(relay_.total()->files, 0U);
}

TEST_F(RelayTest, KeepsNoMoreThanTheQuotasOfOwnerAndDepositor) {
    for (std::uint16_t i = 1; i <= 4; ++i) {
        EXPECT_EQ(put(c_, file(a_, i)), Code::kInternal);
    }
    EXPECT_EQ(put(b_, file(a_, 5)), Code::kQuota);  // the owner has its four
    EXPECT_EQ(put(c_, file(b_, 6)), Code::kInternal);
    EXPECT_EQ(put(c_, file(b_, 7)), Code::kInternal);
    EXPECT_EQ(put(c_, file(b_, 8)), Code::kQuota);  // the depositor has its six
    ASSERT_TRUE(relay_.remove(b_, file(b_, 7).deposit));
    EXPECT_EQ(put(a_, file(b_, 9, 991)), Code::kQuota);
    EXPECT_EQ(put(a_, file(b_, 9, 990)), Code::kInternal);
    EXPECT_EQ(put(a_, file(b_, 10, 1)), Code::kQuota);
}

TEST_F(RelayTest, DropsWhatNobodyFetchedInTime) {
    auto brief = file(a_, 1);
    brief.expires = kNow + std::chrono::hours(1);
    EXPECT_EQ(put(b_, brief), Code::kInternal);
    EXPECT_EQ(put(b_, file(a_, 2)), Code::kInternal);
    EXPECT_EQ(relay_.expire(kNow + std::chrono::hours(1), 10).value(), 1U);
    EXPECT_EQ(relay_.expire(kNow + std::chrono::days(1), 10).value(), 0U);
    EXPECT_EQ(relay_.expire(kNow + std::chrono::days(2), 10).value(), 1U);
    EXPECT_EQ(relay_.total()->octets, 0U);
    brief.expires = kNow;
    EXPECT_EQ(put(b_, brief), Code::kExpired);
}

}  // namespace
}  // namespace lapx::relay
