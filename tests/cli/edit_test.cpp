#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/cli/support.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const json kWhole = json::parse(R"({"referral":"0193","direction":"out","state":"draft",
    "kind":"urgent","to":["spam@acma.example"],"missing":[],"returned":null,
    "handling":{"tlp":"AMBER","pap":"AMBER","uses":["administrative"],"onward":"ask","until":null,
                "attribution":null,"no_resale":false},
    "items":[{"item":5,"label":"facts","value":"what happened"}]})");
const json kChanged = json::parse(R"({"referral":"0193","state":"draft","to":[],"kind":"urgent",
    "items":[{"item":5,"label":"facts","class":"SH","present":true,"summary":"what else"}],
    "withheld":[],"messages":[],"missing":["seen","custodian"]})");

class Edit : public WithNode {
  protected:
    Edit() {
        node_.answer("GET", "/v1/referrals/{id}", kWhole);
        node_.answer("PATCH", "/v1/referrals/{id}", kChanged);
        shell_.variables["TMPDIR"] = folder_.path("tmp");
        std::filesystem::create_directory(folder_.path("tmp"));
    }
    json sent() { return node_.requests().back().body; }
    // An editor that does this to its file, $1.
    void editor(const std::string& script) {
        std::ofstream(folder_.path("editor")) << "#!/bin/sh\n" << script << "\n";
        ::chmod(folder_.path("editor").c_str(), 0700);
        shell_.variables["EDITOR"] = folder_.path("editor");
        shell_.terminal = true;
    }
    std::vector<std::filesystem::path> left() {
        std::vector<std::filesystem::path> out;
        for (const auto& each :
             std::filesystem::recursive_directory_iterator(folder_.path("tmp"))) {
            if (each.is_regular_file()) {
                out.push_back(each.path());
            }
        }
        return out;
    }
};

TEST_F(Edit, SendsWhatTheOptionsSay) {
    node_.start();
    const Outcome outcome = lapx({"edit",          "0193",
                                  "--set",         "facts=what else",
                                  "--set",         "indicator=domain a.example",
                                  "--set",         "indicator=domain b.example",
                                  "--unset",       "grading",
                                  "--unset",       "officer",
                                  "--to",          "a@x.example",
                                  "--kind",        "action",
                                  "--tlp",         "RED",
                                  "--pap",         "GREEN",
                                  "--use",         "civil",
                                  "--onward",      "none",
                                  "--until",       "2027-01-31",
                                  "--attribution", "OPTA",
                                  "--no-resale"});
    EXPECT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_EQ(sent(), json::parse(R"({"set":{"facts":"what else",
        "indicator":["domain a.example","domain b.example"]},"unset":["grading","officer"],
        "to":["a@x.example"],"kind":"action","tlp":"RED","pap":"GREEN","uses":["civil"],
        "onward":"none","until":"2027-01-31","attribution":"OPTA","no_resale":true})"));
    EXPECT_EQ(node_.requests().back().method, "PATCH");
    EXPECT_THAT(outcome.out, HasSubstr("what else"));
    EXPECT_THAT(outcome.err, HasSubstr("Still missing: seen, custodian"));
}

TEST_F(Edit, WithoutAnythingToDoSaysWhatToGive) {
    node_.start();
    EXPECT_EQ(lapx({"edit", "0193", "--json"}).code(), "invalid-argument");
    EXPECT_THAT(lapx({"edit", "0193"}).err, HasSubstr("--set ITEM=VALUE"));
    EXPECT_EQ(lapx({"edit", "0193", "--form", "--form-file", "x"}).exit, Exit::kUsage);
    EXPECT_TRUE(node_.requests().empty());
}

TEST_F(Edit, PrintsTheFormAndTakesItBack) {
    node_.start();
    const std::string form = lapx({"edit", "0193", "--form"}).out;
    EXPECT_EQ(lapx({"edit", "0193", "--form", "--json"}).json()["form"], form);
    std::ofstream(folder_.path("form")) << form;
    const Outcome same = lapx({"edit", "0193", "--form-file", folder_.path("form")});
    EXPECT_EQ(same.exit, Exit::kDone) << same.err;
    EXPECT_THAT(same.err, HasSubstr("nothing was changed"));
    EXPECT_EQ(node_.requests().back().method, "GET") << "the same is no change";
    std::ofstream(folder_.path("form")) << "[items]\nfacts = \"what else\"\n";
    EXPECT_EQ(lapx({"edit", "0193", "-F", folder_.path("form")}).exit, Exit::kDone);
    EXPECT_EQ(sent(), json::parse(R"({"set":{"facts":["what else"]}})"));
}

TEST_F(Edit, SaysLineAndColumnOfAMistakeInAForm) {
    node_.start();
    std::ofstream(folder_.path("form")) << "[items]\nfacts = \"x\"\nscale = \"many\"\n";
    const Outcome outcome = lapx({"edit", "0193", "-F", folder_.path("form"), "--json"});
    EXPECT_EQ(outcome.code(), "invalid-argument");
    EXPECT_THAT(outcome.json()["error"]["message"].get<std::string>(),
                testing::StartsWith("line 3, column 9: scale is: "));
    EXPECT_EQ(node_.requests().back().method, "GET");
}

TEST_F(Edit, OpensAnEditorOnAPrivateFileAndLeavesNothing) {
    node_.start();
    editor("stat -c '%a %n' \"$1\" \"$(dirname \"$1\")\" >" + folder_.path("seen") +
           "\nsed -i 's/what happened/what else/' \"$1\"");
    const Outcome outcome = lapx({"edit", "0193"});
    EXPECT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_EQ(sent(), json::parse(R"({"set":{"facts":["what else"]}})"));
    std::stringstream seen;
    seen << std::ifstream(folder_.path("seen")).rdbuf();
    EXPECT_THAT(seen.str(), HasSubstr("600 "));
    EXPECT_THAT(seen.str(), HasSubstr("\n700 "));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path("tmp")));
}

TEST_F(Edit, PrefersVisualAndPassesItsArguments) {
    node_.start();
    editor("exit 1");
    shell_.variables["VISUAL"] = "sed -i -e 's/what happened/with arguments/'";
    EXPECT_EQ(lapx({"edit", "0193"}).exit, Exit::kDone);
    EXPECT_EQ(sent(), json::parse(R"({"set":{"facts":["with arguments"]}})"));
}

TEST_F(Edit, OffersToEditAgainWhatWasTypedBefore) {
    node_.start();
    editor(
        "grep -q 'scale = \"many\"' \"$1\" && sed -i 's/\"many\"/\"victims=3\"/' \"$1\" ||\n"
        "sed -i 's/^# scale = .*/scale = \"many\"/' \"$1\"");
    shell_.input = "\n";
    const Outcome outcome = lapx({"edit", "0193"});
    EXPECT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("scale is: "));
    EXPECT_EQ(sent(), json::parse(R"({"set":{"scale":["victims=3"]}})"));
}

TEST_F(Edit, KeepsWhatWasTypedWhereThePersonGivesUp) {
    node_.start();
    editor("sed -i 's/^# scale = .*/scale = \"many\"/' \"$1\"");
    shell_.input = "no\n";
    const Outcome outcome = lapx({"edit", "0193"});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    ASSERT_EQ(left().size(), 1U);
    EXPECT_THAT(outcome.err, HasSubstr("what you typed is in " + left().front().string()));
    std::stringstream kept;
    kept << std::ifstream(left().front()).rdbuf();
    EXPECT_THAT(kept.str(), HasSubstr("scale = \"many\""));
}

TEST_F(Edit, KeepsNothingWhereTheEditorFailsAndNothingWasTyped) {
    node_.start();
    editor("exit 3");
    EXPECT_EQ(lapx({"edit", "0193"}).exit, Exit::kRefused);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path("tmp")));
    EXPECT_EQ(node_.requests().size(), 1U);
}

TEST_F(WithNode, EditTakesADraftOnly) {
    json sent = kWhole;
    sent["state"] = "delivered";
    node_.answer("GET", "/v1/referrals/{id}", sent);
    node_.start();
    EXPECT_EQ(lapx({"edit", "0193", "--form", "--json"}).code(), "wrong-state");
}

TEST_F(WithNode, EditKeepsWhatWasTypedWhenTheNodeRefuses) {
    node_.answer("GET", "/v1/referrals/{id}", kWhole);
    node_.answer("PATCH", "/v1/referrals/{id}",
                 {control::error_reply({Code::kWrongState, "it has been sent"})});
    node_.start();
    shell_.terminal = true;
    shell_.input = "no\n";
    shell_.variables["TMPDIR"] = folder_.path();
    shell_.variables["EDITOR"] = "sed -i 's/what happened/what else/'";
    const Outcome outcome = lapx({"edit", "0193"});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    EXPECT_THAT(outcome.err, HasSubstr("it has been sent; what you typed is in "));
}

TEST_F(WithNode, ReturnSaysWhatIsToBeChanged) {
    json returned = kChanged;
    returned["returned"] = {{"by", "op-2"}, {"at", "2026-11-21T18:38:17Z"}, {"text", "no scale"}};
    node_.answer("POST", "/v1/referrals/{id}/return", returned);
    node_.start();
    const Outcome outcome = lapx({"return", "0193", "-m", "no scale"});
    EXPECT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("op-2 at 2026-11-21T18:38:17Z: no scale"));
    EXPECT_EQ(node_.requests().back().body, json({{"text", "no scale"}}));
    std::ofstream(folder_.path("text")) << "from a file\n";
    lapx({"return", "0193", "-F", folder_.path("text")});
    EXPECT_EQ(node_.requests().back().body, json({{"text", "from a file\n"}}));
    EXPECT_EQ(lapx({"return", "0193", "--json"}).code(), "invalid-argument");
    EXPECT_EQ(lapx({"return", "0193", "-m", "x", "-F", "y"}).exit, Exit::kUsage);
    EXPECT_EQ(node_.requests().size(), 2U);
    shell_.terminal = true;
    shell_.variables["TMPDIR"] = folder_.path();
    shell_.variables["EDITOR"] = "echo 'as typed' >";
    EXPECT_EQ(lapx({"return", "0193"}).exit, Exit::kDone);
    EXPECT_EQ(node_.requests().back().body, json({{"text", "as typed\n"}}));
}

TEST_F(WithNode, DraftsShowWhatTheApproverSaid) {
    node_.answer("GET", "/v1/drafts",
                 json::parse(R"({"items":[{"referral":"0193","peer":"a","desk":"b","kind":"urgent",
        "state":"draft","created":"","due":null,
        "returned":{"by":"op-2","at":"2026-11-21T18:38:17Z","text":"no scale"}}],"next":null})"));
    node_.start();
    EXPECT_THAT(lapx({"drafts"}).out,
                HasSubstr("returned by op-2 at 2026-11-21T18:38:17Z: no scale"));
}

TEST(ListItems, ExplainsOne) {
    Shell shell;
    const Outcome outcome = shell({"list", "items", "scale"});
    EXPECT_THAT(outcome.out, HasSubstr("mandatory for action"));
    EXPECT_THAT(outcome.out, HasSubstr("complaints=412"));
    EXPECT_EQ(shell({"list", "items", "scale", "--json"}).json()["item"], "scale");
    EXPECT_EQ(shell({"list", "items", "scales", "--json"}).code(), "unknown-item");
    EXPECT_FALSE(shell({"list", "items", "--json"}).json()["items"][0]["why"].empty());
}

}  // namespace
}  // namespace lapx::cli
