#include "daemon/cases/drafting.hpp"

#include <gtest/gtest.h>

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
        follow_values(draft_, of(old), of(now));
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

TEST_F(Decisions, OnAWholeLabelStay) {
    draft_.withheld = {withheld(0)};
    draft_.permitted = {{{Label::kIndicator, 0}, "op-1"}};
    EXPECT_EQ(after({"a", "b"}, {"x"}), Elements{0});
    EXPECT_EQ(draft_.permitted.size(), 1U);
}

}  // namespace
}  // namespace lapx::cases
