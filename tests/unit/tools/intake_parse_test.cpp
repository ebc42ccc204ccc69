#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/intake/answer.hpp"
#include "tools/intake/parse.hpp"

namespace lapx::tools::intake {
namespace {

namespace format = schema::intake;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

Result<format::Mail> parse(std::string_view octets) {
    static const bool kReady = [] {
        init_parser();
        return true;
    }();
    EXPECT_TRUE(kReady);
    return parse_mail(octets);
}

format::Mail sample(const std::string& name) {
    std::ifstream file(std::string(LAPX_SAMPLES) + "/" + name, std::ios::binary);
    EXPECT_TRUE(file.is_open()) << name;
    const std::string octets{std::istreambuf_iterator<char>(file), {}};
    const std::string before = octets;
    auto mail = parse(octets);
    EXPECT_TRUE(mail) << mail.error().context;
    EXPECT_EQ(octets, before);
    // What is read is what the daemon gets.
    EXPECT_EQ(format::parse_answer(format::print_mail(*mail)).value(), *mail);
    return *mail;
}

Time at(std::string_view text) { return time_from(text).value(); }

TEST(SampleMail, PhishingGivesItsIndicators) {
    const format::Mail mail = sample("phish-bank.eml");
    EXPECT_FALSE(mail.carrier);
    EXPECT_EQ(mail.subject,
              "Uw rekening is geblokkeerd \u2013 bevestig v\u00f3\u00f3r middernacht \u26a0\ufe0f");
    EXPECT_EQ(mail.from, (format::Address{"Klantenservice \u00ab bank.example",
                                          "klantenservice@bank.example"}));
    EXPECT_THAT(mail.recipients, ElementsAre("v.dejong@home.example"));
    EXPECT_EQ(mail.recipient_count, 1);
    EXPECT_EQ(mail.date, at("2026-11-21T08:14:03Z"));
    EXPECT_EQ(mail.message_id, "20261121081403.7F3A.4711@mailer.parcel-desk.example");
    ASSERT_EQ(mail.received.size(), 4);
    EXPECT_EQ(mail.received.at(1), (format::Hop{"relay7.parcel-desk.example", "mx1.home.example",
                                                "198.51.100.77", at("2026-11-21T08:14:07Z")}));
    EXPECT_EQ(mail.received.at(2).ip, "203.0.113.66");
    EXPECT_EQ(mail.received.at(3).ip, "10.1.4.9");
    EXPECT_THAT(mail.ips,
                ElementsAre(format::IpSeen{"192.0.2.25", {}, at("2026-11-21T08:14:09Z")},
                            format::IpSeen{"198.51.100.77", {}, at("2026-11-21T08:14:07Z")},
                            format::IpSeen{"203.0.113.66", {}, at("2026-11-21T08:14:05Z")},
                            format::IpSeen{"203.0.113.80", 8080, {}}));
    EXPECT_THAT(mail.urls,
                ElementsAre(format::Url{"https://bank.account-check.example/"
                                        "login?klant=v.dejong%40home.example&sessie=88121",
                                        true},
                            format::Url{"http://cdn.account-check.example/bg.png", false},
                            format::Url{"http://203.0.113.80:8080/voorwaarden", false},
                            format::Url{"https://www.bank.example/voorwaarden", false}));
    EXPECT_THAT(mail.domains, ElementsAre("bank.account-check.example", "cdn.account-check.example",
                                          "www.bank.example", "bank.example",
                                          "account-check.example", "mailer.parcel-desk.example"));
    EXPECT_THAT(mail.mail_addresses,
                ElementsAre(format::HeaderAddress{"From", "klantenservice@bank.example"},
                            format::HeaderAddress{"Reply-To", "verify@account-check.example"},
                            format::HeaderAddress{"Return-Path",
                                                  "bounce-4711@mailer.parcel-desk.example"}));
    EXPECT_THAT(mail.attachments,
                ElementsAre(format::Attachment{
                    "Formulier.pdf", "application/pdf", 77,
                    "68d3dbe223d4659eb030429ecc280a437eb6e9b042a59797cbbd9e16f56c1d56"}));
    EXPECT_THAT(mail.authentication_results, ElementsAre(HasSubstr("dkim=fail")));
    EXPECT_THAT(mail.problems, IsEmpty());
    EXPECT_THAT(mail.text_preview, HasSubstr("Bank N.V. \u2014 Amsterdam"));
}

TEST(SampleMail, SpamInLatin1BecomesUtf8) {
    const format::Mail mail = sample("spam-latin1.eml");
    EXPECT_EQ(mail.subject, "G\u00fcnstige Pr\u00e4parate - nur heute");
    EXPECT_THAT(mail.text_preview, HasSubstr("Gr\u00fc\u00dfe aus Z\u00fcrich"));
    EXPECT_THAT(mail.urls, ElementsAre(format::Url{"http://shop.example/a?b=1&c=2", false},
                                       format::Url{"http://spiegel.shop.example/x", false}));
    EXPECT_THAT(mail.recipients, ElementsAre("erika.mustermann@isp.example"));
    EXPECT_THAT(mail.ips, Contains(Field(&format::IpSeen::ip, "2001:db8:40::17")));
    EXPECT_EQ(mail.received.at(0).by, "mail.isp.example");
}

TEST(SampleMail, FeedbackReportIsReadThroughToTheMailItCarries) {
    const format::Mail mail = sample("arf-fraud.eml");
    ASSERT_TRUE(mail.carrier);
    EXPECT_EQ(mail.carrier->from.address, "feedback@provider.example");
    ASSERT_TRUE(mail.carrier->feedback);
    const format::Feedback& feedback = *mail.carrier->feedback;
    EXPECT_EQ(feedback.type, "fraud");
    EXPECT_EQ(feedback.source_ip, "198.51.100.9");
    EXPECT_EQ(feedback.incidents, 12);
    EXPECT_EQ(feedback.arrival, at("2026-11-16T09:58:31Z"));
    EXPECT_THAT(feedback.reported_domains, ElementsAre("win.example"));
    EXPECT_THAT(feedback.reported_urls, ElementsAre("http://win.example/claim"));
    EXPECT_EQ(mail.subject, "Gewonnen!");
    EXPECT_EQ(mail.from.address, "lotto@win.example");
    EXPECT_THAT(mail.ips,
                ElementsAre(format::IpSeen{"198.51.100.9", 40022, at("2026-11-16T09:58:31Z")}));
    // The reporter's own link is no indicator; the victim's address in base64 is noticed.
    EXPECT_THAT(mail.urls,
                ElementsAre(format::Url{
                    "http://win.example/claim?m=bS5wZWV0ZXJzQHByb3ZpZGVyLmV4YW1wbGU=", true}));
}

TEST(SampleMail, HostileMailIsReadAsFarAsItGoes) {
    const format::Mail mail = sample("hostile.eml");
    EXPECT_THAT(mail.attachments, ElementsAre(Field(&format::Attachment::name, "x.pdf"),
                                              Field(&format::Attachment::name, "invoicefdp.exe"),
                                              Field(&format::Attachment::name, "part-3")));
    EXPECT_EQ(mail.attachments.at(0).size, 3);
    EXPECT_FALSE(mail.date);
    EXPECT_EQ(mail.recipient_count, 1'000);
    EXPECT_THAT(mail.recipients, ElementsAre("x@y.example"));
    EXPECT_THAT(mail.domains, Contains("bad.example"));
    EXPECT_THAT(mail.problems, Contains(HasSubstr("nested too deeply")));
    EXPECT_THAT(mail.problems, Contains(HasSubstr("file name held folders")));
    EXPECT_THAT(mail.problems, Contains(HasSubstr("unknown character set")));
}

TEST(ParsedMail, ForwardedMessageIsTheEvidence) {
    const std::string inner =
        "Received: from a.example ([192.0.2.9]) by b.example; Sat, 21 Nov 2026 08:14:03 +0000\n"
        "From: x@evil.example\nSubject: inner\n\nhttp://evil.example/\n";
    for (const std::string type : {"message/rfc822", "text/rfc822-headers"}) {
        const auto mail = parse(
            "From: me@home.example\nSubject: Fwd\nTo: desk@regulator.example\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nlook: http://me.example/\n--b\n"
            "Content-Type: " +
            type + "\n\n" + inner + "--b--\n");
        ASSERT_TRUE(mail) << mail.error().context;
        ASSERT_TRUE(mail->carrier);
        EXPECT_EQ(mail->carrier->subject, "Fwd");
        EXPECT_EQ(mail->subject, "inner");
        EXPECT_THAT(mail->urls, ElementsAre(format::Url{"http://evil.example/", false}));
        EXPECT_THAT(mail->ips, ElementsAre(Field(&format::IpSeen::ip, "192.0.2.9")));
    }
}

TEST(ParsedMail, LineEndsOfEveryKindAreRead) {
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        const auto mail = parse("From: x@y.example" + end + "Subject: a" + end + " b" + end + end +
                                "http://c.example/" + end);
        ASSERT_TRUE(mail);
        EXPECT_EQ(mail->subject, "a b");
        EXPECT_THAT(mail->urls, ElementsAre(format::Url{"http://c.example/", false}));
    }
}

}  // namespace
}  // namespace lapx::tools::intake
