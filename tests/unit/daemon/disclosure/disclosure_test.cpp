#include "daemon/disclosure/disclosure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "daemon/cases/deciding.hpp"
#include "daemon/cases/drafting.hpp"
#include "keys/domains.hpp"
#include "schema/codec/items.hpp"
#include "tests/support/fixtures.hpp"

namespace lapx::disclosure {
namespace {

using model::Ruling;
using schema::Label;
using schema::Reason;
using schema::Shown;

const Desk kFrom = *Desk::parse("spam@opta.example");
const Desk kTo = *Desk::parse("spam@acma.example");
const Desk kOther = *Desk::parse("fraud@ftc.example");

class Disclosure : public testing::Test {
  protected:
    const Ruling& ruling(const std::vector<Ruling>& rulings, Label label,
                         std::size_t element = 1) const {
        for (const Ruling& one : rulings) {
            if (one.decided.label == label && --element == 0) {
                return one;
            }
        }
        throw std::out_of_range("no such item");
    }
    static bool goes(const Ruling& one) {
        return std::holds_alternative<schema::Disclosed>(one.decided.inward);
    }
    static const schema::Withholding& held(const Ruling& one) {
        return std::get<schema::Withholding>(one.decided.inward);
    }

    std::vector<Ruling> rule(const model::Draft& draft, const Desk& to) const {
        return disclosure::rule(test::policy(), draft, test::addressee(to));
    }
    Result<model::Proposal> propose(const model::Draft& draft,
                                    std::span<const model::SealedExhibit> exhibits,
                                    const Desk& to) const {
        return disclosure::propose(test::policy(), draft, exhibits, test::addressee(to));
    }

    test::SeededRandom random_{1};
    model::Draft draft_ = test::sample_draft(kFrom, {kTo, kOther}, random_);
};

TEST_F(Disclosure, DecidesByClassWhereNobodyDecided) {
    const auto rulings = rule(draft_, kTo);
    EXPECT_TRUE(goes(ruling(rulings, Label::kPurpose)));
    EXPECT_TRUE(goes(ruling(rulings, Label::kFacts)));
    EXPECT_EQ(held(ruling(rulings, Label::kIndicatorPersonal)).reason, Reason::kNoLawfulTransfer);
    EXPECT_EQ(held(ruling(rulings, Label::kAddressees)).shown, Shown::kSilent);
    EXPECT_EQ(held(ruling(rulings, Label::kLegalAdvice)).reason, Reason::kPrivilege);
    EXPECT_EQ(held(ruling(rulings, Label::kLegalAdvice)).decider, "policy");
}

TEST_F(Disclosure, GivesEveryItemExactlyOneDisposition) {
    const auto rulings = rule(draft_, kTo);
    ASSERT_EQ(rulings.size(), draft_.items.size());
    for (std::size_t i = 0; i < rulings.size(); ++i) {
        EXPECT_EQ(rulings[i].decided.label, draft_.items[i].label);
        EXPECT_EQ(std::holds_alternative<std::monostate>(rulings[i].decided.inward),
                  !draft_.items[i].present);
    }
}

TEST_F(Disclosure, APermitLetsPersonalDataGoButNeverPrivilegedMatter) {
    draft_.permitted = {{{Label::kIndicatorPersonal, 0}, "op-1"},
                        {{Label::kLegalAdvice, 0}, "op-1"}};
    const auto rulings = rule(draft_, kTo);
    EXPECT_TRUE(goes(ruling(rulings, Label::kIndicatorPersonal)));
    EXPECT_FALSE(goes(ruling(rulings, Label::kLegalAdvice)));
}

TEST_F(Disclosure, WithholdingBeatsAPermit) {
    draft_.permitted = {{{Label::kIndicatorPersonal, 0}, "op-1"}};
    draft_.withheld = {
        {{Label::kIndicatorPersonal, 0}, {}, Reason::kConfidential, Shown::kReason, "", "op-2"}};
    EXPECT_EQ(held(ruling(rule(draft_, kTo), Label::kIndicatorPersonal)).decider, "op-2");
}

TEST_F(Disclosure, WithholdsOneElementFromOneRecipientAlone) {
    draft_.withheld = {
        {{Label::kIndicator, 2}, kOther, Reason::kNationalLaw, Shown::kReason, "Wet X", "op-1"}};
    EXPECT_TRUE(goes(ruling(rule(draft_, kTo), Label::kIndicator, 2)));
    EXPECT_FALSE(goes(ruling(rule(draft_, kOther), Label::kIndicator, 2)));
    EXPECT_TRUE(goes(ruling(rule(draft_, kOther), Label::kIndicator, 1)));
    EXPECT_EQ(ruling(rule(draft_, kOther), Label::kIndicator, 2).basis, "Wet X");
}

TEST_F(Disclosure, TheLastDecisionOnAnItemCounts) {
    draft_.withheld = {
        {{Label::kFacts, 0}, {}, Reason::kNationalLaw, Shown::kReason, "", "op-1"},
        {{Label::kFacts, 0}, {}, Reason::kReciprocity, Shown::kCategory, "", "op-1"}};
    EXPECT_EQ(held(ruling(rule(draft_, kTo), Label::kFacts)).reason, Reason::kReciprocity);
}

TEST_F(Disclosure, AProposalCarriesTheDisclosedItemsAndNoOthers) {
    draft_.withheld = {
        {{Label::kScale, 0}, {}, Reason::kCommerciallySensitive, Shown::kReason, "", "op-1"}};
    const auto proposal = propose(draft_, {}, kTo);
    ASSERT_TRUE(proposal);
    const model::ProposalContent& content = proposal->content();
    std::size_t next = 0;
    for (std::size_t i = 0; i < content.rulings.size(); ++i) {
        if (goes(content.rulings[i])) {
            ASSERT_LT(next, content.items.size());
            EXPECT_EQ(content.items[next].number, i + 1);
            EXPECT_EQ(content.items[next++].octets, draft_.items[i].octets);
        }
    }
    EXPECT_EQ(next, content.items.size());
    EXPECT_EQ(content.digest, keys::digest_of<ViewDigest>(content.view.text));
}

// The rows of the view's withheld and silent items, and nothing else, may differ.
TEST_F(Disclosure, SilentlyWithheldAndAbsentLookAlike) {
    const auto scale = std::find_if(draft_.items.begin(), draft_.items.end(),
                                    [](const auto& i) { return i.label == Label::kScale; });
    model::Draft without = draft_;
    const auto number = static_cast<std::size_t>(scale - draft_.items.begin());
    without.items[number].present = false;
    without.items[number].octets = schema::encode_item(schema::ItemSalt{}, schema::Absent{});
    draft_.withheld = {{{Label::kScale, 0}, {}, Reason::kConfidential, Shown::kSilent, "", "op-1"}};
    const auto with = propose(draft_, {}, kTo);
    const auto absent = propose(without, {}, kTo);
    ASSERT_TRUE(with && absent);
    EXPECT_EQ(with->content().view.view.items, absent->content().view.view.items);
    EXPECT_EQ(with->content().view.text.size(), absent->content().view.text.size());
    EXPECT_EQ(with->content().manifest.size(), absent->content().manifest.size());
    EXPECT_EQ(with->content().items, absent->content().items);
}

TEST_F(Disclosure, RefusesASilenceThatWouldShow) {
    const auto silently = [](Label label, std::uint16_t element) {
        return model::Withhold{{label, element}, {}, Reason::kConfidential,
                               Shown::kSilent,   "", "op-1"};
    };
    const auto refused = [&](std::vector<model::Withhold> withheld) {
        draft_.withheld = std::move(withheld);
        const auto proposal = propose(draft_, {}, kTo);
        return !proposal && proposal.error().code == Code::kSilenceShows;
    };
    // Three indicators on four lines.
    EXPECT_TRUE(refused({silently(Label::kIndicator, 3)})) << "two would have two lines";
    EXPECT_TRUE(refused({silently(Label::kIndicator, 0)})) << "an urgent referral has one";
    EXPECT_TRUE(refused({silently(Label::kPurpose, 0)})) << "every referral has one";
    EXPECT_FALSE(refused({silently(Label::kScale, 0)}));
    for (model::DraftItem& item : draft_.items) {
        item.present = item.present || item.label == Label::kIndicator;
    }
    EXPECT_FALSE(refused({silently(Label::kIndicator, 4)})) << "three would have four lines too";
    EXPECT_TRUE(refused({silently(Label::kIndicator, 2)})) << "before one that is disclosed";
}

TEST_F(Disclosure, RefusesARecipientTheDraftDoesNotName) {
    const auto proposal = propose(draft_, {}, *Desk::parse("spam@elsewhere.example"));
    ASSERT_FALSE(proposal);
    EXPECT_EQ(proposal.error().code, Code::kNoRecipient);
}

TEST_F(Disclosure, RefusesADraftWithoutItsMandatoryItemsAndNamesThem) {
    for (model::DraftItem& item : draft_.items) {
        if (item.label == Label::kPurpose || item.label == Label::kSeen) {
            item.present = false;
        }
    }
    const auto proposal = propose(draft_, {}, kTo);
    ASSERT_FALSE(proposal);
    EXPECT_EQ(proposal.error().code, Code::kItemMissing);
    EXPECT_EQ(proposal.error().context, "missing: purpose, seen");
}

TEST_F(Disclosure, AsksForADataProtectionBasisWhereThereIsPersonalData) {
    for (model::DraftItem& item : draft_.items) {
        item.present = item.present && item.label != Label::kDataProtection;
    }
    EXPECT_EQ(missing_items(draft_), std::vector{Label::kDataProtection});
}

TEST_F(Disclosure, AnApprovalReleasesExactlyTheViewItNames) {
    auto proposal = propose(draft_, {}, kTo);
    ASSERT_TRUE(proposal);
    const model::Approval approval{"op-1", true, {proposal->content().digest}};
    draft_.withheld = {{{Label::kFacts, 0}, {}, Reason::kNationalLaw, Shown::kReason, "", "op-1"}};
    const auto changed = release(*propose(draft_, {}, kTo), approval);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Code::kApprovalStale);
    EXPECT_TRUE(release(std::move(*proposal), approval));
}

TEST_F(Disclosure, AnyChangeOfAnItemVoidsTheApproval) {
    const model::Approval approval{"op-1", true, {propose(draft_, {}, kTo)->content().digest}};
    for (model::DraftItem& item : draft_.items) {
        item.octets.back() ^= 1;
        EXPECT_FALSE(release(*propose(draft_, {}, kTo), approval));
        item.octets.back() ^= 1;
    }
    EXPECT_TRUE(release(*propose(draft_, {}, kTo), approval));
}

TEST_F(Disclosure, RefusesWhatNoParcelHolds) {
    test::SeededRandom random(2);
    for (model::DraftItem& item : draft_.items) {
        if (item.label == Label::kIndicator) {
            item.present = true;
            item.octets.resize(60'000);
        }
    }
    const auto proposal = propose(draft_, {}, kTo);
    ASSERT_FALSE(proposal);
    EXPECT_EQ(proposal.error().code, Code::kTooLarge);
}

TEST_F(Disclosure, ReadingIsRecordedOfWhatIsConfidentialAndNotOfPersonalDataAlone) {
    for (const Label label : {Label::kSuspect, Label::kInquiry, Label::kGrading, Label::kProvenance,
                              Label::kLegalAdvice}) {
        EXPECT_TRUE(is_confidential(test::policy(), label)) << schema::word_of(label);
    }
    for (const Label label : {Label::kFacts, Label::kComplainant, Label::kIndicatorPersonal,
                              Label::kExhibit, Label::kAddressees}) {
        EXPECT_FALSE(is_confidential(test::policy(), label)) << schema::word_of(label);
    }
    EXPECT_TRUE(octets_are_confidential(test::policy()));
}

TEST_F(Disclosure, AnExhibitsOctetsGoOnlyWhereSomebodyPermittedIt) {
    auto exhibit = [] {
        return model::SealedExhibit{.element = 1,
                                    .plain = {},
                                    .plain_size = 3,
                                    .sealed_digest = {},
                                    .sealed = {1, 2, 3},
                                    .identity = keys::SecretBytes(32)};
    };
    for (model::DraftItem& item : draft_.items) {
        item.present = item.present || item.label == Label::kExhibit;
    }
    std::vector<model::SealedExhibit> exhibits;
    exhibits.push_back(exhibit());
    EXPECT_TRUE(propose(draft_, exhibits, kTo)->content().view.view.exhibits.empty());
    EXPECT_TRUE(propose(draft_, exhibits, kTo)->content().exhibits.empty());
    draft_.permitted = {{{Label::kExhibit, 2}, "op-1"}};
    EXPECT_TRUE(propose(draft_, exhibits, kTo)->content().exhibits.empty()) << "another exhibit";
    draft_.permitted = {{{Label::kExhibit, 1}, "op-1"}};
    EXPECT_EQ(propose(draft_, exhibits, kTo)->content().view.view.exhibits.size(), 1U);
    EXPECT_EQ(propose(draft_, exhibits, kTo)->content().exhibits.size(), 1U);
    draft_.withheld = {
        {{Label::kExhibit, 1}, {}, Reason::kConfidential, Shown::kReason, "", "op-1"}};
    EXPECT_TRUE(propose(draft_, exhibits, kTo)->content().view.view.exhibits.empty());
    EXPECT_TRUE(propose(draft_, exhibits, kTo)->content().exhibits.empty());
}

class Redacting : public Disclosure {
  protected:
    // Facts withheld from kTo, with a derivative in their place.
    void SetUp() override {
        auto values = *cases::values_of(draft_.items);
        ASSERT_TRUE(cases::redact(
            draft_, values,
            {{Label::kFacts, 0}, kTo, Reason::kProceedingsBegun, Shown::kCategory, "", "op-1"},
            "some facts"));
        draft_.items = *cases::lay_out(values, random_);
    }
    static std::size_t number_of(const std::vector<Ruling>& rulings, Label label) {
        const auto found = std::find_if(rulings.begin(), rulings.end(), [&](const Ruling& one) {
            return one.decided.label == label;
        });
        return static_cast<std::size_t>(found - rulings.begin()) + 1;
    }
};

TEST_F(Redacting, SendsTheDerivativeInThePlaceOfItsOriginalAndLinksIt) {
    const auto rulings = rule(draft_, kTo);
    EXPECT_EQ(held(ruling(rulings, Label::kFacts)).shown, Shown::kCategory);
    EXPECT_TRUE(goes(ruling(rulings, Label::kRedacted)));
    EXPECT_EQ(ruling(rulings, Label::kRedacted).decided.original,
              number_of(rulings, Label::kFacts));
    EXPECT_EQ(original_of(draft_, number_of(rulings, Label::kRedacted) - 1) + 1,
              number_of(rulings, Label::kFacts));
    EXPECT_EQ(original_of(draft_, 0), draft_.items.size());
    ASSERT_TRUE(propose(draft_, {}, kTo));
}

TEST_F(Redacting, WhoGetsTheOriginalDoesNotLearnOfTheDerivative) {
    const auto rulings = rule(draft_, kOther);
    EXPECT_TRUE(goes(ruling(rulings, Label::kFacts)));
    EXPECT_EQ(held(ruling(rulings, Label::kRedacted)).shown, Shown::kSilent);
    const auto proposal = propose(draft_, {}, kOther);
    ASSERT_TRUE(proposal);
    EXPECT_TRUE(std::holds_alternative<schema::Silent>(
        proposal->content()
            .view.view.items[number_of(proposal->content().rulings, Label::kRedacted) - 1]));
}

TEST_F(Redacting, APolicyThatShowsWhatItKeepsDoesNotShowADerivativeToWhomItIsNotFor) {
    Policy policy = test::policy();
    policy.rules.rules.insert(policy.rules.rules.begin(), {.name = "none of them",
                                                           .classes = {},
                                                           .items = {Label::kRedacted},
                                                           .sectors = {},
                                                           .countries = {},
                                                           .agencies = {},
                                                           .desks = {},
                                                           .trust = {},
                                                           .kinds = {},
                                                           .tlp = {},
                                                           .pap = {},
                                                           .decide = config::Decide::kNever,
                                                           .reason = Reason::kNationalLaw,
                                                           .shown = Shown::kCategory});
    const auto shown = [&](const Desk& to) {
        return held(ruling(disclosure::rule(policy, draft_, test::addressee(to)), Label::kRedacted))
            .shown;
    };
    EXPECT_EQ(shown(kTo), Shown::kCategory);
    EXPECT_EQ(shown(kOther), Shown::kSilent);
}

TEST_F(Redacting, ALaterDecisionOnTheOriginalTakesTheDerivativesPlace) {
    draft_.withheld.push_back(
        {{Label::kFacts, 0}, {}, Reason::kNationalLaw, Shown::kSilent, "", "op-2"});
    EXPECT_EQ(held(ruling(rule(draft_, kTo), Label::kRedacted)).shown, Shown::kSilent);
}

TEST_F(Redacting, ALaterDisclosureOfTheOriginalTakesNothingBackAndTheNextVersionDoes) {
    draft_.permitted = {{{Label::kFacts, 0}, "op-1", "Order 12/2026", kTo}};
    draft_.act = schema::Act::kDisclose;
    EXPECT_TRUE(goes(ruling(rule(draft_, kTo), Label::kFacts)));
    EXPECT_TRUE(goes(ruling(rule(draft_, kTo), Label::kRedacted)));
    draft_.act = schema::Act::kCorrect;
    EXPECT_TRUE(goes(ruling(rule(draft_, kTo), Label::kFacts)));
    EXPECT_FALSE(goes(ruling(rule(draft_, kTo), Label::kRedacted)));
}

TEST_F(Redacting, ADerivativeThatNoDecisionNamesStaysHere) {
    draft_.withheld.clear();
    const Ruling one = ruling(rule(draft_, kTo), Label::kRedacted);
    EXPECT_EQ(held(one).shown, Shown::kSilent);
    EXPECT_EQ(one.decided.original, 0);
}

TEST_F(Redacting, APersonMayWithholdADerivativeAndShowIt) {
    draft_.withheld.push_back(
        {{Label::kRedacted, 1}, {}, Reason::kNationalLaw, Shown::kCategory, "", "op-2"});
    for (const Desk& to : {kTo, kOther}) {
        EXPECT_EQ(held(ruling(rule(draft_, to), Label::kRedacted)).shown, Shown::kCategory);
    }
}

TEST_F(Disclosure, WhollyWithheldNothingGoesAndNothingIsTold) {
    draft_.wholly = {{kTo, Reason::kOutOfMandate, "Wet X", "op-1"}};
    const auto proposal = propose(draft_, {}, kTo);
    ASSERT_TRUE(proposal);
    const model::ProposalContent& content = proposal->content();
    EXPECT_TRUE(content.wholly_withheld);
    EXPECT_TRUE(content.items.empty());
    EXPECT_TRUE(content.exhibits.empty());
    for (std::size_t i = 0; i < content.rulings.size(); ++i) {
        EXPECT_TRUE(std::holds_alternative<schema::Silent>(content.view.view.items[i]));
        if (draft_.items[i].present) {
            EXPECT_EQ(held(content.rulings[i]),
                      (schema::Withholding{Reason::kOutOfMandate, Shown::kSilent, "op-1"}));
            EXPECT_EQ(content.rulings[i].basis, "Wet X");
        }
    }
    EXPECT_FALSE(propose(draft_, {}, kOther)->content().wholly_withheld);
    EXPECT_EQ(draft_.reached(), std::vector{kOther});
}

class FourEyes : public testing::Test {
  protected:
    // The built-in policy, asking for four eyes in the rule with this name.
    Policy with(const std::string& name) const {
        config::DisclosurePolicy rules = *config::parse_policy(config::builtin_policy());
        for (config::Rule& rule : rules.rules) {
            rule.four_eyes = rule.name.find(name) != std::string::npos;
        }
        return policy_of(std::move(rules));
    }
    Result<void> drafter_may(const std::string& rule,
                             std::span<const model::SealedExhibit> exhibits = {}) const {
        const auto proposal =
            disclosure::propose(with(rule), draft_, exhibits, test::addressee(kTo));
        EXPECT_TRUE(proposal);
        EXPECT_TRUE(check_approver(*proposal, false));
        return check_approver(*proposal, true);
    }

    test::SeededRandom random_{1};
    model::Draft draft_ = test::sample_draft(kFrom, {kTo}, random_);
};

TEST_F(FourEyes, AreAskedForWhatGoesBecauseOfTheRuleAndForNothingElse) {
    EXPECT_TRUE(drafter_may("no such rule"));
    EXPECT_EQ(drafter_may("what every referral").error().code, Code::kFourEyes);
    EXPECT_TRUE(drafter_may("personal data")) << "none of it goes";
    draft_.permitted = {{{Label::kIndicatorPersonal, 0}, "op-1"}};
    const auto refused = drafter_may("personal data");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kFourEyes);
    EXPECT_NE(refused.error().context.find("personal data on a person's decision"),
              std::string::npos);
    draft_.withheld = {
        {{Label::kIndicatorPersonal, 0}, {}, Reason::kConfidential, Shown::kReason, "", "op-2"}};
    EXPECT_TRUE(drafter_may("personal data")) << "withheld";
}

TEST_F(FourEyes, AreAskedForTheOctetsOfAnExhibitToo) {
    std::vector<model::SealedExhibit> exhibits;
    exhibits.push_back(test::add_exhibit(draft_, as_bytes("the mail itself"), random_));
    EXPECT_EQ(drafter_may("confidential matter", exhibits).error().code, Code::kFourEyes);
    EXPECT_TRUE(drafter_may("confidential matter")) << "its octets are not here";
}

TEST_F(FourEyes, AnApprovalByWhoDraftedItReleasesNothing) {
    const auto proposal =
        disclosure::propose(with("what every referral"), draft_, {}, test::addressee(kTo));
    ASSERT_TRUE(proposal);
    const ViewDigest view = proposal->content().digest;
    EXPECT_EQ(release(*proposal, {"op-1", true, {view}, {}}).error().code, Code::kFourEyes);
    EXPECT_TRUE(release(*proposal, {"op-2", false, {view}, {}}));
}

class StandingApproval : public testing::Test {
  protected:
    test::SeededRandom random_{1};
    model::Draft draft_ = test::sample_draft(kFrom, {kTo}, random_);
    schema::StandingRecord standing_{.id = StandingId{uuid7(1, {})},
                                     .feed = "isp",
                                     .policy = test::policy().digest,
                                     .to = {kOther, kTo},
                                     .handling = draft_.handling,
                                     .per_day = 2,
                                     .created = test::kNow,
                                     .expires = test::kNow + std::chrono::hours{1},
                                     .approver = "op-2"};
};

TEST_F(StandingApproval, IsInForceUnderItsPolicyUntilItExpires) {
    const Policy& policy = test::policy();
    const Time end = standing_.expires;
    EXPECT_TRUE(check_in_force(standing_, policy, test::kNow));
    EXPECT_TRUE(check_in_force(standing_, policy, end - std::chrono::seconds{1}));
    EXPECT_EQ(check_in_force(standing_, policy, end).error().code, Code::kStandingExpired);
    const Policy other =
        policy_of(*config::parse_policy(std::string(config::builtin_policy()) + "#\n"));
    EXPECT_EQ(check_in_force(standing_, other, test::kNow).error().code, Code::kStandingPolicy);
}

TEST_F(StandingApproval, CoversItsRecipientsAndTermsUpToItsQuota) {
    EXPECT_TRUE(check_covers(standing_, draft_, 0));
    EXPECT_TRUE(check_covers(standing_, draft_, 1));
    EXPECT_EQ(check_covers(standing_, draft_, 2).error().code, Code::kStandingQuota);
    model::Draft more = draft_;
    more.to.push_back(*Desk::parse("other@acma.example"));
    EXPECT_EQ(check_covers(standing_, more, 0).error().code, Code::kStandingRecipients);
    for (const auto& change : std::vector<std::function<void(model::Handling&)>>{
             [](auto& terms) { terms.tlp = schema::Tlp::kClear; },
             [](auto& terms) { terms.pap = schema::Pap::kRed; },
             [](auto& terms) { terms.uses.push_back(schema::Use::kCriminal); },
             [](auto& terms) { terms.onward.rule = schema::OnwardRule::kNone; },
             [](auto& terms) { terms.until = test::kNow; },
             [](auto& terms) { terms.attribution = "somebody"; },
             [](auto& terms) { terms.no_resale = !terms.no_resale; }}) {
        model::Draft other = draft_;
        change(other.handling);
        EXPECT_EQ(check_covers(standing_, other, 0).error().code, Code::kStandingTerms);
    }
}

}  // namespace
}  // namespace lapx::disclosure
