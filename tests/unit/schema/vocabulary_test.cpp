#include "schema/vocabulary.hpp"

#include <gtest/gtest.h>

#include <set>

#include "schema/codec/item_words.hpp"
#include "schema/notes/values.hpp"
#include "schema/rsit.hpp"

namespace lapx::schema {
namespace {

template <typename E>
class EveryVocabulary : public testing::Test {};

using Vocabularies =
    testing::Types<Kind, ItemClass, Sector, TrustState, Tlp, Pap, Use, Act, EntryKind, Outcome,
                   ReasonCategory, Reason, Shown, Inward, Drawn, Label, KeyRole, Channel, Precision,
                   Counting, IndicatorType, PartyRole, Confidence, AssistanceStatus, InquiryKind,
                   UrgencyLevel, ExhibitState, DataBasis>;
TYPED_TEST_SUITE(EveryVocabulary, Vocabularies);

TYPED_TEST(EveryVocabulary, HasUniqueWordsThatReadBack) {
    std::set<std::string_view> seen_words;
    std::set<int> seen_values;
    for (const auto& row : words<TypeParam>()) {
        EXPECT_TRUE(seen_words.insert(row.word).second) << row.word;
        EXPECT_TRUE(seen_values.insert(static_cast<int>(row.value)).second) << row.word;
        EXPECT_FALSE(row.meaning.empty()) << row.word;
        EXPECT_EQ(word_of(row.value), row.word);
        EXPECT_EQ(from_word<TypeParam>(row.word).value(), row.value);
        EXPECT_EQ(row.word.find(' '), std::string_view::npos);
    }
    // The numbers have no gaps, so no word was forgotten in the table.
    EXPECT_EQ(*seen_values.rbegin() - *seen_values.begin() + 1,
              static_cast<int>(seen_values.size()));
    EXPECT_FALSE(from_word<TypeParam>(""));
    EXPECT_FALSE(from_word<TypeParam>("no-such-word"));
    EXPECT_FALSE(is_known(static_cast<TypeParam>(200)));
}

TEST(Vocabulary, RefusesUnknownWordsWithTheirOwnCodes) {
    EXPECT_EQ(from_word<Kind>("x").error().code, Code::kUnknownKind);
    EXPECT_EQ(from_word<Reason>("x").error().code, Code::kUnknownReason);
    EXPECT_EQ(from_word<Label>("x").error().code, Code::kUnknownItem);
    EXPECT_EQ(from_word<Outcome>("x").error().code, Code::kInvalidArgument);
}

TEST(Reasons, StandInTheirCategories) {
    EXPECT_EQ(words<Reason>().size(), 20U);
    EXPECT_EQ(category_of(Reason::kOutOfMandate), ReasonCategory::kLaw);
    EXPECT_EQ(category_of(Reason::kCommerciallySensitive), ReasonCategory::kConfidentiality);
    EXPECT_EQ(category_of(Reason::kSecurityOrPublicPolicy), ReasonCategory::kProceedings);
    EXPECT_EQ(category_of(Reason::kIdentityUnverified), ReasonCategory::kSubstance);
    EXPECT_EQ(category_of(Reason::kReciprocity), ReasonCategory::kCooperation);
}

TEST(Template, HasTheRowsOfTheProtocol) {
    ASSERT_EQ(template_rows().size(), 26U);
    EXPECT_TRUE(template_row(Label::kExhibit).repeats);
    EXPECT_FALSE(template_row(Label::kFacts).repeats);
    EXPECT_EQ(template_row(Label::kSuspect).type, ValueType::kParty);
    EXPECT_EQ(template_row(Label::kLegalAdvice).default_class, ItemClass::kPrivileged);
    for (const auto& kind : words<Kind>()) {
        EXPECT_TRUE(is_mandatory(Label::kPurpose, kind.value));
        EXPECT_FALSE(is_mandatory(Label::kOfficer, kind.value));
    }
    EXPECT_TRUE(is_mandatory(Label::kScale, Kind::kAction));
    EXPECT_FALSE(is_mandatory(Label::kScale, Kind::kUrgent));
    EXPECT_TRUE(is_mandatory(Label::kCustodian, Kind::kUrgent));
    EXPECT_FALSE(is_mandatory(Label::kFacts, Kind::kInformation));
}

TEST(RefusalCodes, AreThoseOfAdmission) {
    EXPECT_TRUE(is_refusal_code(Code::kParcelUnreadable));
    EXPECT_TRUE(is_refusal_code(Code::kShuttingDown));
    EXPECT_TRUE(is_refusal_code(Code::kUnknownDesk));
    EXPECT_FALSE(is_refusal_code(Code::kNoteMalformed));
    EXPECT_FALSE(is_refusal_code(Code::kInternal));
}

TEST(Rsit, KnowsItsCodes) {
    EXPECT_TRUE(is_rsit_code("fraud:phishing"));
    EXPECT_FALSE(is_rsit_code("fraud:fishing"));
    EXPECT_TRUE(has_rsit_shape("fraud:fishing"));
    for (const char* bad : {"fraud", ":phishing", "fraud:", "Fraud:phishing", "a:b:c", "a b:c"}) {
        EXPECT_FALSE(has_rsit_shape(bad)) << bad;
    }
    for (const std::string_view code : rsit_codes()) {
        EXPECT_TRUE(has_rsit_shape(code));
    }
}

TEST(Values, AcceptOnlyTheirShapes) {
    EXPECT_TRUE(is_language_tag("zh-Hant-TW"));
    EXPECT_FALSE(is_language_tag("en-"));
    EXPECT_FALSE(is_language_tag("toolongtag"));
    EXPECT_FALSE(is_language_tag("1en"));
    EXPECT_TRUE(is_zone_name("America/Argentina/Buenos_Aires"));
    EXPECT_FALSE(is_zone_name("/etc/passwd"));
    EXPECT_FALSE(is_zone_name("../x"));
    EXPECT_TRUE(is_endpoint("tcp://[2001:db8::1]:5617"));
    EXPECT_TRUE(is_endpoint("tcp://node.opta.nl:1"));
    for (const char* bad :
         {"tcp://a:0", "tcp://a:65536", "tcp://a:01", "tcp://:1", "udp://a:1", "tcp://a", "tcp://",
          "tcp://*:1", "tcp://[]:1", "tcp://a b:1", "tcp://a:1/x", "tcp://a;b:1"}) {
        EXPECT_FALSE(is_endpoint(bad)) << bad;
    }
    EXPECT_TRUE(is_country("NL"));
    EXPECT_FALSE(is_country("nl"));
    EXPECT_FALSE(is_country("NLD"));
    EXPECT_EQ(date_text(date_from("2026-12-25").value()), "2026-12-25");
    EXPECT_FALSE(date_from("2026-12-25T00:00:00Z"));
    EXPECT_FALSE(date_from("2026-13-25"));
    EXPECT_TRUE(list_from("a,b"));
    for (const char* bad : {"", "a,", ",a", "a,a", "a, b", "a,\tb"}) {
        EXPECT_FALSE(list_from(bad)) << bad;
    }
}

TEST(Vkey, IsSplitAtItsFirstTwoPluses) {
    const std::string key = base64(Bytes(33, 0xfb));
    ASSERT_NE(key.find('+'), std::string::npos);
    const std::string text = "opta.nl/lapx/sign-12+01020304+" + key;
    const auto parts = split_vkey(text);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->name, "opta.nl/lapx/sign-12");
    EXPECT_EQ(parts->key_id, 0x01020304U);
    EXPECT_EQ(parts->type, 0xfb);
    const auto name = key_name_from(parts->name);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->role, KeyRole::kSign);
    EXPECT_EQ(name->number, 12U);
    EXPECT_EQ(key_name_text(*name), parts->name);
    for (const std::string& bad :
         {std::string("a+01020304"), "+01020304+" + key, "a+0102030+" + key, "a+0102030G+" + key,
          "a b+01020304+" + key, "a+01020304+" + key.substr(4), "a+01020304+" + key + "="}) {
        EXPECT_FALSE(split_vkey(bad)) << bad;
    }
    for (const char* bad :
         {"opta.nl/lapx/sign-0", "opta.nl/lapx/sign-01", "opta.nl/lapx/sign", "opta.nl/lapx/seal-1",
          "opta/lapx/sign-1", "opta.nl/other/sign-1", "opta.nl/lapx/sign-1-1", "/lapx/sign-1"}) {
        EXPECT_FALSE(key_name_from(bad)) << bad;
    }
}

}  // namespace
}  // namespace lapx::schema
