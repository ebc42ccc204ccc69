#include <fstream>

#include <gmock/gmock.h>

#include "tests/cli/support.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(CommandLine, ShowsItsCommandsToANewcomer) {
    Shell shell;
    const Outcome outcome = shell({});
    EXPECT_EQ(outcome.exit, Exit::kDone);
    for (const Command& command : commands()) {
        const std::string name = command.name;
        EXPECT_THAT(outcome.out, HasSubstr("\n  " + name.substr(0, name.find(' '))));
    }
}

TEST(CommandLine, ExplainsEveryCommandWithAnExample) {
    Shell shell;
    for (const Command& command : commands()) {
        std::vector<std::string> words{"help"};
        std::istringstream name(command.name);
        for (std::string word; name >> word;) {
            words.push_back(word);
        }
        const Outcome outcome = shell(words);
        EXPECT_EQ(outcome.exit, Exit::kDone) << command.name;
        EXPECT_THAT(outcome.out, HasSubstr(std::string("lapx ") + command.example));
        EXPECT_THAT(std::string(command.example), testing::StartsWith(command.name));
        EXPECT_THAT(outcome.out, HasSubstr(command.summary));
    }
}

TEST(CommandLine, LeavesWithTwoForWrongUsage) {
    Shell shell;
    for (const std::vector<std::string>& words : {std::vector<std::string>{"bogus"},
                                                  {"status", "--bogus"},
                                                  {"show"},
                                                  {"contact"},
                                                  {"contact", "bogus"},
                                                  {"help", "bogus"},
                                                  {"summary", "--from", "2026-01-01"},
                                                  {"init", "--country", "nl"},
                                                  {"contact", "verify", "acma.example"}}) {
        const Outcome outcome = shell(words);
        EXPECT_EQ(outcome.exit, Exit::kUsage) << words.back();
        EXPECT_THAT(outcome.err, HasSubstr("lapx: error: ")) << words.back();
        EXPECT_EQ(outcome.out, "") << words.back();
    }
}

TEST(CommandLine, GivesErrorsAsJsonToo) {
    Shell shell;
    EXPECT_EQ(shell({"bogus", "--json"}).code(), "invalid-argument");
    shell.variables["LAPX_HOME"] = "/nonexistent/lapx";
    const Outcome outcome = shell({"--json", "status"});
    EXPECT_EQ(outcome.exit, Exit::kUnreachable);
    EXPECT_EQ(outcome.code(), "node-unreachable");
    EXPECT_THAT(outcome.err, HasSubstr("lapx: hint: "));
}

TEST(CommandLine, GivesAHintForWrongUsageInJsonToo) {
    Shell shell;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"bogus", "--json"}, {"help", "bogus", "--json"}}) {
        EXPECT_THAT(shell(words).json()["error"]["hint"].get<std::string>(),
                    HasSubstr("lapx help"));
    }
}

TEST(CommandLine, ExplainsItselfAsJsonToo) {
    Shell shell;
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"help", "contact", "add", "--json"},
          {"contact", "add", "--help", "--json"}}) {
        const Outcome outcome = shell(words);
        EXPECT_EQ(outcome.exit, Exit::kDone);
        EXPECT_THAT(outcome.json()["help"].get<std::string>(), HasSubstr("Their card file"));
    }
    EXPECT_THAT(shell({"--json"}).json()["help"].get<std::string>(), HasSubstr("outbox"));
    EXPECT_EQ(shell({"--json", "--version"}).json()["program"], "lapx");
    EXPECT_EQ(shell({"--version"}).out,
              "lapx " + shell({"--version", "--json"}).json()["version"].get<std::string>() + "\n");
}

TEST(CommandLine, SaysWhereANodeIsLookedFor) {
    Shell shell;
    shell.variables["LAPX_HOME"] = "/nonexistent/lapx";
    const Outcome outcome = shell({"status"});
    EXPECT_THAT(outcome.err, HasSubstr("there is no node in /nonexistent/lapx"));
    EXPECT_THAT(outcome.err, HasSubstr("--home DIR or LAPX_HOME=DIR"));
}

TEST(CommandLine, FailsWhereItsOutputCannotBeWritten) {
    std::istringstream in;
    for (const std::vector<std::string>& words : {std::vector<std::string>{"list", "reasons"},
                                                  {"list", "reasons", "--json"},
                                                  {"help"},
                                                  {"help", "--json"},
                                                  {"--version"},
                                                  {"status", "--help"}}) {
        std::ofstream full("/dev/full");
        std::ostringstream err;
        const auto none = [](const char*) { return std::optional<std::string>(); };
        Environment env{in, full, err, false, false, false, none, nullptr};
        EXPECT_EQ(run(words, env), Exit::kRefused) << words.front();
        EXPECT_EQ(err.str(), "lapx: error: standard output cannot be written (io)\n");
    }
}

TEST(CommandLine, TakesNoCardForWhatHasItsOwn) {
    const test::TempDir folder;
    Shell shell;
    std::ofstream(folder.path("card")) << "lapx/card@v1\n";
    for (const std::string& path : {folder.path(""), folder.path("card")}) {
        const Outcome outcome = shell({"verify", path, "--card", folder.path("card"), "--json"});
        EXPECT_EQ(outcome.exit, Exit::kRefused);
        EXPECT_EQ(outcome.code(), "invalid-argument");
    }
}

TEST(CommandLine, LeavesWithThreeWhereNobodyAnswers) {
    const test::TempDir folder;
    Shell shell;
    const Outcome outcome = shell({"status", "--socket", folder.path("control.sock")});
    EXPECT_EQ(outcome.exit, Exit::kUnreachable);
    EXPECT_THAT(outcome.err, HasSubstr("no node answers"));
}

TEST(CommandLine, ListsItsVocabulariesWithoutANode) {
    Shell shell;
    const json reasons = shell({"list", "reasons", "--json"}).json();
    EXPECT_EQ(reasons["items"].size(), 20U);
    EXPECT_TRUE(reasons["next"].is_null());
    EXPECT_EQ(shell({"list", "items", "--json"}).json()["items"].size(), 26U);
    EXPECT_EQ(shell({"list", "kinds", "--json"}).json()["items"].size(), 5U);
    EXPECT_THAT(shell({"list", "reasons"}).out, HasSubstr("commercially-sensitive"));
}

TEST_F(WithNode, TakesTheSocketOfTheHomesConfiguration) {
    const std::string home = folder_.path("home");
    std::filesystem::create_directory(home);
    std::ofstream(home + "/config.toml") << "agency = \"opta.example\"\n[control]\nsocket = \""
                                         << folder_.path("control.sock") << "\"\n";
    std::filesystem::permissions(home + "/config.toml", std::filesystem::perms::owner_read);
    node_.answer("GET", "/v1/status", json{{"agency", "opta.example"}});
    node_.start();
    EXPECT_EQ(shell_({"status", "--home", home}).exit, Exit::kDone);
    shell_.variables["LAPX_HOME"] = home;
    EXPECT_THAT(shell_({"status"}).out, HasSubstr("opta.example"));
    // --socket wins over everything.
    EXPECT_EQ(shell_({"status", "--socket", folder_.path("none")}).exit, Exit::kUnreachable);
}

TEST_F(WithNode, ReportsTheNodesErrorWithItsHint) {
    node_.answer("POST", "/v1/referrals/{id}/send",
                 {control::error_reply({Code::kNotVerified, "acma.example is a stranger"})});
    node_.start();
    const Outcome outcome = lapx({"send", "0193", "--json"});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    EXPECT_EQ(outcome.code(), "not-verified");
    EXPECT_THAT(outcome.err, HasSubstr("lapx: error: acma.example is a stranger (not-verified)"));
    EXPECT_THAT(outcome.err, HasSubstr("lapx: hint: compare the safety number"));
}

TEST_F(WithNode, SaysWhatToDoAboutWhatIsNotPermitted) {
    node_.answer(
        "POST", "/v1/referrals/{id}/approve",
        {control::error_reply({Code::kNotPermitted, "an approver other than the drafter"})});
    node_.start();
    const Outcome outcome = lapx({"approve", "0193"});
    EXPECT_THAT(outcome.err, HasSubstr("lapx: hint: "));
    EXPECT_THAT(outcome.err, HasSubstr("self_approval"));
}

TEST_F(WithNode, NamesAReferralByTheAgencysOwnNumber) {
    node_.answer(
        "POST", "/v1/referrals/{id}/approve",
        json{{"referral", "x"}, {"state", "awaiting-approval"}, {"messages", json::array()}});
    node_.start();
    EXPECT_EQ(lapx({"approve", "opta.nl/2026-147"}).exit, Exit::kDone);
    EXPECT_EQ(node_.requests().at(0).path.at(1), "opta.nl/2026-147");
}

TEST_F(WithNode, FollowsAListToItsEnd) {
    node_.answer(
        "GET", "/v1/inbox",
        {control::Reply{.body = json::parse(R"({"items":[{"referral":"a"}],"next":"c1"})")},
         control::Reply{.body = json::parse(R"({"items":[{"referral":"b"}],"next":null})")}});
    node_.start();
    const json list = lapx({"inbox", "--json"}).json();
    EXPECT_EQ(list, json::parse(R"({"items":[{"referral":"a"},{"referral":"b"}],"next":null})"));
    EXPECT_EQ(node_.requests().at(1).query.at("cursor"), "c1");
}

TEST_F(WithNode, EscapesWhatPeersWroteInTablesAndInJson) {
    node_.answer(
        "GET", "/v1/inbox",
        json{{"items", {{{"referral", "r"}, {"peer", "\033]0;x\a\u202E"}}}}, {"next", nullptr}});
    node_.start();
    EXPECT_THAT(lapx({"inbox"}).out, Not(HasSubstr("\033")));
    const Outcome outcome = lapx({"inbox", "--json"});
    EXPECT_THAT(outcome.out, Not(HasSubstr("\u202E")));
    EXPECT_EQ(outcome.json()["items"][0]["peer"], "\033]0;x\a\u202E");
}

TEST_F(WithNode, WritesInColourOnlyForATerminalThatWantsIt) {
    node_.answer("GET", "/v1/inbox", json{{"items", {{{"referral", "r"}}}}, {"next", nullptr}});
    node_.start();
    EXPECT_THAT(lapx({"inbox"}).out, Not(HasSubstr("\033[1m")));
    shell_.terminal = true;
    EXPECT_THAT(lapx({"inbox"}).out, HasSubstr("\033[1m"));
    shell_.variables["NO_COLOR"] = "1";
    EXPECT_THAT(lapx({"inbox"}).out, Not(HasSubstr("\033[1m")));
}

TEST_F(WithNode, AddsARevocationNoteAsWhatItIs) {
    node_.answer("POST", "/v1/contacts", json{{"agency", "a.example"}, {"state", "stranger"}});
    node_.answer("POST", "/v1/revocations", json{{"agency", "a.example"}, {"state", "revoked"}});
    node_.start();
    std::ofstream(folder_.path("card")) << "lapx/card@v1\nrest\n";
    std::ofstream(folder_.path("revoke")) << "lapx/revoke@v1\nrest\n";
    const Outcome added = lapx({"contact", "add", folder_.path("card")});
    EXPECT_THAT(added.err, HasSubstr("contact verify a.example"));
    EXPECT_EQ(lapx({"contact", "add", folder_.path("revoke")}).exit, Exit::kDone);
    EXPECT_EQ(node_.requests().at(0).body["card_file"], "lapx/card@v1\nrest\n");
    EXPECT_EQ(node_.requests().at(1).body["note"], "lapx/revoke@v1\nrest\n");
}

TEST_F(WithNode, FiltersContacts) {
    node_.answer("GET", "/v1/contacts", json::parse(R"({"next":null,"items":[
        {"agency":"a.example","sector":"industry","country":"NL","desks":[{"id":"abuse","topics":["phishing"]}]},
        {"agency":"b.example","sector":"enforcement","country":"NL","desks":[{"id":"spam","topics":[]}]}]})"));
    node_.start();
    EXPECT_EQ(lapx({"contact", "list", "--json"}).json()["items"].size(), 2U);
    EXPECT_EQ(lapx({"contact", "list", "--sector", "industry", "--json"}).json()["items"].size(),
              1U);
    EXPECT_EQ(
        lapx({"contact", "list", "--topic", "phishing", "--json"}).json()["items"][0]["agency"],
        "a.example");
    EXPECT_EQ(lapx({"contact", "list", "--country", "AU", "--json"}).json()["items"].size(), 0U);
}

TEST_F(WithNode, LeavesWithOneForABrokenLedger) {
    node_.answer(
        "GET", "/v1/ledger/verify",
        json{{"ok", false}, {"size", 3}, {"problems", {"entry 2 does not hash to its leaf"}}});
    node_.start();
    const Outcome outcome = lapx({"ledger", "verify"});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    EXPECT_THAT(outcome.out, HasSubstr("entry 2"));
}

TEST_F(WithNode, WritesAnExportOfSeveralPartsAndNoUnsafePath) {
    node_.answer("POST", "/v1/ledger/export",
                 {control::Reply{.body = {{"files", {{"checkpoint", "YQ=="}}}, {"next", "1"}}},
                  control::Reply{.body = {{"files", {{"tile/0/000", "Yg=="}}}, {"next", nullptr}}},
                  control::Reply{.body = {{"files", {{"../x", "Yg=="}}}, {"next", nullptr}}}});
    node_.start();
    EXPECT_EQ(lapx({"ledger", "export", "-o", folder_.path("out")}).exit, Exit::kDone);
    EXPECT_TRUE(std::filesystem::exists(folder_.path("out/tile/0/000")));
    EXPECT_EQ(node_.requests().at(1).body["cursor"], "1");
    EXPECT_EQ(lapx({"ledger", "export", "-o", folder_.path("out")}).exit, Exit::kRefused);
    EXPECT_EQ(lapx({"ledger", "export", "-o", folder_.path("out2")}).exit, Exit::kRefused);
    EXPECT_FALSE(std::filesystem::exists(folder_.path("x")));
}

TEST_F(WithNode, DoctorNamesTheCauseAndLeavesWithOne) {
    node_.answer("GET", "/v1/status",
                 json::parse(R"({"agency":"opta.example","version":"0.1.0","warnings":[],
        "peers":[{"agency":"b.example","state":"verified","connected":true},
                 {"agency":"c.example","state":"stranger","connected":false}]})"));
    node_.answer("GET", "/v1/ledger/verify",
                 json{{"ok", true}, {"size", 3}, {"problems", json::array()}});
    node_.start();
    shell_.variables["LAPX_HOME"] = folder_.path("nowhere");
    const Outcome outcome = lapx({"doctor", "--json"});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    std::size_t bad = 0;
    const json document = outcome.json();
    for (const json& item : document["items"]) {
        if (!item["ok"].get<bool>()) {
            ++bad;
            EXPECT_THAT(item["detail"].get<std::string>(), HasSubstr("c.example"));
            EXPECT_THAT(item["hint"].get<std::string>(), HasSubstr("safety number"));
        }
    }
    EXPECT_EQ(bad, 1U);
}

}  // namespace
}  // namespace lapx::cli
