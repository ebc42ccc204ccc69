#include "daemon/delivery/delivery.hpp"

#include <gtest/gtest.h>

#include "daemon/disclosure/disclosure.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::delivery {
namespace {

using test::kNow;

class DeliveryTest : public testing::Test {
  protected:
    model::Sealed sealed() {
        model::Draft draft = test::sample_draft(a_.desk(), {b_.desk()}, random_);
        auto proposal = disclosure::propose(test::policy(), draft, {}, test::addressee(b_.desk()));
        const model::Approval approval{"op-1", true, {proposal->content().digest}};
        const sealing::CoverOrder order{
            .from = a_.desk(), .key = {}, .message = {}, .created = kNow, .expires = kNow};
        auto covered = sealing::cover(*disclosure::release(std::move(*proposal), approval), order,
                                      a_.key_name("sign"), a_.sign);
        return *sealing::seal(covered, "proof\n", "", b_.spam_desk.recipient(), random_);
    }
    Message message(std::uint8_t number, Time expires = kNow + std::chrono::days{1}) {
        return {.seq = 0,
                .agency = a_.agency,
                .id = MessageId{uuid7(number, {number})},
                .referral = {},
                .peer = b_.agency,
                .desk = "spam",
                .act = schema::Act::kRefer,
                .cover = CoverDigest{{number}},
                .created = kNow,
                .expires = expires,
                .state = State::kSent,
                .changed = kNow,
                .outcome = {},
                .leaf = number};
    }
    std::int64_t queue(std::uint8_t number, Time expires = kNow + std::chrono::days{1}) {
        const std::int64_t seq =
            *delivery_.add(message(number, expires), as_bytes("the cover"), {});
        EXPECT_TRUE(delivery_.enqueue(seq, b_.agency, sealed_, 5, kNow));
        return seq;
    }
    std::size_t due(Time now, std::int64_t after = 0, std::size_t limit = 100) {
        return delivery_.due(b_.agency, after, now, limit)->size();
    }

    test::TempDir folder_;
    test::SeededRandom random_{3};
    test::TestAgency a_{"opta.example", 1};
    test::TestAgency b_{"acma.example", 2};
    keys::MasterKey master_ = keys::MasterKey::generate(random_);
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    Delivery delivery_{database_, master_, random_};
    model::Sealed sealed_ = sealed();
};

TEST_F(DeliveryTest, FindsAMessageByItsSignerAndId) {
    const std::int64_t seq = queue(1);
    const auto found = delivery_.find(a_.agency, message(1).id);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->seq, seq);
    EXPECT_EQ((*found)->cover, message(1).cover);
    EXPECT_FALSE(*delivery_.find(b_.agency, message(1).id));
    EXPECT_EQ(delivery_.texts(seq)->cover, "the cover");
}

TEST_F(DeliveryTest, TheDedupeKeyCannotBeUsedTwice) {
    queue(1);
    EXPECT_FALSE(delivery_.add(message(1), {}, {}));
}

TEST_F(DeliveryTest, GivesWhatIsDueOldestFirstAfterACursor) {
    const std::int64_t first = queue(1);
    queue(2);
    queue(3);
    EXPECT_EQ(due(kNow), 3U);
    EXPECT_EQ(due(kNow, first), 2U);
    EXPECT_EQ(due(kNow, 0, 1), 1U);
    EXPECT_EQ((*delivery_.due(b_.agency, 0, kNow, 1))[0].sealed, sealed_.octets());
    EXPECT_EQ(delivery_.due(a_.agency, 0, kNow, 9)->size(), 0U);
}

TEST_F(DeliveryTest, APostponedMessageWaitsAndSaysWhy) {
    const std::int64_t seq = queue(1);
    ASSERT_TRUE(delivery_.postpone(seq, kNow + std::chrono::seconds{30}, Code::kQuota));
    EXPECT_EQ(due(kNow + std::chrono::seconds{29}), 0U);
    EXPECT_EQ(due(kNow + std::chrono::seconds{30}), 1U);
    const auto waiting = delivery_.waiting(seq);
    ASSERT_TRUE(waiting && *waiting);
    EXPECT_EQ((*waiting)->attempts, 1U);
    EXPECT_EQ((*waiting)->cause, "quota");
}

TEST_F(DeliveryTest, WhatAClockPutOffThatHasGoneBackSinceIsDue) {
    const Time before = kNow + std::chrono::hours{1};
    ASSERT_TRUE(delivery_.postpone(queue(1), before, Code::kQuota));
    EXPECT_EQ(due(kNow), 1U);
    EXPECT_TRUE(is_due(before, kNow));
    EXPECT_TRUE(is_due(kNow, kNow));
    EXPECT_FALSE(is_due(kNow + kLongestWait, kNow));
}

TEST_F(DeliveryTest, AReceiptTakesTheMessageOutOfTheOutboxOnce) {
    const std::int64_t seq = queue(1);
    ASSERT_TRUE(delivery_.deliver(seq, "the proof", kNow));
    EXPECT_EQ(*delivery_.queued(), 0U);
    EXPECT_EQ((*delivery_.find(a_.agency, message(1).id))->state, State::kDelivered);
    EXPECT_EQ(**delivery_.receipt(seq), "the proof");
    EXPECT_EQ(delivery_.deliver(seq, "another", kNow).error().code, Code::kNotFound);
    EXPECT_EQ(**delivery_.receipt(seq), "the proof");
}

TEST_F(DeliveryTest, AFinalRefusalKeepsItsCode) {
    const std::int64_t seq = queue(1);
    ASSERT_TRUE(delivery_.refuse(seq, Code::kItemMismatch, {}, kNow));
    const auto found = delivery_.find(a_.agency, message(1).id);
    EXPECT_EQ((*found)->state, State::kRefused);
    EXPECT_EQ((*found)->outcome, Code::kItemMismatch);
    EXPECT_FALSE(*delivery_.receipt(seq));
}

TEST_F(DeliveryTest, WhatExpiredLeavesTheOutboxAndTheRestStays) {
    queue(1, kNow - std::chrono::seconds{1});
    queue(2);
    EXPECT_EQ(*delivery_.expire(kNow, kNow), 1U);
    EXPECT_EQ((*delivery_.find(a_.agency, message(1).id))->state, State::kExpired);
    EXPECT_EQ(*delivery_.queued(), 1U);
}

TEST_F(DeliveryTest, TellsEachChangeOfAStateOnceInTheirOrder) {
    const std::int64_t first = queue(1);
    const std::int64_t second = queue(2);
    const std::int64_t third = queue(3, kNow);
    const auto told = [](const std::vector<Message>& messages) {
        std::vector<std::pair<std::int64_t, State>> out;
        for (const Message& one : messages) {
            out.emplace_back(one.seq, one.state);
        }
        return out;
    };
    using Told = std::vector<std::pair<std::int64_t, State>>;
    EXPECT_TRUE(delivery_.changed(0, 10)->empty()) << "not before it is durable";
    delivery_.committed();
    const auto all = *delivery_.changed(0, 10);
    EXPECT_EQ(told(all),
              (Told{{first, State::kSent}, {second, State::kSent}, {third, State::kSent}}));
    const std::uint64_t last = all.back().change;
    ASSERT_TRUE(delivery_.refuse(second, Code::kItemMismatch, "", kNow));
    ASSERT_TRUE(delivery_.expire(kNow + std::chrono::seconds{1}, kNow));
    Delivery restarted{database_, master_, random_};
    EXPECT_EQ(restarted.changed(last, 10)->size(), 2U);
    ASSERT_TRUE(restarted.deliver(first, "proof", kNow));
    EXPECT_EQ(restarted.changed(last, 10)->size(), 2U);
    restarted.committed();
    const auto since = *restarted.changed(last, 10);
    EXPECT_EQ(
        told(since),
        (Told{{second, State::kRefused}, {third, State::kExpired}, {first, State::kDelivered}}));
    EXPECT_EQ(since.front().outcome, Code::kItemMismatch);
    EXPECT_EQ(told(*restarted.changed(last, 1)), (Told{{second, State::kRefused}}));
    EXPECT_TRUE(restarted.changed(since.back().change, 10)->empty());
}

TEST_F(DeliveryTest, CoversAreSealedAtRest) {
    queue(1);
    auto row = *database_.query("SELECT data FROM message");
    ASSERT_TRUE(*row.step());
    EXPECT_EQ(as_text(row.blob(0)).find("the cover"), std::string_view::npos);
}

TEST(Backoff, GrowsToAQuarterOfAnHourAndIsNeverZero) {
    test::SeededRandom random(4);
    for (std::uint64_t attempts = 0; attempts < 70; ++attempts) {
        const auto wait = backoff(attempts, random);
        EXPECT_GE(wait, std::chrono::seconds{1}) << attempts;
        EXPECT_LE(wait, std::chrono::seconds{900}) << attempts;
    }
    EXPECT_GT(backoff(20, random), std::chrono::seconds{600});
}

}  // namespace
}  // namespace lapx::delivery
