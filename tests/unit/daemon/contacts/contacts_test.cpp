#include "daemon/contacts/contacts.hpp"

#include <gtest/gtest.h>

#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::contacts {
namespace {

using schema::TrustState;
using test::kNow;

class ContactsTest : public testing::Test {
  protected:
    ContactsTest() { EXPECT_TRUE(contacts_.load()); }
    Result<Contacts::Changes> add(const test::TestAgency& agency) {
        return contacts_.admit(self_, agency.card(), agency.notice(), kNow);
    }
    Code sealing_refused(const Desk& desk, Time now = kNow) {
        const auto recipient = contacts_.recipient(desk, now);
        return recipient ? Code::kInternal : recipient.error().code;
    }

    // Who publishes a key that somebody connects with, each key after the other.
    std::vector<Agency> connectable(Time now) {
        std::vector<Agency> out;
        for (const auto& [key, claims] : contacts_.connection_keys(now)) {
            for (const Contact* contact : claims.by) {
                out.push_back(contact->agency());
            }
        }
        return out;
    }
    std::string number(const test::TestAgency& agency) {
        return contacts_.find(agency.agency)->safety_number();
    }

    test::TempDir folder_;
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    Contacts contacts_{database_};
    Agency self_ = *Agency::parse("opta.example");
    test::TestAgency acma_{"acma.example", 2};
};

TEST_F(ContactsTest, ANewAgencyIsAStrangerAndNothingIsSealedToIt) {
    const auto changes = add(acma_);
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->size(), 2U);
    EXPECT_EQ(contacts_.find(acma_.agency)->state, TrustState::kStranger);
    EXPECT_EQ(sealing_refused(acma_.desk()), Code::kNotVerified);
}

TEST_F(ContactsTest, TheSameCardAgainChangesNothing) {
    ASSERT_TRUE(add(acma_));
    EXPECT_TRUE(add(acma_)->empty());
}

TEST_F(ContactsTest, VerifyingNeedsTheRightSafetyNumber) {
    ASSERT_TRUE(add(acma_));
    const std::string number = contacts_.find(acma_.agency)->safety_number();
    std::string wrong = number;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    EXPECT_EQ(contacts_.verify(acma_.agency, wrong, "op-1", kNow).error().code,
              Code::kSafetyNumberMismatch);
    EXPECT_EQ(contacts_.find(acma_.agency)->state, TrustState::kStranger);
    ASSERT_TRUE(contacts_.verify(acma_.agency, number, "op-1", kNow));
    EXPECT_EQ(contacts_.recipient(acma_.desk(), kNow)->text(), acma_.spam_desk.recipient().text());
}

TEST_F(ContactsTest, AConnectionKeyThatSeveralPublishCountsForTheTrustedOneUntilItIsShown) {
    const test::TestAgency mimic{"aaa.example", 2};
    ASSERT_TRUE(add(mimic));
    ASSERT_TRUE(add(acma_));
    EXPECT_EQ(connectable(kNow), (std::vector{mimic.agency, acma_.agency}));
    ASSERT_TRUE(contacts_.verify(acma_.agency, number(acma_), "op-1", kNow));
    EXPECT_EQ(connectable(kNow), (std::vector{acma_.agency, mimic.agency}));
    EXPECT_FALSE(contacts_.connection_keys(kNow).begin()->second.shown);
}

TEST_F(ContactsTest, AConnectionKeyIsThatOfWhoHasShownItWhoeverElsePublishesIt) {
    const test::TestAgency mimic{"aaa.example", 2};
    ASSERT_TRUE(add(acma_));
    ASSERT_TRUE(add(mimic));
    ASSERT_TRUE(contacts_.verify(mimic.agency, number(mimic), "op-1", kNow));
    const keys::CurvePublicKey key = contacts_.find(acma_.agency)->notice->curve.front();
    EXPECT_FALSE(contacts_.show_key(self_, key)) << "nobody whom we know";
    EXPECT_FALSE(contacts_.show_key(acma_.agency, {})) << "no key of its notice";
    EXPECT_TRUE(contacts_.show_key(acma_.agency, key));
    EXPECT_FALSE(contacts_.show_key(acma_.agency, key)) << "that is known";
    const auto claims = contacts_.connection_keys(kNow).at(key);
    EXPECT_TRUE(claims.shown);
    EXPECT_EQ(claims.by.front()->agency(), acma_.agency);
    // A round that fails takes nothing of it back; nor does what is taken from a stranger.
    ASSERT_TRUE(contacts_.load());
    EXPECT_TRUE(contacts_.connection_keys(kNow).at(key).shown);
}

TEST_F(ContactsTest, AKeyThatATrustedAgencyHasShownIsRefusedInANoticeOfAnother) {
    const test::TestAgency mimic{"aaa.example", 2};
    ASSERT_TRUE(add(acma_));
    ASSERT_TRUE(contacts_.verify(acma_.agency, number(acma_), "op-1", kNow));
    contacts_.show_key(acma_.agency, contacts_.find(acma_.agency)->notice->curve.front());
    EXPECT_EQ(add(mimic).error().code, Code::kKeyInvalid);
    ASSERT_TRUE(contacts_.suspend(acma_.agency, "op-1", kNow));
    ASSERT_TRUE(add(mimic));
    ASSERT_TRUE(contacts_.verify(acma_.agency, number(acma_), "op-1", kNow));
    EXPECT_EQ(contacts_.verify(mimic.agency, number(mimic), "op-1", kNow).error().code,
              Code::kKeyInvalid);
}

class VerifiedContact : public ContactsTest {
  protected:
    VerifiedContact() {
        EXPECT_TRUE(add(acma_));
        EXPECT_TRUE(contacts_.verify(acma_.agency, contacts_.find(acma_.agency)->safety_number(),
                                     "op-1", kNow));
    }
};

TEST_F(VerifiedContact, SurvivesARestart) {
    Contacts again(database_);
    ASSERT_TRUE(again.load());
    EXPECT_EQ(again.find(acma_.agency)->state, TrustState::kVerified);
    EXPECT_EQ(again.find(acma_.agency)->state_by, "op-1");
    EXPECT_TRUE(again.recipient(acma_.desk(), kNow));
}

TEST_F(VerifiedContact, MayHoldTheCheckpointsOfTheLast16FilesThatItDidNotCosignYet) {
    for (std::uint64_t size = 1; size <= 20; ++size) {
        ASSERT_TRUE(contacts_.add_shown(acma_.agency, size));
    }
    ASSERT_TRUE(contacts_.add_shown(acma_.agency, 7));
    const auto shown = contacts_.shown(acma_.agency).value();
    EXPECT_EQ(shown.size(), 16U);
    EXPECT_EQ(shown.front(), 7U);
    EXPECT_EQ(shown.back(), 5U);
    EXPECT_TRUE(contacts_.shown(self_)->empty());
    ASSERT_TRUE(contacts_.set_cosigned(acma_.agency, 19));
    EXPECT_EQ(contacts_.shown(acma_.agency).value(), (std::vector<std::uint64_t>{20, 19}));
    ASSERT_TRUE(contacts_.remove(acma_.agency));
    EXPECT_TRUE(contacts_.shown(acma_.agency)->empty());
}

TEST_F(VerifiedContact, KnowsItsDesksAndNoOthers) {
    EXPECT_EQ(sealing_refused(*Desk::parse("fraud@acma.example")), Code::kUnknownDesk);
    EXPECT_EQ(sealing_refused(*Desk::parse("spam@ftc.example")), Code::kUnknownAgency);
}

TEST_F(VerifiedContact, NothingIsSealedAfterNoticeOrCardExpired) {
    EXPECT_EQ(sealing_refused(acma_.desk(), acma_.not_before + std::chrono::days{71}),
              Code::kNoticeExpired);
    EXPECT_EQ(sealing_refused(acma_.desk(), acma_.not_before + std::chrono::days{701}),
              Code::kCardExpired);
}

TEST_F(VerifiedContact, ConnectsWhileItsNoticeIsInForceAndItIsNotShutOut) {
    EXPECT_EQ(connectable(kNow), std::vector{acma_.agency});
    EXPECT_TRUE(connectable(acma_.not_before + std::chrono::days{71}).empty());
    ASSERT_TRUE(contacts_.suspend(acma_.agency, "op-1", kNow));
    EXPECT_TRUE(connectable(kNow).empty());
}

TEST_F(VerifiedContact, SuspendingStopsSealingUntilVerifiedAgain) {
    ASSERT_TRUE(contacts_.suspend(acma_.agency, "op-1", kNow));
    EXPECT_EQ(sealing_refused(acma_.desk()), Code::kSuspended);
    ASSERT_TRUE(contacts_.verify(acma_.agency, contacts_.find(acma_.agency)->safety_number(),
                                 "op-1", kNow));
    EXPECT_TRUE(contacts_.recipient(acma_.desk(), kNow));
}

TEST_F(VerifiedContact, ALowerSerialAndAForkAreRefused) {
    const std::string second = acma_.card(2, acma_.card());
    ASSERT_TRUE(contacts_.admit(self_, second, acma_.notice(), kNow));
    EXPECT_EQ(contacts_.admit(self_, acma_.card(), acma_.notice(), kNow).error().code,
              Code::kCardSerialLower);
    EXPECT_EQ(contacts_.admit(self_, acma_.card(2, second), acma_.notice(), kNow).error().code,
              Code::kCardFork);
    EXPECT_EQ(contacts_.find(acma_.agency)->state, TrustState::kVerified);
}

TEST_F(VerifiedContact, AWronglyChainedCardIsRefused) {
    const auto admitted =
        contacts_.admit(self_, acma_.card(2, acma_.card() + "x"), acma_.notice(), kNow);
    ASSERT_FALSE(admitted);
    EXPECT_EQ(admitted.error().code, Code::kCardChainBroken);
}

TEST_F(VerifiedContact, ARevokedRootEndsTheAgencyForGood) {
    ASSERT_TRUE(contacts_.revoke(acma_.revocation(acma_.vkey("root")), kNow));
    EXPECT_EQ(contacts_.find(acma_.agency)->state, TrustState::kRevoked);
    EXPECT_EQ(sealing_refused(acma_.desk()), Code::kRevoked);
    EXPECT_EQ(
        contacts_.verify(acma_.agency, contacts_.find(acma_.agency)->safety_number(), "op-1", kNow)
            .error()
            .code,
        Code::kRevoked);
    EXPECT_EQ(contacts_.remove(acma_.agency).error().code, Code::kRevoked);
}

TEST_F(VerifiedContact, ARevokedSigningKeyIsDroppedAndStaysSoAfterARestart) {
    ASSERT_TRUE(contacts_.revoke(acma_.revocation(acma_.vkey("sign")), kNow));
    Contacts again(database_);
    ASSERT_TRUE(again.load());
    EXPECT_TRUE(again.find(acma_.agency)->sign_keys.empty());
    EXPECT_FALSE(again.find(acma_.agency)->is_trusted());
}

TEST_F(VerifiedContact, ARevocationByAnotherRootIsRefused) {
    const test::TestAgency mallory("acma.example", 9);
    const auto revoked = contacts_.revoke(mallory.revocation(acma_.vkey("root")), kNow);
    ASSERT_FALSE(revoked);
    EXPECT_EQ(revoked.error().code, Code::kSignatureInvalid);
    EXPECT_TRUE(contacts_.recipient(acma_.desk(), kNow));
}

TEST_F(ContactsTest, OurOwnCardIsNoContact) {
    const test::TestAgency own("opta.example", 1);
    EXPECT_EQ(add(own).error().code, Code::kInvalidArgument);
}

TEST_F(ContactsTest, ACardThatIsNotYetOrNoMoreInForceIsRefused) {
    const test::TestAgency early("early.example", 3, kNow + std::chrono::days{1});
    EXPECT_EQ(add(early).error().code, Code::kCardNotYetValid);
    const test::TestAgency late("late.example", 4, kNow - std::chrono::days{701});
    EXPECT_EQ(add(late).error().code, Code::kCardExpired);
    EXPECT_TRUE(contacts_.all().empty());
}

}  // namespace
}  // namespace lapx::contacts
