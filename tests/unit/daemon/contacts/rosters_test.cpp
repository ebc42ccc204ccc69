// Rosters (protocol.md 3.10): who is verified by one, and what keeps it from verifying anybody.

#include "daemon/contacts/rosters.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::contacts {
namespace {

using schema::TrustState;
using test::kNow;

class RostersTest : public testing::Test {
  protected:
    RostersTest() {
        EXPECT_TRUE(contacts_.load());
        EXPECT_TRUE(add(acma_));
        EXPECT_TRUE(add(ftc_));
    }

    Result<Contacts::Changes> add(const test::TestAgency& agency) {
        return contacts_.admit(own_.agency, agency.card(), agency.notice(), kNow);
    }
    static schema::Card card_of(const test::TestAgency& agency) {
        return keys::open_card(agency.card())->card;
    }
    static std::string signed_by(const test::TestAgency& maker, const schema::Roster& roster) {
        return keys::sign_note(schema::print_roster(roster), maker.key_name("sign"), maker.sign);
    }
    // Made by the first of them.
    static schema::Roster of(const std::vector<const test::TestAgency*>& members) {
        schema::Roster out{members.front()->agency, "Call of 1 December", kNow, {}};
        for (const test::TestAgency* member : members) {
            out.members.push_back({member->agency, member->vkey("root")});
        }
        std::sort(out.members.begin(), out.members.end(),
                  [](const auto& a, const auto& b) { return a.agency < b.agency; });
        return out;
    }
    static std::string number_of(const std::string& note) { return open_roster(note)->number; }
    Result<RosterVerified> verify(const std::string& note) {
        return verify_roster(note, number_of(note), contacts_, card_, "op-1", kNow);
    }
    TrustState state(const test::TestAgency& agency) const {
        return contacts_.find(agency.agency)->state;
    }
    // It verifies nobody, and leaves everything as it was.
    void expect_refused(const std::string& note, Code code, const std::string& words = {}) {
        expect_refused(note, number_of(note), code, words);
    }
    void expect_refused(const std::string& note, const std::string& number, Code code,
                        const std::string& words = {}) {
        const auto before = database_.total_changes();
        const auto verified = verify_roster(note, number, contacts_, card_, "op-1", kNow);
        ASSERT_FALSE(verified);
        EXPECT_EQ(verified.error().code, code) << verified.error().context;
        EXPECT_NE(verified.error().context.find(words), std::string::npos)
            << verified.error().context;
        EXPECT_EQ(database_.total_changes(), before);
        EXPECT_NE(state(acma_), TrustState::kVerified);
        EXPECT_NE(state(ftc_), TrustState::kVerified);
    }

    test::TempDir folder_;
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    Contacts contacts_{database_};
    test::TestAgency own_{"opta.example", 1};
    test::TestAgency acma_{"acma.example", 2};
    test::TestAgency ftc_{"ftc.example", 3};
    test::TestAgency unknown_{"mic.example", 4};
    schema::Card card_ = card_of(own_);
};

TEST_F(RostersTest, VerifiesWhoeverIsOnItAndKnown) {
    const std::string note = signed_by(acma_, of({&acma_, &ftc_, &unknown_, &own_}));
    const auto verified = verify(note);
    ASSERT_TRUE(verified) << verified.error().context;
    ASSERT_EQ(verified->outcomes.size(), 3U) << "all but this agency";
    EXPECT_TRUE(verified->outcomes[0].now_verified);
    EXPECT_EQ(verified->outcomes[1].state, TrustState::kVerified);
    EXPECT_FALSE(verified->outcomes[2].state) << "no card of it is here";
    EXPECT_FALSE(verified->outcomes[2].now_verified);
    ASSERT_EQ(verified->changes.size(), 2U);
    EXPECT_EQ(verified->changes[0].what, decltype(verified->changes[0].what)(schema::TrustChange{
                                             acma_.agency, TrustState::kVerified}));
    EXPECT_EQ(contacts_.find(ftc_.agency)->state_by, "op-1");
    EXPECT_EQ(contacts_.find(unknown_.agency), nullptr);
    Contacts again(database_);
    ASSERT_TRUE(again.load());
    EXPECT_EQ(again.find(ftc_.agency)->state, TrustState::kVerified);
}

TEST_F(RostersTest, TheSameAgainChangesNothing) {
    const std::string note = signed_by(own_, of({&own_, &acma_}));
    ASSERT_EQ(verify(note)->changes.size(), 1U);
    const auto before = database_.total_changes();
    const auto again = verify(note);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->changes.empty());
    EXPECT_FALSE(again->outcomes[0].now_verified);
    EXPECT_EQ(again->outcomes[0].state, TrustState::kVerified);
    EXPECT_EQ(database_.total_changes(), before);
    EXPECT_EQ(state(ftc_), TrustState::kStranger) << "it is not on it";
}

TEST_F(RostersTest, AnotherNumberVerifiesNobody) {
    const std::string note = signed_by(acma_, of({&acma_, &ftc_, &own_}));
    std::string wrong = number_of(note);
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    expect_refused(note, wrong, Code::kRosterMismatch);
    expect_refused(note, "", Code::kRosterMismatch);
    schema::Roster renamed = of({&acma_, &ftc_, &own_});
    renamed.name += "!";
    expect_refused(signed_by(acma_, renamed), number_of(note), Code::kRosterMismatch);
}

TEST_F(RostersTest, OurOwnLineMustBeThereWithOurOwnRoot) {
    expect_refused(signed_by(acma_, of({&acma_, &ftc_})), Code::kRosterDiffers, "opta.example");
    const test::TestAgency mimic("opta.example", 9);
    expect_refused(signed_by(acma_, of({&acma_, &ftc_, &mimic})), Code::kRosterDiffers,
                   "opta.example");
}

TEST_F(RostersTest, AMemberWithAnotherRootThanHereVerifiesNobodyWhateverItsState) {
    const test::TestAgency mimic("ftc.example", 9);
    const std::string note = signed_by(acma_, of({&acma_, &mimic, &own_}));
    expect_refused(note, Code::kRosterDiffers, "ftc.example");
    ASSERT_TRUE(contacts_.suspend(ftc_.agency, "op-1", kNow));
    expect_refused(note, Code::kRosterDiffers, "ftc.example");
    ASSERT_TRUE(contacts_.revoke(ftc_.revocation(ftc_.vkey("root")), kNow));
    expect_refused(note, Code::kRosterDiffers, "ftc.example");
}

TEST_F(RostersTest, ManyDifferingMembersAreNotAllNamed) {
    std::vector<test::TestAgency> mimics;
    std::vector<const test::TestAgency*> members{&own_};
    for (std::uint64_t i = 0; i < 10; ++i) {
        const std::string name = "a" + std::to_string(i) + ".example";
        ASSERT_TRUE(add(test::TestAgency(name, 20 + i)));
        mimics.emplace_back(name, 50 + i);
    }
    for (const test::TestAgency& mimic : mimics) {
        members.push_back(&mimic);
    }
    expect_refused(signed_by(own_, of(members)), Code::kRosterDiffers, "a7.example; and 2 more");
}

TEST_F(RostersTest, CountsOnlyWithASignatureOfItsMaker) {
    const schema::Roster roster = of({&acma_, &ftc_, &own_});
    const std::string note = signed_by(acma_, roster);
    expect_refused(signed_by(ftc_, roster), Code::kSignatureInvalid);
    expect_refused(keys::sign_note(schema::print_roster(roster), acma_.key_name("sign"), ftc_.sign),
                   Code::kSignatureInvalid);
    expect_refused(
        keys::sign_note(schema::print_roster(roster), acma_.key_name("root"), acma_.root),
        Code::kSignatureInvalid);
    const std::string twice = *keys::add_signature(note, ftc_.key_name("sign"), ftc_.sign);
    expect_refused(twice, number_of(note), Code::kSignatureInvalid);
    expect_refused(signed_by(unknown_, of({&unknown_, &ftc_, &own_})), Code::kUnknownAgency,
                   "mic.example");
}

TEST_F(RostersTest, CountsUnderNoRevokedKeyOfOurOwn) {
    const std::string note = signed_by(own_, of({&own_, &acma_, &ftc_}));
    ASSERT_TRUE(contacts_.revoke_own(own_.revocation(own_.vkey("sign")),
                                     *keys::VerifierKey::parse(own_.vkey("root"))));
    expect_refused(note, Code::kSignatureInvalid);
}

TEST_F(RostersTest, WhoeverIsShutOutMakesNone) {
    const std::string note = signed_by(acma_, of({&acma_, &ftc_, &own_}));
    ASSERT_TRUE(contacts_.suspend(acma_.agency, "op-1", kNow));
    expect_refused(note, Code::kSuspended, "acma.example");
    ASSERT_TRUE(contacts_.revoke(acma_.revocation(acma_.vkey("root")), kNow));
    expect_refused(note, Code::kRevoked, "acma.example");
}

TEST_F(RostersTest, WhoeverIsShutOutStaysSo) {
    ASSERT_TRUE(contacts_.suspend(acma_.agency, "op-1", kNow));
    const test::TestAgency gone("gone.example", 7);
    ASSERT_TRUE(add(gone));
    ASSERT_TRUE(contacts_.revoke(gone.revocation(gone.vkey("root")), kNow));
    const auto verified = verify(signed_by(own_, of({&own_, &acma_, &ftc_, &gone})));
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->outcomes[0].state, TrustState::kSuspended);
    EXPECT_EQ(verified->outcomes[1].state, TrustState::kVerified);
    EXPECT_EQ(verified->outcomes[2].state, TrustState::kRevoked);
    EXPECT_EQ(verified->changes.size(), 1U);
}

TEST_F(RostersTest, VerifiesNobodyWhomContactVerifyWouldNot) {
    // The same connection key as another member, under another name.
    const test::TestAgency twin("twin.example", 2);
    ASSERT_TRUE(add(twin));
    ASSERT_TRUE(contacts_.show_key(acma_.agency, contacts_.find(acma_.agency)->notice->curve[0]));
    const auto verified = verify(signed_by(own_, of({&own_, &acma_, &twin})));
    ASSERT_TRUE(verified);
    ASSERT_EQ(verified->outcomes.size(), 2U);
    EXPECT_TRUE(verified->outcomes[0].now_verified);
    const auto alone =
        contacts_.verify(twin.agency, keys::safety_number(twin.vkey("root")), "op-1", kNow);
    EXPECT_EQ(verified->outcomes[1].now_verified, alone.has_value());
    EXPECT_EQ(verified->outcomes[1].refused,
              alone ? std::nullopt : std::optional(alone.error().code));
    EXPECT_EQ(verified->outcomes[1].state, state(twin));
}

TEST_F(RostersTest, AnyFlippedBitVerifiesNobody) {
    const std::string note = signed_by(acma_, of({&acma_, &ftc_, &own_}));
    const std::string number = number_of(note);
    for (std::size_t at = 0; at < note.size(); ++at) {
        for (const char bit : {1, 32}) {
            std::string flipped = note;
            flipped[at] = static_cast<char>(flipped[at] ^ bit);
            ASSERT_FALSE(verify_roster(flipped, number, contacts_, card_, "op-1", kNow)) << at;
        }
    }
    EXPECT_EQ(state(acma_), TrustState::kStranger);
    EXPECT_TRUE(verify(note));
}

TEST_F(RostersTest, IsMadeOfAllThatAreVerified) {
    ASSERT_TRUE(
        contacts_.verify(ftc_.agency, contacts_.find(ftc_.agency)->safety_number(), "op-1", kNow));
    const auto made = make_roster("Call", {}, contacts_, card_, kNow);
    ASSERT_TRUE(made);
    schema::Roster expected = of({&own_, &ftc_});
    expected.name = "Call";
    EXPECT_EQ(*made, expected);
    EXPECT_TRUE(schema::parse_roster(schema::print_roster(*made)));
}

TEST_F(RostersTest, IsMadeOfThoseNamedAndOneself) {
    const std::vector<Agency> names{ftc_.agency, acma_.agency, own_.agency, ftc_.agency};
    const auto made = make_roster("Call", names, contacts_, card_, kNow);
    ASSERT_TRUE(made);
    schema::Roster expected = of({&own_, &ftc_, &acma_});
    expected.name = "Call";
    EXPECT_EQ(*made, expected);
    ASSERT_TRUE(verify(signed_by(own_, *made)));
}

TEST_F(RostersTest, IsNotMadeOfWhoIsUnknownOrShutOutOrWithoutAName) {
    const auto code = [&](const char* name, const Agency& agency) {
        return make_roster(name, std::span(&agency, 1), contacts_, card_, kNow).error().code;
    };
    EXPECT_EQ(code("Call", unknown_.agency), Code::kUnknownAgency);
    EXPECT_EQ(code("", ftc_.agency), Code::kInvalidArgument);
    EXPECT_EQ(code("two\nlines", ftc_.agency), Code::kInvalidArgument);
    ASSERT_TRUE(contacts_.suspend(ftc_.agency, "op-1", kNow));
    EXPECT_EQ(code("Call", ftc_.agency), Code::kSuspended);
}

}  // namespace
}  // namespace lapx::contacts
