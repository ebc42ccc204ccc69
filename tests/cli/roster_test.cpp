#include <fstream>

#include <gmock/gmock.h>

#include "tests/cli/support.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const char* const kNumber = "56109 91951 10433 78827 81276 12075 28750 25225";
const char* const kNote = "lapx/roster@v1\n…\n\n— x y\n";

json roster() {
    return {{"name", "Call \u202E"},
            {"from", "opta.nl"},
            {"created", "2026-11-21T18:38:17Z"},
            {"number", kNumber}};
}

json member(const char* agency, bool own, const char* compared, const json& state,
            const json& here) {
    return {{"agency", agency},         {"own", own},
            {"compared", compared},     {"state", state},
            {"safety_number", "11111"}, {"safety_number_here", here}};
}

class RosterCommand : public WithNode {
  protected:
    RosterCommand() { std::ofstream(file_) << kNote; }
    json sent() { return node_.requests().at(0).body; }

    std::string file_ = folder_.path("call.roster");
};

TEST_F(RosterCommand, ShowsTheNumberAndHowEachMemberCompares) {
    json shown = roster();
    shown["members"] = json::array({member("acma.example", false, "differs", "stranger", "22222"),
                                    member("ftc.example", false, "unknown", nullptr, nullptr),
                                    member("opta.nl", true, "same", nullptr, "33333")});
    shown["not_listed"] = json::array({{{"agency", "mic.example"}, {"state", "verified"}}});
    shown["problem"] = {{"code", "roster-differs"}, {"message", "another root: acma.example"}};
    node_.answer("POST", "/v1/rosters/comparison", shown);
    node_.start();
    const Outcome outcome = lapx({"roster", "show", file_});
    EXPECT_EQ(outcome.exit, Exit::kDone);
    EXPECT_EQ(sent(), (json{{"note", kNote}}));
    EXPECT_THAT(outcome.out, HasSubstr(kNumber));
    EXPECT_THAT(outcome.out, Not(HasSubstr("\u202E")));
    EXPECT_THAT(outcome.out,
                testing::ContainsRegex("acma.example +differs +stranger +11111 +22222"));
    EXPECT_THAT(outcome.out, testing::ContainsRegex("ftc.example +unknown +11111"));
    EXPECT_THAT(outcome.out, testing::ContainsRegex("opta.nl +same +this agency +11111"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("33333")));
    EXPECT_THAT(outcome.out, HasSubstr("mic.example  verified"));
    EXPECT_THAT(outcome.err, HasSubstr("another root: acma.example (roster-differs)"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("roster verify")));
}

TEST_F(RosterCommand, SaysWhatToDoWithAGoodOne) {
    json shown = roster();
    shown["members"] = json::array({member("opta.nl", true, "same", nullptr, "11111")});
    shown["not_listed"] = json::array();
    shown["problem"] = nullptr;
    node_.answer("POST", "/v1/rosters/comparison", shown);
    node_.start();
    EXPECT_THAT(lapx({"roster", "show", file_}).err,
                HasSubstr("lapx roster verify " + file_ + " --number"));
}

TEST_F(RosterCommand, VerifiesWithTheNumberThatWasHeard) {
    json done = roster();
    done["items"] = json::array({{{"agency", "acma.example"},
                                  {"state", "verified"},
                                  {"now_verified", true},
                                  {"refused", nullptr}},
                                 {{"agency", "ftc.example"},
                                  {"state", nullptr},
                                  {"now_verified", false},
                                  {"refused", nullptr}}});
    done["next"] = nullptr;
    node_.answer("POST", "/v1/rosters/verification", done);
    node_.start();
    const Outcome outcome = lapx({"roster", "verify", file_, "--number", kNumber});
    EXPECT_EQ(sent(), (json{{"note", kNote}, {"number", kNumber}}));
    EXPECT_THAT(outcome.out, testing::ContainsRegex("acma.example +verified +yes"));
    EXPECT_THAT(outcome.out, testing::ContainsRegex("ftc.example +not known here +no"));
    EXPECT_EQ(lapx({"roster", "verify", file_}).exit, Exit::kUsage);
}

TEST_F(RosterCommand, ComparesTwoOrOneWithWhomTheNodeKnows) {
    json found{{"first", roster()}, {"second", roster()}, {"same", 2}, {"next", nullptr}};
    found["items"] = json::array({{{"agency", "acma.example"},
                                   {"difference", "only-first"},
                                   {"first", "11111"},
                                   {"second", nullptr}}});
    json with_directory = found;
    with_directory["second"] = nullptr;
    node_.answer("POST", "/v1/rosters/difference",
                 {control::Reply{.body = found}, control::Reply{.body = with_directory}});
    node_.start();
    const Outcome two = lapx({"roster", "diff", file_, file_});
    EXPECT_EQ(sent(), (json{{"note", kNote}, {"other", kNote}}));
    EXPECT_THAT(two.out, testing::ContainsRegex("acma.example +only-first +11111"));
    const Outcome one = lapx({"roster", "diff", file_});
    EXPECT_EQ(node_.requests().at(1).body, (json{{"note", kNote}}));
    EXPECT_THAT(one.out, HasSubstr("the agencies known here"));
}

TEST_F(RosterCommand, WritesWhatTheNodeSigned) {
    json made = roster();
    made["note"] = kNote;
    made["members"] = json::array({"acma.example", "opta.nl"});
    node_.answer("POST", "/v1/rosters", made);
    node_.start();
    const std::string out = folder_.path("made");
    EXPECT_THAT(lapx({"roster", "make", "--name", "Call", "acma.example", "-o", out}).out,
                HasSubstr("acma.example, opta.nl"));
    EXPECT_EQ(sent(), (json{{"name", "Call"}, {"members", {"acma.example"}}}));
    std::ifstream file(out);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), kNote);
    EXPECT_EQ(lapx({"roster", "make", "--name", "Call"}).out, kNote);
    EXPECT_EQ(node_.requests().at(1).body, (json{{"name", "Call"}}));
}

}  // namespace
}  // namespace lapx::cli
