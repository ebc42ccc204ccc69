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
    add_defaults(values, schema::Kind::kUrgent, *Agency::parse("opta.example"), "NL", Time{});
    EXPECT_EQ(values[Label::kPurpose], std::vector<schema::ItemValue>{schema::Text{"mine"}});
    EXPECT_EQ(std::get<schema::Urgency>(values[Label::kUrgency].at(0)).level,
              schema::UrgencyLevel::kUrgent);
    EXPECT_TRUE(values[Label::kDataProtection].empty());
}

TEST(ItemName, NamesALabelOrOneElementOfIt) {
    EXPECT_EQ(*item_name_from("indicator"), (model::ItemName{Label::kIndicator, 0}));
    EXPECT_EQ(*item_name_from("indicator:3"), (model::ItemName{Label::kIndicator, 3}));
    EXPECT_EQ(item_name_text(*item_name_from("suspect:2")), "suspect:2");
    EXPECT_EQ(item_name_from("sender").error().code, Code::kUnknownItem);
    EXPECT_EQ(item_name_from("indicator:0").error().code, Code::kInvalidArgument);
    EXPECT_EQ(item_name_from("indicator:x").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace lapx::cases
