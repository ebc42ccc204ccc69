#include "daemon/answers.hpp"

#include <gmock/gmock.h>

#include "keys/directory.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"
#include "tests/unit/daemon/node/fake_transport.hpp"

namespace lapx::daemon {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

const Agency kPeer = *Agency::parse("acma.gov.au");

MessageId message(std::uint16_t n) { return MessageId{uuid7(1'795'000'000'000U + n, {})}; }

class AnswersTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(agency_.open());
        contacts_.emplace(*agency_.database);
        ledgers_.emplace(*agency_.database);
        answers_.emplace(self_, agency_.clock, *agency_.log, *contacts_, *ledgers_, peer_,
                         conversations_);
    }

    // A committed round that received `count` messages, the first with this number.
    void receive(std::uint16_t first, std::uint16_t count) {
        const std::uint64_t leaf = agency_.log->size();
        ASSERT_TRUE(agency_.add(count));
        for (std::uint16_t i = 0; i < count; ++i) {
            answers_->receipt(kPeer, message(static_cast<std::uint16_t>(first + i)), leaf + i);
        }
        answers_->let_go();
    }
    std::vector<MessageId> receipted() const {
        std::vector<MessageId> out;
        for (const auto& frame : peer_.frames<schema::ReceiptsFrame>()) {
            for (const schema::ReceiptEntry& entry : frame.entries) {
                out.push_back(entry.message);
            }
        }
        return out;
    }

    ledger::Agency1 agency_;
    test::TestAgency us_{"opta.nl", 7};
    keys::OpenedCard card_ = keys::open_card(us_.card()).value();
    Self self_{.card = card_.card,
               .card_note = card_.note,
               .notice = keys::open_notice(us_.notice(), us_.agency, card_.sign).value().notice,
               .notice_note = {},
               .root = {},
               .sign_name = "opta.nl/lapx/sign-1",
               .ledger_name = std::string(ledger::kOrigin),
               .witness_name = "opta.nl/lapx/witness-1",
               .ledger_key = agency_.log_key,
               .keys = {.sign = keys::SigningKey::generate(agency_.random),
                        .ledger = keys::SigningKey::generate(agency_.random),
                        .witness = keys::SigningKey::generate(agency_.random),
                        .at_rest = keys::MasterKey::generate(agency_.random),
                        .node = keys::Identity::generate(agency_.random),
                        .desks = {},
                        .former = {},
                        .curve = {}},
               .ring = {}};
    test::FakeTransport peer_;
    Conversations conversations_;
    std::optional<contacts::Contacts> contacts_;
    std::optional<PeerLedgers> ledgers_;
    std::optional<Answers> answers_;
};

TEST_F(AnswersTest, WaitUntilASlowPeerTakesThemInEachOnceAndInOrder) {
    peer_.room = 1;
    receive(0, 700);
    const std::size_t first = receipted().size();
    EXPECT_THAT(first, testing::AllOf(testing::Gt(0U), testing::Le(schema::kMaxReceipts)));
    EXPECT_TRUE(answers_->is_owed(kPeer));
    receive(700, 5);
    EXPECT_THAT(receipted(), SizeIs(first));

    peer_.room = 1'000;
    answers_->settle(kPeer);
    std::vector<MessageId> all;
    for (std::uint16_t i = 0; i < 705; ++i) {
        all.push_back(message(i));
    }
    EXPECT_EQ(receipted(), all);
    EXPECT_FALSE(answers_->is_owed(kPeer));
}

TEST_F(AnswersTest, LinksBeginWhereTheLastOneThePeerGotEnded) {
    receive(0, 1);
    peer_.room = 0;
    receive(1, 3);
    receive(4, 2);
    peer_.room = 1'000;
    receive(6, 1);
    const auto frames = peer_.frames<schema::ReceiptsFrame>();
    ASSERT_THAT(frames, SizeIs(2));
    EXPECT_FALSE(frames[0].link);
    ASSERT_TRUE(frames[1].link);
    EXPECT_EQ(frames[1].link->old_size, 1U);
    EXPECT_EQ(frames[1].link->new_size, 7U);
}

TEST_F(AnswersTest, OfARoundThatNeverHappenedAskThePeerToComeAgain) {
    answers_->receipt(kPeer, message(1), 0);
    answers_->refuse(kPeer, message(2), Code::kMessageIdReused);
    answers_->give_up();
    EXPECT_THAT(receipted(), SizeIs(0));
    const auto refusals = peer_.frames<schema::RefusalFrame>();
    ASSERT_THAT(refusals, SizeIs(2));
    for (const schema::RefusalFrame& refusal : refusals) {
        EXPECT_FALSE(refusal.final);
        EXPECT_GT(refusal.retry_after, 0U);
    }
    EXPECT_THAT((std::vector{refusals[0].message, refusals[1].message}),
                ElementsAre(message(1), message(2)));
}

TEST_F(AnswersTest, DoNotPileUpForAPeerThatNeverListens) {
    peer_.room = 0;
    for (std::uint16_t n = 0; n < 4'097; ++n) {
        EXPECT_FALSE(answers_->is_deaf(kPeer)) << n;
        answers_->refuse(kPeer, message(n), Code::kQuarantine);
        answers_->let_go();
    }
    EXPECT_TRUE(answers_->is_deaf(kPeer));
    answers_->forget(kPeer);
    EXPECT_FALSE(answers_->is_deaf(kPeer));
    EXPECT_FALSE(answers_->is_owed(kPeer));
}

}  // namespace
}  // namespace lapx::daemon
