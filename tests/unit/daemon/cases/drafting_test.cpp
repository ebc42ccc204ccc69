#include "daemon/cases/deciding.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "schema/notes/referral.hpp"
#include "tests/support/fixtures.hpp"

namespace lapx::cases {
namespace {

using schema::Label;

schema::ItemValue domain(const std::string& name) {
    return schema::Indicator{schema::IndicatorType::kDomain, name, {}, {}};
}

TEST(Drafting, EveryLabelHasItsLinesAndRepeatingOnesArePadded) {
    test::SeededRandom random(1);
    for (const std::size_t count : {0U, 1U, 2U, 3U, 4U, 5U, 9U}) {
        Values values;
        for (std::size_t i = 0; i < count; ++i) {
            values[Label::kIndicator].push_back(domain("a" + std::to_string(i) + ".example"));
        }
        const auto items = lay_out(values, random);
        ASSERT_TRUE(items);
        std::vector<Label> labels;
        for (const model::DraftItem& item : *items) {
            labels.push_back(item.label);
        }
        EXPECT_TRUE(schema::is_label_sequence(labels)) << count;
    }
}

TEST(Drafting, NoTwoItemsShareASalt) {
    test::SeededRandom random(1);
    std::set<schema::ItemSalt> salts;
    const auto items = *lay_out({}, random);
    for (const model::DraftItem& item : items) {
        salts.insert(schema::decode_item(item.octets)->salt);
    }
    EXPECT_EQ(salts.size(), items.size());
}

TEST(Drafting, GivesBackTheValuesItLaidOut) {
    test::SeededRandom random(1);
    Values values;
    values[Label::kFacts] = {schema::Text{"facts"}};
    values[Label::kIndicator] = {domain("a.example"), domain("b.example"), domain("c.example")};
    EXPECT_EQ(*values_of(*lay_out(values, random)), values);
}

TEST(Drafting, RefusesASecondValueOfALabelThatDoesNotRepeat) {
    test::SeededRandom random(1);
    Values values;
    values[Label::kFacts] = {schema::Text{"one"}, schema::Text{"two"}};
    EXPECT_EQ(lay_out(values, random).error().code, Code::kInvalidArgument);
}

TEST(Drafting, RefusesAValueOfTheWrongTypeOrNotWellFormed) {
    test::SeededRandom random(1);
    Values wrong;
    wrong[Label::kFacts] = {domain("a.example")};
    EXPECT_EQ(lay_out(wrong, random).error().code, Code::kInvalidArgument);
    Values malformed;
    malformed[Label::kFacts] = {schema::Text{"\xff"}};
    EXPECT_EQ(lay_out(malformed, random).error().code, Code::kItemMalformed);
}

TEST(Drafting, DefaultsChangeNothingThatIsThere) {
    Values values;
    values[Label::kPurpose] = {schema::Text{"mine"}};
    add_defaults(values, schema::Kind::kUrgent, *Agency::parse("opta.example"), "NL");
    EXPECT_EQ(values[Label::kPurpose], std::vector<schema::ItemValue>{schema::Text{"mine"}});
    EXPECT_EQ(std::get<schema::Urgency>(values[Label::kUrgency].at(0)).level,
              schema::UrgencyLevel::kUrgent);
    add_data_protection(values, Time{});
    EXPECT_TRUE(values[Label::kDataProtection].empty());
    values[Label::kOfficer] = {schema::Officer{"Ada Officer", {}, {}, {}}};
    add_data_protection(values, Time{});
    EXPECT_EQ(values[Label::kDataProtection].size(), 1U);
}

TEST(ItemName, NamesALabelOrOneElementOfIt) {
    EXPECT_EQ(*item_name_from("indicator"), (model::ItemName{Label::kIndicator, 0}));
    EXPECT_EQ(*item_name_from("indicator:3"), (model::ItemName{Label::kIndicator, 3}));
    EXPECT_EQ(item_name_text(*item_name_from("suspect:2")), "suspect:2");
    EXPECT_EQ(item_name_from("sender").error().code, Code::kUnknownItem);
    EXPECT_EQ(item_name_from("indicator:0").error().code, Code::kInvalidArgument);
    EXPECT_EQ(item_name_from("indicator:x").error().code, Code::kInvalidArgument);
}

class Decisions : public testing::Test {
  protected:
    Values of(const std::vector<std::string>& names) {
        Values values;
        for (const std::string& name : names) {
            values[Label::kIndicator].push_back(domain(name));
        }
        return values;
    }
    static model::Withhold withheld(std::uint16_t element) {
        return {{Label::kIndicator, element}, {}, schema::Reason::kConfidential,
                schema::Shown::kReason,       {}, "op-1"};
    }
    // Which elements are withheld, and which permitted, after a change of the list.
    std::vector<std::uint16_t> after(const std::vector<std::string>& old,
                                     const std::vector<std::string>& now) {
        Values values = of(now);
        follow_values(draft_, of(old), values);
        std::vector<std::uint16_t> out;
        for (const model::Withhold& withhold : draft_.withheld) {
            out.push_back(withhold.item.element);
        }
        return out;
    }

    test::SeededRandom random_{1};
    test::TestAgency a_{"opta.example", 1};
    model::Draft draft_ = test::sample_draft(a_.desk(), {}, random_);
};

using Elements = std::vector<std::uint16_t>;

TEST_F(Decisions, FollowAValueToItsNewPlace) {
    draft_.withheld = {withheld(2)};
    draft_.permitted = {{{Label::kIndicator, 2}, "op-1"}};
    EXPECT_EQ(after({"a", "b", "c"}, {"b", "a"}), Elements{1});
    EXPECT_EQ(draft_.permitted.at(0).item.element, 1);
}

TEST_F(Decisions, WithholdWhateverMayHaveTakenThePlaceOfAWithheldValue) {
    draft_.withheld = {withheld(2)};
    draft_.permitted = {{{Label::kIndicator, 2}, "op-1"}};
    EXPECT_EQ(after({"a", "b"}, {"x", "a", "y"}), (Elements{1, 3}));
    EXPECT_TRUE(draft_.permitted.empty()) << "a permit is one for what was seen";
}

TEST_F(Decisions, LapseWithTheirValue) {
    draft_.withheld = {withheld(2)};
    EXPECT_EQ(after({"a", "b"}, {"a"}), Elements{});
}

TEST_F(Decisions, OnAWholeLabelStayWhereTheyWithholdAndAreForWhatWasThereWhereTheyPermit) {
    draft_.withheld = {withheld(0)};
    draft_.permitted = {{{Label::kIndicator, 0}, "op-1"}};
    EXPECT_EQ(after({"a", "b"}, {"a", "b"}), Elements{0});
    EXPECT_EQ(draft_.permitted.size(), 1U);
    EXPECT_EQ(after({"a", "b"}, {"x"}), Elements{0});
    EXPECT_TRUE(draft_.permitted.empty());
}

TEST_F(Decisions, OnOneOfTwoEqualValuesStayAsManyAsTheyAre) {
    draft_.withheld = {withheld(1)};
    draft_.permitted = {{{Label::kIndicator, 1}, "op-1"}};
    for (int round = 0; round < 30; ++round) {
        EXPECT_EQ(after({"a", "a"}, {"a", "a"}), (Elements{1, 2}));
        EXPECT_EQ(draft_.permitted.size(), 2U);
    }
}

TEST_F(Decisions, TheLastOfSeveralOnOneValueStaysTheLast) {
    model::Withhold other = withheld(1);
    other.reason = schema::Reason::kNationalLaw;
    draft_.withheld = {withheld(1), other, withheld(1)};
    after({"a"}, {"a"});
    EXPECT_EQ(draft_.withheld, (std::vector{withheld(1), other, withheld(1)}));
}

TEST_F(Decisions, APermitOfALabelThatRepeatsIsForEachElementThatIsThere) {
    ASSERT_TRUE(permit(draft_, {{Label::kIndicator, 0}, "op-1"}, 2));
    ASSERT_TRUE(permit(draft_, {{Label::kFacts, 0}, "op-1"}, 1));
    ASSERT_TRUE(permit(draft_, {{Label::kParty, 0}, "op-1"}, 0));
    EXPECT_EQ(draft_.permitted, (std::vector<model::Permit>{{{Label::kIndicator, 1}, "op-1"},
                                                            {{Label::kIndicator, 2}, "op-1"},
                                                            {{Label::kFacts, 0}, "op-1"}}));
}

TEST_F(Decisions, ToWithholdTakesBackWhatWentOnABasisAndNothingElse) {
    const Desk one = *Desk::parse("spam@acma.example");
    const Desk other = *Desk::parse("spam@ftc.example");
    const model::Permit ordered{{Label::kIndicator, 2}, "op-1", "Order 12/2026", one};
    const auto left = [&](model::Withhold by) {
        draft_.permitted = {ordered, {{Label::kIndicator, 2}, "op-1"}};
        EXPECT_TRUE(withhold(draft_, std::move(by)));
        return draft_.permitted.size();
    };
    const auto from = [](std::uint16_t element, std::optional<Desk> desk) {
        model::Withhold out = withheld(element);
        out.from = std::move(desk);
        return out;
    };
    EXPECT_EQ(left(from(2, {})), 1U);
    EXPECT_EQ(left(from(0, {})), 1U);
    EXPECT_EQ(left(from(2, one)), 1U);
    EXPECT_EQ(left(from(2, other)), 2U);
    EXPECT_EQ(left(from(1, {})), 2U);
}

TEST_F(Decisions, AreBounded) {
    for (int i = 0; i < 2000; ++i) {
        model::Withhold one = withheld(1);
        one.basis = std::to_string(i);
        ASSERT_TRUE(withhold(draft_, one));
    }
    EXPECT_EQ(withhold(draft_, withheld(2)).error().code, Code::kTooLarge);
}

class Redaction : public testing::Test {
  protected:
    static model::Withhold withhold(model::ItemName item, std::optional<Desk> from = {}) {
        return {item, std::move(from), schema::Reason::kProceedingsBegun, schema::Shown::kCategory,
                {},   "op-1"};
    }
    Result<void> redact(model::ItemName item, const std::string& text,
                        std::optional<Desk> from = {}) {
        return cases::redact(draft_, values_, withhold(item, std::move(from)), text);
    }
    void change(const std::function<void(Values&)>& how) {
        const Values before = values_;
        how(values_);
        follow_values(draft_, before, values_);
    }
    // "label:element text" for each derivative, in their order; what it stands for from the draft's
    // decisions, what it says from the values.
    std::vector<std::string> derivatives() {
        std::vector<std::string> out;
        for (const schema::ItemValue& value : values_[Label::kRedacted]) {
            std::string line = "nothing";
            for (const model::Withhold& one : draft_.withheld) {
                if (one.derivative == out.size() + 1) {
                    line = item_name_text(one.item);
                }
            }
            out.push_back(line + " " + std::get<schema::Redacted>(value).text);
        }
        return out;
    }

    test::SeededRandom random_{1};
    test::TestAgency a_{"opta.example", 1};
    model::Draft draft_ = test::sample_draft(a_.desk(), {}, random_);
    Values values_{{Label::kFacts, {schema::Text{"facts"}}},
                   {Label::kIndicator, {domain("a"), domain("b"), domain("c")}}};
};

using Lines = std::vector<std::string>;

TEST_F(Redaction, WithholdsTheItemAndNamesWhatGoesInItsPlace) {
    ASSERT_TRUE(redact({Label::kFacts, 0}, "some facts"));
    ASSERT_TRUE(redact({Label::kIndicator, 2}, "a domain"));
    EXPECT_EQ(derivatives(), (Lines{"facts some facts", "indicator:2 a domain"}));
    const auto& said = std::get<schema::Redacted>(values_[Label::kRedacted].at(1));
    EXPECT_EQ(said.label, "indicator");
    EXPECT_EQ(draft_.withheld.size(), 2U);
}

TEST_F(Redaction, FollowsBothValuesToTheirNewPlaces) {
    ASSERT_TRUE(redact({Label::kFacts, 0}, "some facts"));
    ASSERT_TRUE(redact({Label::kIndicator, 3}, "a domain"));
    change([](Values& values) {
        values[Label::kIndicator] = {domain("c"), domain("x"), domain("a")};
        std::swap(values[Label::kRedacted].at(0), values[Label::kRedacted].at(1));
    });
    EXPECT_EQ(derivatives(), (Lines{"indicator:1 a domain", "facts some facts"}));
}

TEST_F(Redaction, GoesWithItsOriginal) {
    ASSERT_TRUE(redact({Label::kFacts, 0}, "some facts"));
    ASSERT_TRUE(redact({Label::kIndicator, 2}, "a domain"));
    change([](Values& values) { values[Label::kIndicator] = {domain("a"), domain("x")}; });
    EXPECT_EQ(derivatives(), Lines{"facts some facts"});
    EXPECT_EQ(draft_.withheld.at(1).item.element, 2) << "what came in its place stays withheld";
    EXPECT_EQ(draft_.withheld.at(1).derivative, 0);
    change([](Values& values) { values[Label::kFacts].clear(); });
    EXPECT_TRUE(derivatives().empty());
}

TEST_F(Redaction, TakenOutLeavesTheItemWithheld) {
    ASSERT_TRUE(redact({Label::kFacts, 0}, "some facts"));
    change([](Values& values) { values[Label::kRedacted].clear(); });
    EXPECT_TRUE(derivatives().empty());
    ASSERT_EQ(draft_.withheld.size(), 1U);
    EXPECT_EQ(draft_.withheld.at(0).derivative, 0);
}

TEST_F(Redaction, NamesADerivativeOnceWhereAValueStandsTwice) {
    ASSERT_TRUE(redact({Label::kIndicator, 1}, "a domain"));
    change([](Values& values) { values[Label::kIndicator] = {domain("a"), domain("a")}; });
    EXPECT_EQ(draft_.withheld.size(), 2U);
    EXPECT_EQ(draft_.withheld.at(0).derivative, 1);
    EXPECT_EQ(draft_.withheld.at(1).derivative, 0);
}

TEST_F(Redaction, OfOneOfTwoEqualValuesStaysAsItIsHoweverOftenItIsEdited) {
    values_[Label::kIndicator] = {domain("a"), domain("a")};
    ASSERT_TRUE(redact({Label::kIndicator, 1}, "a domain"));
    change([](Values&) {});
    const auto decisions = draft_.withheld;
    EXPECT_EQ(decisions.size(), 2U);
    for (int round = 0; round < 10; ++round) {
        change([](Values&) {});
        EXPECT_EQ(draft_.withheld, decisions);
        EXPECT_EQ(derivatives(), Lines{"indicator:1 a domain"});
    }
}

TEST_F(Redaction, OfTheSameItemReplacesTheOneBeforeForThoseItIsFor) {
    const Desk one = *Desk::parse("spam@acma.example");
    const Desk other = *Desk::parse("spam@ftc.example");
    ASSERT_TRUE(redact({Label::kFacts, 0}, "first", one));
    ASSERT_TRUE(redact({Label::kFacts, 0}, "second", other));
    EXPECT_EQ(derivatives(), (Lines{"facts first", "facts second"}));
    ASSERT_TRUE(redact({Label::kFacts, 0}, "third", one));
    EXPECT_EQ(derivatives(), (Lines{"facts second", "facts third"}));
    ASSERT_TRUE(redact({Label::kFacts, 0}, "fourth"));
    EXPECT_EQ(derivatives(), Lines{"facts fourth"});
}

TEST_F(Redaction, RefusesWhatCannotBeRedactedAndChangesNothing) {
    ASSERT_TRUE(redact({Label::kFacts, 0}, "some facts"));
    const model::Draft draft = draft_;
    const Values values = values_;
    EXPECT_EQ(redact({Label::kIndicator, 0}, "x").error().code, Code::kInvalidArgument);
    EXPECT_EQ(redact({Label::kIndicator, 4}, "x").error().code, Code::kUnknownItem);
    EXPECT_EQ(redact({Label::kScale, 0}, "x").error().code, Code::kUnknownItem);
    EXPECT_EQ(redact({Label::kRedacted, 1}, "x").error().code, Code::kInvalidArgument);
    EXPECT_EQ(redact({Label::kFacts, 0}, "").error().code, Code::kInvalidArgument);
    EXPECT_EQ(redact({Label::kFacts, 0}, std::string("\0", 1)).error().code,
              Code::kInvalidArgument);
    model::Withhold silent = withhold({Label::kFacts, 0});
    silent.shown = schema::Shown::kSilent;
    EXPECT_EQ(cases::redact(draft_, values_, silent, "x").error().code, Code::kSilenceShows);
    EXPECT_EQ(draft_, draft);
    EXPECT_EQ(values_, values);
}

}  // namespace
}  // namespace lapx::cases
