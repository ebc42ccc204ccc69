#include "daemon/transport/turns.hpp"

#include <gtest/gtest.h>

namespace lapx::transport {
namespace {

class TurnsTest : public ::testing::Test {
  protected:
    std::size_t add(const Agency& from, std::size_t octets = 1, std::uint64_t route = 1) {
        return turns_.add({from, key_of(from), {route}, Bytes(octets)});
    }
    static Key key_of(const Agency& agency) {
        return {static_cast<std::uint8_t>(agency.text().front())};
    }
    // Of the next so many, how many are of that agency.
    std::size_t of(const Agency& agency, std::size_t count) {
        std::size_t found = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto inbound = turns_.next();
            found += inbound && inbound->from == agency ? 1 : 0;
        }
        return found;
    }

    const Agency a_ = Agency::parse("a.example").value();
    const Agency b_ = Agency::parse("b.example").value();
    Turns turns_;
};

TEST_F(TurnsTest, KeepsTheOrderOfAPeer) {
    for (std::size_t size = 1; size <= 3; ++size) {
        EXPECT_EQ(add(a_, size), size);
    }
    for (std::size_t size = 1; size <= 3; ++size) {
        EXPECT_EQ(turns_.next()->payload.size(), size);
    }
    EXPECT_FALSE(turns_.next());
}

TEST_F(TurnsTest, WhoHasMuchWaitingKeepsNobodyWaiting) {
    for (int i = 0; i < 1'000; ++i) {
        add(a_);
    }
    EXPECT_EQ(of(a_, 500), 500U);
    for (int i = 0; i < 10; ++i) {
        add(b_);
    }
    EXPECT_EQ(of(b_, 20), 10U);
    EXPECT_EQ(of(a_, 490), 490U);
    EXPECT_FALSE(turns_.next());
}

TEST_F(TurnsTest, ALargeMessageCountsForMore) {
    for (int i = 0; i < 100; ++i) {
        add(a_, 3 * schema::kQuotaUnit);
        add(b_);
    }
    EXPECT_EQ(of(a_, 50), 10U);
}

TEST_F(TurnsTest, WhoKeepsOnlyOneWaitingGetsNoMoreForIt) {
    for (int i = 0; i < 100; ++i) {
        add(b_);
    }
    std::size_t large = 0;
    for (int i = 0; i < 50; ++i) {
        add(a_, 3 * schema::kQuotaUnit);
        large += of(a_, 1);
        turns_.drop(key_of(a_), {1});
    }
    EXPECT_LE(large, 13U);
}

TEST_F(TurnsTest, NothingIsSavedUpInSilence) {
    add(b_);
    EXPECT_EQ(of(b_, 1), 1U);
    for (int i = 0; i < 200; ++i) {
        add(a_);
    }
    EXPECT_EQ(of(a_, 100), 100U);
    for (int i = 0; i < 100; ++i) {
        add(b_);
    }
    EXPECT_EQ(of(b_, 100), 50U);
}

TEST_F(TurnsTest, WhatCameOverAConnectionThatEndedIsDropped) {
    add(a_, 1, 1);
    add(a_, 2, 2);
    add(b_, 3, 3);
    EXPECT_EQ(turns_.drop(key_of(a_), {1}), 1U);
    EXPECT_EQ(turns_.drop(key_of(b_), {3}), 1U);
    EXPECT_EQ(turns_.drop(key_of(b_), {3}), 0U);
    EXPECT_EQ(turns_.next()->payload.size(), 2U);
    EXPECT_FALSE(turns_.next());
    add(b_, 4, 4);
    EXPECT_EQ(turns_.next()->payload.size(), 4U);
}

}  // namespace
}  // namespace lapx::transport
