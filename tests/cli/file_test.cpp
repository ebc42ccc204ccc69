#include <fstream>

#include <gmock/gmock.h>

#include "schema/base/bytes.hpp"
#include "tests/cli/support.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const json kDraft =
    json::parse(R"({"referral":"0193","state":"draft","to":["spam@acma.example"],"kind":"urgent",
    "items":[{"item":4,"label":"purpose","class":"AS","present":true,"summary":"take it down"},
             {"item":9,"label":"scale","class":"SH","present":false,"summary":""}],
    "withheld":[],"messages":[]})");

TEST_F(WithNode, FileSendsTheMessageOctetForOctet) {
    node_.answer("POST", "/v1/drafts", kDraft);
    node_.start();
    const std::string mail = std::string("From: x\r\n\r\n\0\xff", 13) + "\n";
    std::ofstream(folder_.path("mail.eml"), std::ios::binary) << mail;
    const Outcome outcome = lapx({"file",
                                  "--to",
                                  "spam@acma.example",
                                  "--kind",
                                  "urgent",
                                  "--withhold",
                                  "scale=commercially-sensitive",
                                  "--set",
                                  "purpose=a=b",
                                  "--set",
                                  "indicator=domain a.example",
                                  "--set",
                                  "indicator=domain b.example",
                                  "--external-id",
                                  "opta.nl/1",
                                  "--use",
                                  "civil",
                                  "--tlp",
                                  "AMBER",
                                  folder_.path("mail.eml")});
    EXPECT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("take it down"));
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("scale"))) << "absent items are not shown";
    EXPECT_THAT(outcome.err, HasSubstr("lapx preview 0193 --as spam@acma.example"));
    const json body = node_.requests().at(0).body;
    EXPECT_EQ(body["message_base64"], base64(as_bytes(mail)));
    EXPECT_EQ(body["message_name"], "mail.eml");
    EXPECT_EQ(body["to"], json({"spam@acma.example"}));
    EXPECT_EQ(body["set"]["purpose"], "a=b");
    EXPECT_EQ(body["set"]["indicator"], json({"domain a.example", "domain b.example"}));
    EXPECT_EQ(body["withhold"],
              json::parse(R"([{"item":"scale","reason":"commercially-sensitive"}])"));
    EXPECT_EQ(body["uses"], json({"civil"}));
    EXPECT_EQ(body["send"], false);
}

TEST_F(WithNode, FileTakesSeveralRecipientsInEitherWay) {
    node_.answer("POST", "/v1/drafts", kDraft);
    node_.start();
    lapx({"file", "--to", "a@x.example", "--to", "b@x.example"});
    lapx({"file", "--to", "a@x.example", "b@x.example"});
    for (const auto& request : node_.requests()) {
        EXPECT_EQ(request.body["to"], json({"a@x.example", "b@x.example"}));
        EXPECT_FALSE(request.body.contains("message_base64"));
    }
    EXPECT_EQ(node_.requests().size(), 2U);
}

TEST_F(WithNode, FileMakesOneReferralOfEachMessage) {
    node_.answer("POST", "/v1/drafts", kDraft);
    node_.start();
    std::ofstream(folder_.path("1.eml")) << "one";
    std::ofstream(folder_.path("2.eml")) << "two";
    const json both = lapx({"file", "--json", "--to", "a@x.example", folder_.path("1.eml"),
                            folder_.path("2.eml")})
                          .json();
    EXPECT_EQ(both["items"].size(), 2U);
    EXPECT_EQ(node_.requests().at(1).body["message_base64"], base64(as_bytes("two")));
    EXPECT_EQ(
        lapx({"file", "--json", "--to", "a@x.example", folder_.path("1.eml")}).json()["referral"],
        "0193");
}

TEST_F(WithNode, FileRefusesWhatItCannotRead) {
    node_.start();
    EXPECT_EQ(lapx({"file", "--json", "--to", "a@x.example", folder_.path("none")}).code(),
              "not-found");
    EXPECT_EQ(lapx({"file", "--json", folder_.path("none")}).code(), "no-recipient");
    EXPECT_EQ(lapx({"file", "--json", "--to", "a@x.example", "--withhold", "scale"}).code(),
              "invalid-argument");
    EXPECT_TRUE(node_.requests().empty());
}

TEST_F(WithNode, FileReadsEveryMessageBeforeItSendsTheFirst) {
    node_.answer("POST", "/v1/drafts", kDraft);
    node_.start();
    std::ofstream(folder_.path("1.eml")) << "one";
    EXPECT_EQ(lapx({"file", "--send", "--json", "--to", "a@x.example", folder_.path("1.eml"),
                    folder_.path("none")})
                  .code(),
              "not-found");
    EXPECT_TRUE(node_.requests().empty());
}

TEST_F(WithNode, FileTellsWhatIsDoneBesideAnError) {
    const control::Reply refusal = control::error_reply({Code::kDiskFull, "no room"});
    node_.answer(
        "POST", "/v1/drafts",
        {control::Reply{.body = kDraft}, refusal, control::Reply{.body = kDraft}, refusal});
    node_.start();
    std::ofstream(folder_.path("1.eml")) << "one";
    std::ofstream(folder_.path("2.eml")) << "two";
    const std::vector<std::string> words{"file", "--to", "a@x.example", folder_.path("1.eml"),
                                         folder_.path("2.eml")};
    const Outcome told = lapx(words);
    EXPECT_EQ(told.exit, Exit::kRefused);
    EXPECT_THAT(told.out, HasSubstr("0193"));
    EXPECT_THAT(told.err, HasSubstr("no room"));
    std::vector<std::string> as_json = words;
    as_json.emplace_back("--json");
    const Outcome outcome = lapx(as_json);
    EXPECT_EQ(outcome.code(), "disk-full");
    EXPECT_EQ(outcome.json()["items"].size(), 1U);
    EXPECT_EQ(outcome.json()["items"][0]["referral"], "0193");
}

TEST_F(WithNode, SaysWhereThereIsNothingToWithhold) {
    node_.answer("POST", "/v1/drafts", kDraft);
    node_.answer("POST", "/v1/referrals/{id}/withhold", kDraft);
    node_.start();
    const std::string remark = "scale is empty: there is nothing to withhold";
    EXPECT_THAT(lapx({"file", "--to", "a@x.example", "--withhold", "scale=confidential"}).err,
                HasSubstr(remark));
    EXPECT_THAT(lapx({"withhold", "0193", "scale", "--reason", "confidential"}).err,
                HasSubstr(remark));
    EXPECT_THAT(lapx({"withhold", "0193", "purpose", "--reason", "confidential"}).err,
                testing::Not(HasSubstr("is empty")));
}

TEST_F(WithNode, FileDryRunShowsEachCopyAndKeepsNothing) {
    node_.answer("POST", "/v1/drafts", kDraft);
    node_.answer(
        "GET", "/v1/referrals/{id}/preview",
        json::parse(
            R"({"referral":"0193","view":"lapx/view@v1\nto a@x.example\ntlp AMBER\nitem 1 silent\n",
                     "disclosed":[{"item":4,"label":"purpose","value":"take it down"}],"withheld":[]})"));
    node_.answer("POST", "/v1/referrals/{id}/discard", json{{"state", "discarded"}});
    node_.start();
    const Outcome outcome =
        lapx({"file", "--dry-run", "--send", "--to", "a@x.example", "--to", "b@x.example"});
    EXPECT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("To b@x.example"));
    EXPECT_THAT(outcome.out, HasSubstr("tlp AMBER"));
    const auto requests = node_.requests();
    EXPECT_EQ(requests.at(0).body["send"], false) << "a dry run never sends";
    EXPECT_EQ(requests.at(1).query.at("as"), "a@x.example");
    EXPECT_EQ(requests.back().path, (std::vector<std::string>{"referrals", "0193", "discard"}));
}

TEST_F(WithNode, FileDryRunThrowsTheDraftAwayAlsoWhenThePreviewFails) {
    node_.answer("POST", "/v1/drafts", kDraft);
    node_.answer("GET", "/v1/referrals/{id}/preview",
                 {control::error_reply({Code::kItemMissing, "purpose"})});
    node_.answer("POST", "/v1/referrals/{id}/discard", json{{"state", "discarded"}});
    node_.start();
    EXPECT_EQ(lapx({"file", "--dry-run", "--json", "--to", "a@x.example"}).code(), "item-missing");
    EXPECT_EQ(node_.requests().back().path.back(), "discard");
}

TEST_F(WithNode, AwaitingApprovalIsNoFailure) {
    json draft = kDraft;
    draft["state"] = "awaiting-approval";
    node_.answer("POST", "/v1/drafts", draft);
    node_.start();
    const Outcome outcome = lapx({"file", "--send", "--to", "a@x.example"});
    EXPECT_EQ(outcome.exit, Exit::kDone);
    EXPECT_THAT(outcome.err, HasSubstr("an approver"));
    EXPECT_EQ(node_.requests().at(0).body["send"], true);
}

json lacking(const std::vector<std::string>& labels) {
    json draft = kDraft;
    draft["missing"] = labels;
    return draft;
}

TEST_F(WithNode, FileAsksAtATerminalForWhatIsMissingAndSendsThen) {
    node_.answer("POST", "/v1/drafts",
                 {control::error_reply({Code::kItemMissing, "missing: facts, seen, indicator"}),
                  control::Reply{.body = lacking({"facts", "seen", "indicator"})}});
    json sent = kDraft;
    sent["state"] = "sent";
    node_.answer("PATCH", "/v1/referrals/{id}",
                 {control::Reply{.body = kDraft}, control::Reply{.body = sent}});
    node_.start();
    shell_.terminal = true;
    shell_.input = "what happened\n\nnonsense\ndomain a.example\ndomain b.example\n\n";
    const Outcome outcome = lapx({"file", "--send", "--to", "a@x.example"});
    EXPECT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("They decide on this alone"));
    EXPECT_THAT(outcome.err, HasSubstr("That is not ip|domain"));
    EXPECT_THAT(outcome.out, HasSubstr("sent"));
    const auto requests = node_.requests();
    ASSERT_EQ(requests.size(), 4U);
    EXPECT_EQ(requests[1].body["send"], false);
    EXPECT_EQ(requests[2].body["set"]["facts"], json({"what happened"}));
    EXPECT_EQ(requests[2].body["set"]["seen"][0].get<std::string>().size(), 10U) << "today";
    EXPECT_EQ(requests[2].body["set"]["indicator"], json({"domain a.example", "domain b.example"}));
    EXPECT_EQ(requests[3].body, json({{"send", true}}));
}

TEST_F(WithNode, FileKeepsTheDraftAndWhatWasAnsweredWhenThePersonLeaves) {
    node_.answer("POST", "/v1/drafts", lacking({"facts", "scale"}));
    node_.answer("PATCH", "/v1/referrals/{id}", lacking({"scale"}));
    node_.start();
    shell_.terminal = true;
    shell_.input = "what happened\n";
    const Outcome outcome = lapx({"file", "--to", "a@x.example"});
    EXPECT_EQ(outcome.exit, Exit::kDone);
    EXPECT_EQ(node_.requests().back().body, json::parse(R"({"set":{"facts":["what happened"]}})"));
    EXPECT_THAT(outcome.err, HasSubstr("Still missing: scale. Next: lapx edit 0193"));
}

TEST_F(WithNode, FileAsksNothingWithoutATerminalOrAsJson) {
    node_.answer("POST", "/v1/drafts", lacking({"facts"}));
    node_.start();
    EXPECT_THAT(lapx({"file", "--to", "a@x.example"}).err, HasSubstr("Still missing: facts"));
    shell_.terminal = true;
    EXPECT_EQ(lapx({"file", "--json", "--to", "a@x.example"}).json()["missing"], json({"facts"}));
    EXPECT_EQ(node_.requests().size(), 2U);
}

}  // namespace
}  // namespace lapx::cli
