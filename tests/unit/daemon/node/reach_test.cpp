#include "daemon/reach.hpp"

#include <gtest/gtest.h>

#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/daemon/node/fake_transport.hpp"
#include "tests/unit/daemon/node/set_monotonic.hpp"

namespace lapx::daemon {
namespace {

using schema::ReachAnswerFrame;
using schema::Reached;
using schema::ReachedEndpoint;
using schema::ReachRequestFrame;
using test::kNow;

class ReachTest : public testing::Test {
  protected:
    ReachTest() {
        EXPECT_TRUE(contacts_.load());
        EXPECT_TRUE(contacts_.admit(*Agency::parse("opta.example"), acma_.card(), acma_.notice(),
                                    clock_.seconds()));
        endpoints_ = contacts_.find(acma_.agency)->notice->notice.endpoints;
    }
    void request(std::uint64_t ask) { reach_.take(acma_.agency, ReachRequestFrame{ask}); }
    ReachAnswerFrame answered() { return std::get<ReachAnswerFrame>(transport_.sent.back().frame); }
    void ask() {
        outcome_.reset();
        reach_.ask(acma_.agency, [this](auto found) { outcome_ = std::move(found); });
    }

    test::TempDir folder_;
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    contacts::Contacts contacts_{database_};
    test::TestAgency acma_{"acma.example", 2};
    test::ManualClock clock_{to_string(kNow)};
    test::SetMonotonic monotonic_;
    test::FakeTransport transport_;
    Conversations conversations_;
    Reach reach_{contacts_, transport_, conversations_, clock_, monotonic_};
    std::vector<std::string> endpoints_;
    std::optional<Result<std::vector<ReachedEndpoint>>> outcome_;
};

TEST_F(ReachTest, APeerIsDialledWhereItsNoticeSaysAndToldWhatWasFound) {
    ASSERT_FALSE(endpoints_.empty());
    request(7);
    ASSERT_EQ(transport_.probed, (std::vector<std::vector<std::string>>{endpoints_}));
    transport_.found(std::vector(endpoints_.size(), Reached::kTimedOut));
    EXPECT_EQ(answered().ask, 7U);
    ASSERT_EQ(answered().endpoints.size(), endpoints_.size());
    EXPECT_EQ(answered().endpoints.front(),
              (ReachedEndpoint{endpoints_.front(), Reached::kTimedOut}));
}

TEST_F(ReachTest, NobodyIsDialledTwiceAtATimeNorMoreThanSixTimesAnHour) {
    request(1);
    request(2);
    EXPECT_EQ(transport_.probed.size(), 1U);
    EXPECT_EQ(answered(), (ReachAnswerFrame{2, {}}));
    for (std::uint64_t ask = 3; ask < 40; ++ask) {
        transport_.found(std::vector(endpoints_.size(), Reached::kYes));
        request(ask);
    }
    EXPECT_EQ(transport_.probed.size(), 6U);
    monotonic_.instant += std::chrono::minutes(61);
    request(41);
    EXPECT_EQ(transport_.probed.size(), 7U);
}

TEST_F(ReachTest, WithoutANoticeInForceNobodyIsDialled) {
    clock_.advance(std::chrono::days(80));
    request(1);
    EXPECT_TRUE(transport_.probed.empty());
    EXPECT_EQ(answered(), (ReachAnswerFrame{1, {}}));
}

TEST_F(ReachTest, OnlyTheAnswerToTheQuestionCounts) {
    ask();
    const auto asked = std::get<ReachRequestFrame>(transport_.sent.back().frame).ask;
    const std::vector<ReachedEndpoint> found{{"tcp://192.0.2.7:1", Reached::kYes}};
    reach_.take(acma_.agency, ReachAnswerFrame{asked + 1, found});
    reach_.take(*Agency::parse("other.example"), ReachAnswerFrame{asked, found});
    EXPECT_FALSE(outcome_);
    reach_.take(acma_.agency, ReachAnswerFrame{asked, found});
    ASSERT_TRUE(outcome_ && *outcome_);
    EXPECT_EQ(**outcome_, found);
    outcome_.reset();
    reach_.take(acma_.agency, ReachAnswerFrame{asked, found});
    EXPECT_FALSE(outcome_);
}

TEST_F(ReachTest, SomebodyWhoIsAwayOrDoesNotAnswerIsGivenUp) {
    transport_.connected = false;
    ask();
    EXPECT_EQ(outcome_->error().code, Code::kPeerUnreachable);
    transport_.connected = true;
    ask();
    EXPECT_FALSE(outcome_);
    std::optional<Code> second;
    reach_.ask(acma_.agency, [&](const auto& found) { second = found.error().code; });
    EXPECT_EQ(second, Code::kWrongState);
    reach_.tick();
    EXPECT_FALSE(outcome_);
    monotonic_.instant += std::chrono::minutes(1);
    reach_.tick();
    ASSERT_TRUE(outcome_);
    EXPECT_EQ(outcome_->error().code, Code::kTimeout);
}

}  // namespace
}  // namespace lapx::daemon
