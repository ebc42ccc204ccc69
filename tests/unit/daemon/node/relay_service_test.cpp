#include "daemon/relay_service.hpp"

#include <gmock/gmock.h>

#include "tests/support/fixtures.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"
#include "tests/unit/daemon/node/fake_transport.hpp"
#include "tests/unit/daemon/node/set_monotonic.hpp"

namespace lapx::daemon {
namespace {

using schema::RelayAnswerFrame;
using schema::RelayPutFrame;
using test::kNow;
using testing::ElementsAre;

class RelayServiceTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(agency_.open());
        ASSERT_TRUE(agency_.add(1));  // there is no checkpoint of nothing
        contacts_.emplace(*agency_.database);
        ASSERT_TRUE(contacts_->load());
        ASSERT_TRUE(contacts_->admit(us_, owner_.card(), owner_.notice(), kNow));
        ASSERT_TRUE(contacts_->verify(
            owner_.agency, contacts_->find(owner_.agency)->safety_number(), "op-1", kNow));
        config_.owners = {owner_.agency};
        relay_.emplace(*agency_.database, config_);
        round_.emplace(*agency_.database, *agency_.log);
        service_.emplace(RelayServiceParts{*contacts_, conversations_, *relay_, *round_, transport_,
                                           agency_.clock, monotonic_},
                         [](const Agency&, std::string_view) {});
    }
    static RelayPutFrame file(const Agency& owner, std::uint16_t number) {
        return {owner, schema::DepositId{uuid7(1'795'000'000'000U + number, {})},
                kNow + std::chrono::days(30), Bytes(10)};
    }
    void finish() {
        const auto outcome = round_->finish([](const auto&) { return Result<void>(); });
        ASSERT_TRUE(outcome);
        *outcome == RoundOutcome::kNeverHappened ? service_->give_up() : service_->let_go();
    }

    ledger::Agency1 agency_;
    const Agency us_ = *Agency::parse("opta.nl");
    const Agency depositor_ = *Agency::parse("crtc.example");
    test::TestAgency owner_{"acma.example", 2};
    test::SetMonotonic monotonic_;
    test::FakeTransport transport_;
    Conversations conversations_;
    config::Relay config_;
    std::optional<contacts::Contacts> contacts_;
    std::optional<relay::Relay> relay_;
    std::optional<Round> round_;
    std::optional<RelayService> service_;
};

TEST_F(RelayServiceTest, ADepositForSomebodyInventedLeavesNothingBehind) {
    for (std::uint16_t i = 0; i < 3; ++i) {
        const Agency nobody = *Agency::parse("nobody" + std::to_string(i) + ".example");
        EXPECT_FALSE(*service_->take(depositor_, file(nobody, i)));
    }
    finish();
    for (const RelayAnswerFrame& answer : transport_.frames<RelayAnswerFrame>()) {
        EXPECT_EQ(answer.refused, Code::kUnknownAgency);
    }
    EXPECT_TRUE(conversations_.empty());
    EXPECT_EQ(relay_->total()->files, 0U);
}

TEST_F(RelayServiceTest, ADepositOfARoundThatNeverHappenedIsAnsweredAndKeptTheNextTime) {
    agency_.faults.set({Code::kDiskFull});
    EXPECT_TRUE(*service_->take(depositor_, file(owner_.agency, 1)));
    finish();
    EXPECT_TRUE(*service_->take(depositor_, file(owner_.agency, 1)));
    finish();
    EXPECT_THAT(transport_.frames<RelayAnswerFrame>(),
                ElementsAre(RelayAnswerFrame{file(owner_.agency, 1).deposit, Code::kDiskFull},
                            RelayAnswerFrame{file(owner_.agency, 1).deposit, {}}));
}

TEST_F(RelayServiceTest, WhatIsDepositedGoesToAnOwnerThatAskedForMoreAndNotToOneThatIsGone) {
    EXPECT_FALSE(*service_->take(owner_.agency, schema::RelayFetchFrame{{}, 8}));
    EXPECT_TRUE(*service_->take(depositor_, file(owner_.agency, 1)));
    finish();
    EXPECT_EQ(transport_.frames<schema::RelayItemFrame>().size(), 1U);
    service_->disconnected(owner_.agency);
    EXPECT_TRUE(*service_->take(depositor_, file(owner_.agency, 2)));
    finish();
    EXPECT_EQ(transport_.frames<schema::RelayItemFrame>().size(), 1U);
}

TEST_F(RelayServiceTest, WhatIsDepositedAndFetchedInOneRoundLeavesOnceItIsDurable) {
    agency_.faults.set({Code::kDiskFull});
    EXPECT_TRUE(*service_->take(depositor_, file(owner_.agency, 1)));
    EXPECT_TRUE(*service_->take(owner_.agency, schema::RelayFetchFrame{{}, 8}));
    finish();
    EXPECT_EQ(transport_.frames<schema::RelayItemFrame>().size(), 0U);
    EXPECT_TRUE(*service_->take(depositor_, file(owner_.agency, 1)));
    EXPECT_TRUE(service_->take(owner_.agency, schema::RelayFetchFrame{{}, 8}));
    EXPECT_EQ(transport_.frames<schema::RelayItemFrame>().size(), 0U);
    finish();
    EXPECT_EQ(transport_.frames<schema::RelayItemFrame>().size(), 1U);
}

TEST_F(RelayServiceTest, WhoFetchesOftenInOneRoundIsGivenNoMoreThanOnce) {
    for (std::uint16_t i = 0; i < 10; ++i) {
        EXPECT_TRUE(*service_->take(depositor_, file(owner_.agency, i)));
    }
    finish();
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(service_->take(owner_.agency, schema::RelayFetchFrame{{}, 8}));
    }
    finish();
    EXPECT_EQ(transport_.frames<schema::RelayItemFrame>().size(), 8U);
}

}  // namespace
}  // namespace lapx::daemon
