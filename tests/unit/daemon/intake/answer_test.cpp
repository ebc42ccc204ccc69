#include "schema/intake/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "schema/intake/limits.hpp"

namespace lapx::schema::intake {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Mail full_mail() {
    Mail mail;
    mail.carrier = Carrier{{"R", "r@x.example"}, "FW", "id@x", Feedback{}};
    mail.carrier->feedback = Feedback{
        "abuse", "UA",          "192.0.2.1",         25, time_from("2026-11-21T18:38:17Z").value(),
        3,       {"a.example"}, {"http://a.example"}};
    mail.subject = "\u00e9 \"quoted\" \\";
    mail.from = {"D", "d@x.example"};
    mail.recipients = {"one@x.example", "two@x.example"};
    mail.recipient_count = 2;
    mail.date_raw = "today";
    mail.date = time_from("2026-11-21T18:38:17Z").value();
    mail.message_id = "m@x";
    mail.received = {{"f", "b", "192.0.2.1", {}}, {"", "", "", mail.date}};
    mail.ips = {{"192.0.2.1", {}, {}}, {"192.0.2.2", 80, mail.date}};
    mail.urls = {{"http://a.example", true}};
    mail.domains = {"a.example"};
    mail.mail_addresses = {{"From", "d@x.example"}};
    mail.attachments = {{"x.pdf", "application/pdf", 77, std::string(64, 'a')}};
    mail.authentication_results = {"spf=pass"};
    mail.problems = {"none"};
    mail.text_preview = "a\n\tb";
    return mail;
}

// The answer with one thing changed.
std::string changed(const std::function<void(json& mail)>& change) {
    json document = json::parse(print_mail(full_mail()));
    change(document["mail"]);
    return document.dump();
}

void expect_malformed(const std::string& answer, const std::string& why) {
    const auto mail = parse_answer(answer);
    ASSERT_FALSE(mail) << why;
    EXPECT_EQ(mail.error().code, Code::kIntakeRefused);
    EXPECT_THAT(mail.error().context, HasSubstr("malformed")) << why;
}

TEST(IntakeAnswer, ReadsWhatItPrints) {
    EXPECT_EQ(parse_answer(print_mail(full_mail())).value(), full_mail());
    EXPECT_EQ(parse_answer(print_mail(Mail{})).value(), Mail{});
}

TEST(IntakeAnswer, ARefusalCarriesItsReason) {
    const auto refused = parse_answer(print_refusal("this is not an e-mail"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kIntakeRefused);
    EXPECT_EQ(refused.error().context, "this is not an e-mail");
    EXPECT_EQ(parse_answer("{\"refused\":\"a\\u001bb\"}").error().context,
              "the worker gave no reason");
}

TEST(IntakeAnswer, RefusesWhatIsNoAnswer) {
    for (const char* answer : {"", "{", "[]", "null", "{}", "{\"mail\":{}}", "{\"mail\":[]}",
                               "{\"mail\":1,\"refused\":\"\"}", "{\"other\":1}"}) {
        expect_malformed(answer, answer);
    }
    const std::string good = print_mail(full_mail());
    for (std::size_t length = 0; length < good.size(); length += 7) {
        EXPECT_FALSE(parse_answer(good.substr(0, length))) << length;
    }
}

TEST(IntakeAnswer, RefusesMissingUnknownAndRepeatedKeys) {
    const json answer = json::parse(print_mail(full_mail()));
    for (const auto& [key, value] : answer["mail"].items()) {
        expect_malformed(changed([&](json& mail) { mail.erase(key); }), key);
        expect_malformed(changed([&](json& mail) { mail[key] = json{{"x", 1}}; }), key);
        expect_malformed(changed([&](json& mail) { mail[key] = 1.5; }), key);
    }
    expect_malformed(changed([](json& mail) { mail["extra"] = 1; }), "extra");
    expect_malformed(changed([](json& mail) { mail["received"][0]["extra"] = 1; }), "nested extra");
    std::string twice = print_mail(full_mail());
    const std::string key = "\"date_raw\":\"today\"";
    twice.insert(twice.find(key), key + ",");
    expect_malformed(twice, "repeated");
}

TEST(IntakeAnswer, RefusesWhatIsOverItsLimit) {
    const auto long_list = [](std::size_t size) {
        json out = json::array();
        for (std::size_t i = 0; i < size; ++i) {
            out.push_back("a.example");
        }
        return out;
    };
    EXPECT_TRUE(
        parse_answer(changed([&](json& mail) { mail["domains"] = long_list(kMaxDomains); })));
    expect_malformed(changed([&](json& mail) { mail["domains"] = long_list(kMaxDomains + 1); }),
                     "domains");
    expect_malformed(changed([](json& mail) { mail["subject"] = std::string(kMaxLine + 1, 'x'); }),
                     "subject");
    expect_malformed(
        changed([](json& mail) { mail["text_preview"] = std::string(kMaxPreview + 1, 'x'); }),
        "preview");
    expect_malformed(changed([](json& mail) { mail["ips"][0]["port"] = 65'536; }), "port");
    expect_malformed(changed([](json& mail) { mail["recipient_count"] = -1; }), "count");
    expect_malformed(changed([](json& mail) { mail["date"] = "1999-01-01T00:00:00Z"; }), "date");
    expect_malformed(changed([](json& mail) { mail["subject"] = "a\x1b[2J"; }), "control");
    expect_malformed(changed([](json& mail) { mail["text_preview"] = "a\x07"; }), "control");
    EXPECT_FALSE(parse_answer(std::string(kMaxAnswer + 1, ' ')));
}

TEST(IntakeAnswer, RefusesDeepNestingBeforeItIsBuilt) {
    for (const char* unit : {"[", "{\"a\":"}) {
        std::string deep;
        while (deep.size() < kMaxAnswer - 10) {
            deep += unit;
        }
        EXPECT_FALSE(parse_answer(deep));
    }
}

}  // namespace
}  // namespace lapx::schema::intake
