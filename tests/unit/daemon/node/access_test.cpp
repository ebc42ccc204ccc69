#include "daemon/access.hpp"

#include <gtest/gtest.h>

#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::daemon {
namespace {

using config::Role;

config::Operator person(const char* id, std::vector<Role> roles, std::vector<std::string> desks) {
    return {.id = id,
            .name = id,
            .position = "-",
            .roles = std::move(roles),
            .desks = std::move(desks)};
}

class Officers : public testing::Test {
  protected:
    Officers() {
        config_.operators = {
            person("a.clerk", {Role::kClerk}, {"spam"}), person("b.boss", {Role::kApprover}, {"*"}),
            person("c.audit", {Role::kAuditor}, {}), person("d.fraud", {Role::kClerk}, {"fraud"})};
        draft_ = test::sample_draft(*Desk::parse("spam@opta.example"), {b_.desk()}, random_);
        EXPECT_TRUE(cases_.save({.seq = 0,
                                 .state = cases::State::kDraft,
                                 .drafter = "a.clerk",
                                 .changed = test::kNow,
                                 .draft = draft_,
                                 .approval = {},
                                 .returned = {}}));
    }
    Result<std::vector<std::string>> from(const std::vector<std::string>& names) {
        return officers_from(names, config_, cases_, draft_.id);
    }

    test::TempDir folder_;
    test::SeededRandom random_{5};
    test::TestAgency b_{"acma.example", 2};
    keys::MasterKey master_ = keys::MasterKey::generate(random_);
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    cases::Cases cases_{database_, master_, random_};
    config::Config config_{.agency = *Agency::parse("opta.example")};
    model::Draft draft_ = test::sample_draft(b_.desk(), {}, random_);
};

TEST_F(Officers, AreGivenOnceAndAscending) {
    EXPECT_EQ(from({"b.boss", "a.clerk", "b.boss"}).value(),
              (std::vector<std::string>{"a.clerk", "b.boss"}));
    EXPECT_EQ(from({"c.audit", "b.boss"})->size(), 2U);
}

TEST_F(Officers, MustBeOperators) {
    EXPECT_EQ(from({"b.boss", "nobody"}).error().code, Code::kUnknownOperator);
}

TEST_F(Officers, MustSeeTheReferralByTheirDesk) {
    EXPECT_EQ(from({"b.boss", "d.fraud"}).error().code, Code::kInvalidArgument);
}

TEST_F(Officers, MayBeThoseWhomTheRestrictionOfNowShutsOut) {
    ASSERT_TRUE(cases_.restrict(draft_.id, {"a.clerk"}));
    EXPECT_TRUE(from({"b.boss"}));
}

TEST_F(Officers, CannotAllBePeopleWhoCannotGoOnWorking) {
    EXPECT_EQ(from({"c.audit"}).error().code, Code::kInvalidArgument);
    EXPECT_EQ(from({}).error().code, Code::kInvalidArgument);
}

TEST_F(Officers, WithoutDesksOfTheirOwnSeeEveryDesk) {
    EXPECT_EQ(viewer_of(config_.operators[2]).desks, std::vector<std::string>{"*"});
    EXPECT_EQ(viewer_of(config_.operators[0]).desks, std::vector<std::string>{"spam"});
}

TEST_F(Officers, HideSomethingFromEachOtherOrBehindADesk) {
    EXPECT_TRUE(hides_something(config_));
    config_.operators = {person("a.clerk", {Role::kClerk}, {"spam"})};
    EXPECT_TRUE(hides_something(config_));
    config_.operators = {person("b.boss", {Role::kApprover}, {"*"})};
    EXPECT_FALSE(hides_something(config_));
}

}  // namespace
}  // namespace lapx::daemon
