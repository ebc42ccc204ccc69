#include "daemon/relay_client.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/daemon/node/fake_transport.hpp"
#include "tests/unit/daemon/node/set_monotonic.hpp"

namespace lapx::daemon {
namespace {

using namespace std::chrono_literals;
using schema::RelayAnswerFrame;
using schema::RelayPutFrame;
using test::kNow;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The owner cannot be dialled, is away, and names two relays; only the first is connected.
class RelayClientTest : public testing::Test {
  protected:
    RelayClientTest() {
        EXPECT_TRUE(contacts_.load());
        owner_.endpoints = {};
        owner_.relays = {first_.agency, second_.agency};
        for (const test::TestAgency* agency : {&owner_, &first_, &second_}) {
            EXPECT_TRUE(contacts_.admit(us_, agency->card(), agency->notice(), kNow));
            EXPECT_TRUE(contacts_.verify(
                agency->agency, contacts_.find(agency->agency)->safety_number(), "op-1", kNow));
        }
        conversations_[first_.agency].greeted = true;
        transport_.room = 10'000;
    }
    // Messages that wait for the owner, the first with this number.
    void queue(std::uint16_t first, std::uint16_t count) {
        auto transaction = store::Transaction::begin(database_);
        for (std::uint16_t n = first; n < first + count; ++n) {
            const delivery::Message message{.seq = 0,
                                            .agency = us_,
                                            .id = id(n),
                                            .referral = {},
                                            .peer = owner_.agency,
                                            .desk = "spam",
                                            .act = schema::Act::kRefer,
                                            .cover = {},
                                            .created = kNow,
                                            .expires = kNow + std::chrono::days(1),
                                            .state = delivery::State::kSent,
                                            .changed = kNow,
                                            .outcome = {},
                                            .leaf = n};
            const std::int64_t seq = *delivery_.add(message, as_bytes("the cover"), {});
            ASSERT_TRUE(database_.run(
                "INSERT INTO outbox(message, peer, sealed, size, "
                "next_attempt) VALUES(?, ?, x'00', 5, ?)",
                seq, std::string_view(owner_.agency.text()), kNow.time_since_epoch().count()));
        }
        ASSERT_TRUE(transaction->commit());
    }
    static MessageId id(std::uint16_t n) { return MessageId{uuid7(1'795'000'000'000U + n, {})}; }
    // What a tick sends to relays.
    std::vector<RelayPutFrame> tick() {
        transport_.sent.clear();
        EXPECT_TRUE(client_.tick());
        client_.let_go();
        return transport_.frames<RelayPutFrame>();
    }
    // Likewise, `later`; and the relay that it went to says this of each.
    std::vector<RelayPutFrame> tick_answered(std::optional<Code> refused,
                                             loop::Duration later = 0s) {
        monotonic_.instant += later;
        auto put = tick();
        for (const auto& one : std::exchange(transport_.sent, {})) {
            if (const auto* frame = std::get_if<RelayPutFrame>(&one.frame)) {
                EXPECT_TRUE(*client_.take(one.to, RelayAnswerFrame{frame->deposit, refused}));
            }
        }
        client_.let_go();
        return put;
    }
    // How long it took each time until something was deposited; each look is 5 s after the last.
    static std::vector<loop::Duration> waits_until(const std::function<bool()>& look) {
        loop::Duration waited = 0s;
        std::vector<loop::Duration> waits;
        while (waits.size() < 12) {
            waited += 5s;
            if (look()) {
                waits.push_back(std::exchange(waited, 0s));
            }
        }
        return waits;
    }
    // An answer for the owner is to go by its relays.
    void answer() {
        conversations_[second_.agency];
        client_.took(second_.agency, schema::DepositId{id(999).bytes},
                     TakenFile{owner_.agency,
                               "parcel",
                               owner_.agency,
                               {},
                               {},
                               std::make_shared<const Bytes>(Bytes(1'000)),
                               true});
    }

    test::TempDir folder_;
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    contacts::Contacts contacts_{database_};
    test::SeededRandom random_{3};
    keys::MasterKey master_ = keys::MasterKey::generate(random_);
    delivery::Delivery delivery_{database_, master_, random_};
    test::ManualClock clock_{to_string(kNow)};
    test::SetMonotonic monotonic_;
    test::FakeTransport transport_;
    Conversations conversations_;
    config::Relay config_;
    const Agency us_ = *Agency::parse("opta.example");
    schema::Notice notice_{.agency = us_,
                           .serial = 1,
                           .not_before = kNow,
                           .expires = kNow,
                           .curve = {},
                           .endpoints = {},
                           .relays = {},
                           .zone = "UTC",
                           .desks = {}};
    test::TestAgency owner_{"acma.example", 2};
    test::TestAgency first_{"first.example", 3};
    test::TestAgency second_{"second.example", 4};
    std::size_t size_ = 10'000;  // of a file
    RelayClient client_{{us_, notice_, contacts_, conversations_, config_, delivery_, transport_,
                         clock_, monotonic_, random_},
                        [this](const delivery::Message&) -> Result<SealedFile> {
                            return std::make_shared<const Bytes>(Bytes(size_));
                        },
                        [](const contacts::Contact&) -> Result<SealedFile> {
                            return std::make_shared<const Bytes>(Bytes(8'192));
                        },
                        [](const Agency&, std::string_view) {}};
};

TEST_F(RelayClientTest, WhatIsKeptDoesNotStandInTheWayOfWhatIsNew) {
    constexpr std::uint16_t kKept = 2'100;
    queue(0, kKept);
    for (std::size_t kept = 0; kept < kKept;) {
        const std::size_t more = tick_answered(std::nullopt).size();
        ASSERT_GT(more, 0U);
        kept += more;
    }
    tick();
    queue(kKept, 1);
    monotonic_.instant += 5s;
    std::vector<RelayPutFrame> put;
    for (int i = 0; i < 5 && put.empty(); ++i) {
        put = tick();
    }
    ASSERT_THAT(put, SizeIs(1));
    EXPECT_EQ(put.front().deposit.bytes, id(kKept).bytes);
}

TEST_F(RelayClientTest, ARenewedNoticeGoesBeforeWhatWaitsAndAgainAfterADay) {
    queue(0, 1);
    EXPECT_THAT(tick_answered(std::nullopt), SizeIs(1)) << "the first notice went by hand";
    notice_.serial = 2;
    queue(1, 1);
    const auto put = tick_answered(std::nullopt, 5s);
    ASSERT_THAT(put, SizeIs(2));
    const schema::DepositId papers = put.front().deposit;
    EXPECT_EQ(put.back().deposit.bytes, id(1).bytes);
    EXPECT_THAT(tick_answered(std::nullopt, 5s), IsEmpty());
    std::vector<schema::DepositId> again;
    for (const RelayPutFrame& one : tick_answered(std::nullopt, 24h)) {
        again.push_back(one.deposit);
    }
    EXPECT_THAT(again, testing::Contains(papers)) << "so that a relay that has it keeps it once";
    notice_.serial = 3;
    conversations_[owner_.agency].greeted = true;
    client_.greeted(owner_.agency);  // over the connection it is told
    conversations_[owner_.agency].greeted = false;
    client_.disconnected(owner_.agency);
    EXPECT_THAT(
        tick_answered(std::nullopt, 5s),
        testing::Not(testing::Contains(testing::Field(&RelayPutFrame::sealed, SizeIs(8'192)))));
}

TEST_F(RelayClientTest, ANoticeThatARelayDoesNotTakeGoesToAnother) {
    notice_.serial = 2;
    conversations_[second_.agency].greeted = true;
    const auto put = tick_answered(Code::kQuota);
    ASSERT_THAT(put, SizeIs(1));
    const auto again = transport_.frames<RelayPutFrame>();
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again.front().deposit, put.front().deposit);
    EXPECT_EQ(transport_.sent.back().to, second_.agency);
    EXPECT_TRUE(*client_.take(second_.agency, RelayAnswerFrame{put.front().deposit, std::nullopt}));
    EXPECT_THAT(tick_answered(std::nullopt, 5min), IsEmpty());
}

TEST_F(RelayClientTest, WhatIsDepositedDoesNotSpendTheQuotaOfARelayThatHasAllOfIt) {
    std::uint16_t queued = 0;
    for (const std::size_t size : {10U, 9'000U, 16'300U, 200'000U}) {
        size_ = size;
        queue(std::exchange(queued, queued + 1'000), 1'000);
        Quota quota;  // of which little is left
        for (std::int64_t i = 32; i < schema::kQuota; ++i) {
            quota.charge(0, monotonic_.instant);
        }
        std::size_t deposited = 0;
        for (int i = 0; i < 40; ++i) {
            for (const RelayPutFrame& one : tick_answered(std::nullopt, 250ms)) {
                quota.charge(schema::encode_frame(one).size(), monotonic_.instant);
                ++deposited;
            }
        }
        EXPECT_GE(deposited, 40U) << size;
        EXPECT_FALSE(quota.is_spent()) << size;
    }
}

TEST_F(RelayClientTest, WhatIsKeptIsNotDepositedAgainForWantOfRoomToRememberMore) {
    constexpr std::uint16_t kRemembered = 10'000;
    const auto due_after = [this](std::chrono::seconds wait) {
        ASSERT_TRUE(database_.run("UPDATE outbox SET next_attempt = ? WHERE message = 1",
                                  (kNow + wait).time_since_epoch().count()));
    };
    size_ = 10;
    transport_.room = 2 * kRemembered;
    queue(0, kRemembered + 1);
    due_after(10min);
    for (std::size_t kept = 0; kept < kRemembered;) {
        const std::size_t more = tick_answered(std::nullopt).size();
        ASSERT_GT(more, 0U);
        kept += more;
    }
    due_after(0s);
    for (int i = 0; i < 3; ++i) {
        monotonic_.instant += 5s;
        for (int j = 0; j < 25; ++j) {
            EXPECT_EQ(tick_answered(std::nullopt).size(), 0U);
        }
    }
    client_.settled(owner_.agency, 2);
    ASSERT_TRUE(database_.run("DELETE FROM outbox WHERE message = 2"));
    EXPECT_THAT(tick_answered(std::nullopt, 5s), SizeIs(1));
}

TEST_F(RelayClientTest, WhatARelayDoesNotTakeInIsOfferedAgainAtTheNextTick) {
    queue(0, 3);
    transport_.room = 1;
    EXPECT_THAT(tick(), SizeIs(1));
    EXPECT_THAT(tick(), IsEmpty());
    queue(3, 1);
    transport_.room = 10'000;
    const auto rest = tick();
    ASSERT_THAT(rest, SizeIs(testing::Ge(2U)));
    EXPECT_EQ(rest[0].deposit.bytes, id(1).bytes);
    EXPECT_EQ(rest[1].deposit.bytes, id(2).bytes);
}

TEST_F(RelayClientTest, NothingButDepositsWaitsForARelayToTakeItIn) {
    transport_.room = 0;
    for (std::uint16_t n = 0; n < 100; ++n) {
        client_.took(first_.agency, schema::DepositId{id(n).bytes}, std::nullopt);
        client_.let_go();
    }
    transport_.room = 10'000;
    tick();
    EXPECT_EQ(transport_.sent.size(), 0U);
}

TEST_F(RelayClientTest, ARelayThatHasNoRoomIsAskedAgainAfterAWhileThatGrows) {
    queue(0, 1);
    EXPECT_THAT(tick_answered(Code::kQuota), SizeIs(1));
    const auto waits = waits_until([this] { return !tick_answered(Code::kQuota, 5s).empty(); });
    EXPECT_LE(waits.front(), 5s);
    EXPECT_GT(waits[6], 60s);
    EXPECT_GT(waits.back(), 600s);
    EXPECT_LE(*std::max_element(waits.begin(), waits.end()), 905s);
}

TEST_F(RelayClientTest, ARelayThatNeverAnswersIsAskedAgainAfterAWhileThatGrows) {
    const auto expect_growing_waits = [this] {
        EXPECT_THAT(tick(), SizeIs(1));
        const auto waits = waits_until([this] {
            monotonic_.instant += 5s;
            return !tick().empty();
        });
        EXPECT_GE(waits.front(), 60s);
        EXPECT_LE(waits.front(), 75s);
        EXPECT_GT(waits.back(), 660s);
        EXPECT_LE(*std::max_element(waits.begin(), waits.end()), 970s);
    };
    queue(0, 1);
    expect_growing_waits();
    client_.disconnected(first_.agency);
    client_.settled(owner_.agency, 1);
    ASSERT_TRUE(database_.run("DELETE FROM outbox"));
    client_.greeted(owner_.agency);
    answer();
    expect_growing_waits();
}

TEST_F(RelayClientTest, WhatARelayDoesNotAnswerGoesToTheOther) {
    queue(0, 1);
    answer();
    EXPECT_THAT(tick(), SizeIs(2));
    conversations_[second_.agency].greeted = true;
    monotonic_.instant += 65s;
    EXPECT_THAT(tick(), SizeIs(2));
    for (const auto& one : transport_.sent) {
        EXPECT_EQ(one.to, second_.agency);
    }
}

TEST_F(RelayClientTest, OnlyARelayThatTakesNothingNowIsNamedForWhatWasNotOffered) {
    queue(0, 100);
    tick_answered(Code::kQuota);
    ASSERT_TRUE(client_.deposited(owner_.agency, 100));
    monotonic_.instant += 5s;
    EXPECT_FALSE(client_.deposited(owner_.agency, 100));
    tick_answered(Code::kQuota);
    ASSERT_TRUE(client_.deposited(owner_.agency, 100));
    client_.greeted(owner_.agency);
    client_.disconnected(owner_.agency);
    EXPECT_FALSE(client_.deposited(owner_.agency, 100));
}

TEST_F(RelayClientTest, WhileARelayHasNoRoomNothingElseIsOfferedToItAndThatShows) {
    queue(0, 100);
    const std::size_t offered = tick_answered(Code::kQuota).size();
    EXPECT_EQ(tick().size(), 0U);
    EXPECT_LT(offered, 100U);
    const auto last = client_.deposited(owner_.agency, 100);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->code, Code::kQuota);
    conversations_[second_.agency].greeted = true;
    ASSERT_GT(tick().size(), 0U);
    EXPECT_EQ(transport_.sent.front().to, second_.agency);
}

TEST_F(RelayClientTest, AnAnswerThatNoRelayTookGoesToTheFirstThatCanBeUsed) {
    conversations_[first_.agency].greeted = false;
    answer();
    EXPECT_THAT(tick(), IsEmpty());
    conversations_[first_.agency].greeted = true;
    monotonic_.instant += 5s;
    ASSERT_THAT(tick(), SizeIs(1));
    EXPECT_EQ(transport_.sent.front().to, first_.agency);
}

TEST_F(RelayClientTest, AnAnswerIsDepositedUntilARelayKeepsIt) {
    answer();
    EXPECT_THAT(tick_answered(Code::kQuota), SizeIs(1));
    EXPECT_THAT(tick_answered(Code::kQuota, 10s), SizeIs(1));
    client_.disconnected(first_.agency);
    EXPECT_THAT(tick_answered(std::nullopt, 10s), SizeIs(1));
    EXPECT_THAT(tick_answered(std::nullopt, 1h), IsEmpty());
}

TEST_F(RelayClientTest, AnAnswerWhoseTimeIsOverForARelayIsForgotten) {
    answer();
    EXPECT_THAT(tick_answered(Code::kExpired), SizeIs(1));
    EXPECT_THAT(tick_answered(Code::kExpired), IsEmpty());
    EXPECT_THAT(tick_answered(Code::kExpired, 1h), IsEmpty());
}

TEST_F(RelayClientTest, AnAnswerIsLeftToTheConnectionOnceThereIsOne) {
    answer();
    EXPECT_THAT(tick_answered(Code::kQuota), SizeIs(1));
    conversations_[owner_.agency].greeted = true;
    EXPECT_THAT(tick_answered(Code::kQuota, 10s), IsEmpty());
    conversations_[owner_.agency].greeted = false;
    EXPECT_THAT(tick_answered(Code::kQuota, 10s), IsEmpty());
}

TEST_F(RelayClientTest, WhatWasLostOnTheWayIsDepositedAgainAtOnceAndWhatIsKeptIsNot) {
    queue(0, 1);
    EXPECT_THAT(tick(), SizeIs(1));
    client_.disconnected(first_.agency);
    EXPECT_THAT(tick_answered(std::nullopt, 5s), SizeIs(1));
    client_.disconnected(first_.agency);
    EXPECT_THAT(tick_answered(std::nullopt, 5s), IsEmpty());
    EXPECT_THAT(tick_answered(std::nullopt, 1h), SizeIs(1));
}

}  // namespace
}  // namespace lapx::daemon
