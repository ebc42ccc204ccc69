#include "config/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include <sys/stat.h>

#include "tests/support/temp_dir.hpp"

namespace lapx::config {
namespace {

using schema::ItemClass;
using schema::Label;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kRule = "[[rule]]\nname = \"a\"\nclass = [\"SH\"]\ndecide = \"share\"\n";

void expect_refused(const std::string& text, const std::string& where, const std::string& what) {
    const auto policy = parse_policy(text);
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().code, Code::kConfigInvalid);
    EXPECT_THAT(policy.error().context, HasSubstr(where)) << text;
    EXPECT_THAT(policy.error().context, HasSubstr(what)) << text;
}

TEST(DisclosurePolicyFile, BuiltInIsTheCommentedExample) {
    std::ifstream file(LAPX_EXAMPLE_POLICY);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(builtin_policy(), text);
    const auto policy = parse_policy(text);
    ASSERT_TRUE(policy) << policy.error().context;
    EXPECT_EQ(policy->text, text);
    EXPECT_EQ(policy->rules.size(), 5U);
    EXPECT_THAT(policy->classes_of(Label::kSuspect),
                ElementsAre(ItemClass::kConfidential, ItemClass::kPersonalData));
    EXPECT_THAT(policy->octets, ElementsAre(ItemClass::kConfidential));
}

TEST(DisclosurePolicyFile, SaysNothingWhereItIsEmpty) {
    const auto policy = parse_policy("");
    ASSERT_TRUE(policy);
    EXPECT_TRUE(policy->rules.empty());
    for (const schema::TemplateRow& row : schema::template_rows()) {
        EXPECT_THAT(policy->classes_of(row.label), ElementsAre(row.default_class));
    }
}

TEST(DisclosurePolicyFile, ReadsEveryCondition) {
    const auto policy = parse_policy(
        "[[rule]]\nname = \"all of it\"\nclass = [\"PD\", \"CF\"]\nitem = \"suspect\"\n"
        "sector = [\"enforcement\"]\ncountry = [\"NL\", \"AU\"]\nagency = [\"acma.gov.au\"]\n"
        "desk = [\"spam@ftc.gov\"]\ntrust = [\"verified\"]\nkind = [\"urgent\"]\n"
        "tlp = [\"AMBER+STRICT\"]\npap = [\"RED\"]\ndecide = \"never\"\n"
        "reason = \"national-law\"\nshow = \"silent\"\n");
    ASSERT_TRUE(policy) << policy.error().context;
    const Rule& rule = policy->rules.front();
    EXPECT_EQ(rule.decide, Decide::kNever);
    EXPECT_EQ(rule.reason, schema::Reason::kNationalLaw);
    EXPECT_EQ(condition_text(rule),
              "sector enforcement; country NL, AU; agency acma.gov.au; desk spam@ftc.gov; trust "
              "verified; kind urgent; tlp AMBER+STRICT; pap RED");
    EXPECT_EQ(condition_text(parse_policy(kRule)->rules.front()), "always");
}

TEST(DisclosurePolicyFile, ReadsADelayInSecondsMinutesOrHours) {
    const auto delay = [](const std::string& text) {
        return parse_policy("release_delay = \"" + text + "\"\n");
    };
    EXPECT_EQ(parse_policy("")->release_delay, std::chrono::seconds{0});
    EXPECT_EQ(delay("1s")->release_delay, std::chrono::seconds{1});
    EXPECT_EQ(delay("10m")->release_delay, std::chrono::minutes{10});
    EXPECT_EQ(delay("24h")->release_delay, std::chrono::hours{24});
    EXPECT_EQ(delay("86400s")->release_delay, std::chrono::hours{24});
    for (const char* text : {"", "s", "10", "0s", "-1s", "25h", "86401s", "1441m", "1 m", "1.5h",
                             "01m", "1d", "9223372036854775807h", "99999999999999999999s"}) {
        expect_refused("release_delay = \"" + std::string(text) + "\"\n", "line 1, column 17",
                       "at most 24 hours");
    }
    expect_refused("release_delay = 10\n", "line 1, column 17", "a text");
}

TEST(DisclosurePolicyFile, AsksForFourEyesOnlyWhereSomethingCanGo) {
    const auto rules = parse_policy(std::string(kRule) + "four_eyes = true\n")->rules;
    EXPECT_TRUE(rules.front().four_eyes);
    EXPECT_FALSE(parse_policy(kRule)->rules.front().four_eyes);
    expect_refused(std::string(kRule) + "four_eyes = \"yes\"\n", "line 5, column 13",
                   "true or false");
    for (const char* value : {"true", "false"}) {
        expect_refused(
            "[[rule]]\nname = \"a\"\nclass = \"PD\"\ndecide = \"never\"\nreason = "
            "\"confidential\"\nshow = \"silent\"\nfour_eyes = " +
                std::string(value) + "\n",
            "line 7, column 13", "never goes");
    }
}

TEST(DisclosurePolicyFile, RefusesWhatItDoesNotUnderstandWithLineAndColumn) {
    const std::string rule(kRule);
    expect_refused("[classes]\nfact = [\"SH\"]\n", "line 2, column 1", "unknown item \"fact\"");
    expect_refused("[classes]\nfacts = [\"SH\", \"XX\"]\n", "line 2, column 16", "unknown class");
    expect_refused("[classes]\nfacts = []\n", "line 2", "empty");
    expect_refused("[classes]\nlegal-advice = [\"SH\"]\n", "line 2, column 16", "PV");
    expect_refused(rule + "sector = [\"police\"]\n", "line 5, column 11", "unknown sector");
    expect_refused(rule + "item = [\"facs\"]\n", "line 5, column 9", "unknown item");
    expect_refused(rule + "kind = [\"urgnt\"]\n", "line 5, column 9", "unknown kind");
    expect_refused(rule + "country = [\"nl\"]\n", "line 5, column 12", "capital");
    expect_refused(rule + "agency = [\"nobody\"]\n", "line 5, column 11", "no agency");
    expect_refused(rule + "desk = [\"nobody\"]\n", "line 5, column 9", "DESK@AGENCY");
    expect_refused(rule + "trust = []\n", "line 5", "empty");
    expect_refused(rule + "show = \"silent\"\n", "line 5, column 8", "shared");
    expect_refused(rule + "colour = 1\n", "line 5, column 1", "unknown key");
    expect_refused(rule + rule, "line 5", "two rules");
    expect_refused("[[rule]]\nname = \"a\"\ndecide = \"share\"\n", "line 1", "class or an item");
    expect_refused("[[rule]]\nname = \"a\"\nclass = \"PV\"\ndecide = \"share\"\n",
                   "line 4, column 10", "PV never leaves");
    expect_refused("[[rule]]\nname = \"a\"\nclass = \"PD\"\ndecide = \"ask\"\n", "line 1",
                   "reason is missing");
    expect_refused(
        "[[rule]]\nname = \"a\"\nclass = \"PD\"\ndecide = \"ask\"\n"
        "reason = \"because\"\nshow = \"silent\"\n",
        "line 5, column 10", "unknown reason");
    expect_refused("[[rule]]\nname = \"a\"\nclass = \"PD\"\ndecide = \"maybe\"\n",
                   "line 4, column 10", "share, ask, never");
    expect_refused("rule = 1\n", "line 1", "[[rule]]");
    expect_refused("nonsense", "line 1", "");
}

TEST(DisclosurePolicyFile, IsReadFromTheHomeOrElseBuiltIn) {
    const test::TempDir folder;
    const std::filesystem::path path = folder.path("disclosure.toml");
    EXPECT_EQ(load_policy(path)->text, builtin_policy());
    std::ofstream(path) << kRule;
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    EXPECT_EQ(load_policy(path).error().code, Code::kUnsafePermissions);
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    EXPECT_EQ(load_policy(path)->text, kRule);
    std::ofstream(path) << "rule = 1";
    EXPECT_THAT(load_policy(path).error().context, HasSubstr("disclosure.toml: line 1"));
}

}  // namespace
}  // namespace lapx::config
