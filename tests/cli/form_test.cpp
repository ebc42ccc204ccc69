#include "tools/lapx/form.hpp"

#include <gmock/gmock.h>

#include "schema/codec/item_text.hpp"
#include "tests/unit/schema/samples.hpp"
#include "tools/lapx/proforma.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
using schema::Label;
using schema::test::Samples;
using testing::HasSubstr;
using testing::StartsWith;

json item(Label label, const std::string& value) {
    return {{"label", schema::word_of(label)}, {"value", value}};
}

json referral() {
    return {
        {"referral", "0193"},
        {"to", {"spam@acma.example"}},
        {"kind", "urgent"},
        {"state", "draft"},
        {"handling",
         {{"tlp", "AMBER"},
          {"pap", "GREEN"},
          {"uses", {"administrative", "civil"}},
          {"onward", "ask"},
          {"until", "2027-01-31T23:00:00Z"},
          {"attribution", nullptr},
          {"no_resale", false}}},
        {"items",
         {item(Label::kAddressees, "spam@acma.example"), item(Label::kFacts, "one\ntwo"),
          item(Label::kIndicator, "domain a.example"), item(Label::kIndicator, "domain b.example"),
          item(Label::kExhibit, "mail.eml; 7 octets")}}};
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
}

json changes(const std::string& form) {
    const auto out = changes_in(form, referral());
    EXPECT_TRUE(out) << out.error().context;
    return out.value_or(json());
}

Error error_of(const std::string& form) {
    const auto out = changes_in(form, referral());
    EXPECT_FALSE(out);
    return out ? Error{} : out.error();
}

TEST(ProForma, EveryExampleIsAValueOfItsItem) {
    for (const schema::TemplateRow& row : schema::template_rows()) {
        EXPECT_FALSE(help_of(row.label).why.empty());
        if (can_be_typed(row.label)) {
            EXPECT_TRUE(schema::item_from_text(row.label, help_of(row.label).example))
                << schema::word_of(row.label);
        }
    }
}

TEST(ProForma, TheUsualAnswerIsAValueOfItsItem) {
    const std::string seen = usual_answer(Label::kSeen, Time{std::chrono::seconds{1800000000}});
    EXPECT_EQ(seen, "2027-01-15");
    EXPECT_TRUE(schema::item_from_text(Label::kSeen, seen));
}

TEST(Form, HoldsEveryLabelOfTheTemplateInOrderWithItsReason) {
    const std::string form = print_form(referral());
    std::size_t at = 0;
    for (const schema::TemplateRow& row : schema::template_rows()) {
        at = form.find("\n# " + std::string(schema::word_of(row.label)) + ": ", at);
        ASSERT_NE(at, std::string::npos) << schema::word_of(row.label);
    }
    EXPECT_THAT(form, HasSubstr("\n# grading = \"B2\"\n"));
    EXPECT_THAT(form, HasSubstr("\nfacts = \"\"\"\none\ntwo\"\"\"\n"));
    EXPECT_THAT(form, HasSubstr("\n# attribution = "));
    for (std::size_t line = 0; line != std::string::npos;) {
        const std::size_t end = form.find('\n', line);
        EXPECT_LE(end - line, 140U) << form.substr(line, end - line);
        line = end + 1 < form.size() ? end + 1 : std::string::npos;
    }
}

TEST(Form, OfAnyDraftChangesNothingAsItIs) {
    const std::vector<std::string> hostile{
        "",          "\"\"\"",          "a\n\"\"\"\n",      "\\n\\", "\r\n\t",
        "\n# facts", "\xe2\x80\xae \n", "[items]\nx = 1\n", "\n\n ", "\xf0\x9f\x90\x9f\xc2\x9b"};
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Samples samples(seed);
        json draft = referral();
        draft["items"] = json::array();
        draft["handling"]["no_resale"] = samples.maybe();
        draft["handling"]["attribution"] = samples.maybe() ? json(samples.text()) : json();
        draft["returned"] = {{"by", "op-2"}, {"at", ""}, {"text", hostile[seed % hostile.size()]}};
        for (const schema::TemplateRow& row : schema::template_rows()) {
            const std::size_t count = samples.below(row.repeats ? 4 : 2);
            for (std::size_t i = 0; i < count; ++i) {
                const std::string value =
                    samples.maybe() ? hostile[samples.below(hostile.size())]
                                    : schema::describe_item(
                                          samples.value(static_cast<std::size_t>(row.type) - 1));
                draft["items"].push_back(item(row.label, value));
            }
        }
        const std::string form = print_form(draft);
        const auto body = changes_in(form, draft);
        ASSERT_TRUE(body) << seed << body.error().context << "\n" << form;
        ASSERT_EQ(*body, json::object()) << seed << "\n" << form;
    }
}

TEST(Form, IsPlainTextForATerminal) {
    json draft = referral();
    draft["items"] = {item(Label::kFacts, "\xc2\x9b[2J\xe2\x80\xae")};
    draft["returned"] = {{"by", "op-2"}, {"text", "\x1b[2J"}};
    const std::string form = print_form(draft);
    for (const char* bad : {"\xc2\x9b", "\xe2\x80\xae", "\x1b"}) {
        EXPECT_THAT(form, testing::Not(HasSubstr(bad)));
    }
}

TEST(Form, GivesOneChangeForAllThatIsNew) {
    std::string form = print_form(referral());
    form = replaced(form, "kind = \"urgent\"", "kind = \"action\"");
    form = replaced(form, "tlp = \"AMBER\"", "tlp = \"RED\"");
    form = replaced(form, "# attribution = \"OPTA\"", "attribution = \"ACM\"");
    form = replaced(form, "\nuntil = ", "\n# until = ");
    form = replaced(form, "# resale", "resale");
    form = replaced(form, "one\ntwo", "one\nthree");
    form = replaced(form, "\"domain b.example\"", "\"domain c.example\"");
    form = replaced(form, "# grading = \"B2\"", "grading = \"A1\"");
    EXPECT_EQ(changes(form), json::parse(R"({"kind":"action","tlp":"RED","attribution":"ACM",
        "until":"","no_resale":true,"set":{"facts":["one\nthree"],"grading":["A1"],
        "indicator":["domain a.example","domain c.example"]}})"));
}

TEST(Form, TakesOutWhatIsNoLongerInIt) {
    const std::string form = print_form(referral());
    EXPECT_EQ(changes(replaced(form, "facts = \"\"\"\none\ntwo\"\"\"", "")),
              json::parse(R"({"unset":["facts"]})"));
    EXPECT_EQ(
        changes(replaced(form, "\n    \"domain a.example\",\n    \"domain b.example\",\n", "")),
        json::parse(R"({"unset":["indicator"]})"));
}

TEST(Form, RefusesWhatItDoesNotKnowWithLineAndColumn) {
    const std::string items = "kind = \"urgent\"\n[items]\n";
    EXPECT_EQ(error_of(items + "fact = \"x\"").code, Code::kUnknownItem);
    EXPECT_THAT(error_of(items + "fact = \"x\"").context, StartsWith("line 3, column 1: "));
    for (const auto& [form, place] : std::vector<std::pair<std::string, std::string>>{
             {"tp = [\"a@b.example\"]", "line 1, column 1: "},
             {"to = [\"a@b.example\",\n    \"nobody\"]", "line 2, column 5: "},
             {"[handling]\ntlp = \"PINK\"", "line 2, column 7: "},
             {"[handling]\nresale = \"yes\"", "line 2, column 10: "},
             {"[handling]\nuntil = \"soon\"", "line 2, column 9: "},
             {"[handling]\nonward = \"no\\nbody\"", "line 2, column 10: "},
             {"[handling]\ntpl = \"RED\"", "line 2, column 1: "},
             {"[other]\nx = \"y\"", "line 2, column 1: "},
             {"[items]\nscale = \"many\"", "line 2, column 9: "},
             {"[items]\nindicator = [\n  \"domain a.example\",\n  \"?\"]", "line 4, column 3: "},
             {"[items]\nfacts = [\"a\", \"b\"]", "line 2, column 1: "},
             {"[items]\nfacts = 7", "line 2, column 9: "},
             {"[items]\nfacts = \"open", "line 2, column "},
             {"[items.more]\nfacts = \"x\"", "line 1, column "},
             {"[items]\nfacts = \"a\"\nfacts = \"b\"", "line 3, column "}}) {
        const Error error = error_of(form);
        EXPECT_EQ(error.code, Code::kInvalidArgument) << form;
        EXPECT_THAT(error.context, StartsWith(place)) << form;
    }
    EXPECT_EQ(error_of("kind = \"tip\"").code, Code::kUnknownKind);
    EXPECT_EQ(error_of("[items]\nexhibit = \"x\"").code, Code::kUnknownItem);
    EXPECT_EQ(error_of("[items]\naddressees = \"a@b.example\"").code, Code::kUnknownItem);
}

TEST(Form, TellsNothingOfAValueThatIsRefused) {
    EXPECT_THAT(error_of("[items]\nscale = \"secret\"").context, testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace lapx::cli
