#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/feedback.hpp"
#include "tools/intake/prescan.hpp"
#include "tools/intake/received.hpp"
#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

using testing::HasSubstr;

void expect_refused(const std::string& mail, const std::string& why) {
    const auto scan = prescan(mail);
    ASSERT_FALSE(scan) << why;
    EXPECT_EQ(scan.error().code, Code::kIntakeRefused);
    EXPECT_THAT(scan.error().context, HasSubstr(why));
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) {
        out += text;
    }
    return out;
}

TEST(Prescan, RefusesWhatIsNoEmail) {
    for (const std::string mail :
         {"", "\n", "{\"a\": 1}\n", "no colon here\n\n", "To\n\nTo: x\n"}) {
        expect_refused(mail, "no header fields");
    }
    expect_refused(std::string("To: a\0b\n\n", 10), "NUL");
}

TEST(Prescan, PassesAnOrdinaryMailWhole) {
    const std::string mail = "To: a@b.example\r\n\r\nbody\0\xff\r\n";
    const auto scan = prescan(mail);
    ASSERT_TRUE(scan);
    EXPECT_EQ(scan->message, mail);
    EXPECT_FALSE(scan->more_messages);
}

TEST(Prescan, BoundsTheHeader) {
    EXPECT_TRUE(prescan("A: " + std::string(16'000, 'x') + "\n\n"));
    expect_refused("A: " + std::string(17'000, 'x') + "\n\n", "16 KiB");
    expect_refused("A: b\n" + repeat(" folded\n", 3'000) + "\n", "16 KiB");
    expect_refused(repeat("A: " + std::string(10'000, 'x') + "\n", 30) + "\n", "256 KiB");
    expect_refused(repeat("A: b\n", 1'001) + "\n", "1,000 fields");
    EXPECT_TRUE(prescan(repeat("A: b\n", 1'000) + "\n"));
}

TEST(Prescan, BoundsAddressFieldsOfEmbeddedMessages) {
    const std::string outer = "A: b\n\nContent-Type: message/rfc822\n\n";
    expect_refused(outer + "to: " + repeat("g:", 50'000) + "\n\n", "address field");
    expect_refused(outer + "Resent-Cc : x\n" + repeat("\tg:g:g:g:g:g\n", 2'000), "address field");
    EXPECT_TRUE(prescan(outer + "Dear all: " + repeat("g:", 50'000) + "\n\n"));
}

TEST(Prescan, CountsPartsHoweverTheBoundaryIsWritten) {
    for (const std::string boundary :
         {"boundary=b", "BoundarY = \"b\"", "boundary*=us-ascii''b", "boundary*0=b",
          "boundary(a comment)=b", "boundary\n =b", "boundary=\"\\b\"", "boundary=\"\""}) {
        const std::string header = "Content-Type: multipart/mixed;\n " + boundary + "\n\n";
        EXPECT_TRUE(prescan(header + repeat("--b\n\nx\n", 400))) << boundary;
        expect_refused(header + repeat("--b\n\nx\n", 600), "500 parts");
    }
    expect_refused("A: b\n\n" + repeat("boundary=x\n", 501), "500 parts");
    expect_refused("A: b\n\n" + repeat("Content-Type: message/rfc822\n\n", 1'001), "500 parts");
    EXPECT_TRUE(prescan("A: b\n\n" + repeat("-- \n--------\n", 5'000)));
}

TEST(Prescan, TakesTheFirstMessageOfAnMbox) {
    const std::string first = "To: a\n\nFrom here on: 2014\n\n";
    const std::string separator = "From x@y.example Fri Jan 31 07:19:11 2014\n";
    auto scan = prescan(separator + first);
    ASSERT_TRUE(scan);
    EXPECT_FALSE(scan->more_messages);
    const std::string both = separator + first + separator + "To: b\n\n";
    scan = prescan(both);
    ASSERT_TRUE(scan);
    EXPECT_EQ(scan->message, first);
    EXPECT_TRUE(scan->more_messages);
}

TEST(Prescan, NoticesLinesThatEndInCarriageReturnsAlone) {
    const auto scan = prescan("To: a\r\rbody\r");
    ASSERT_TRUE(scan);
    EXPECT_TRUE(scan->lone_carriage_returns);
}

TEST(ReceivedField, IsReadAsManyServersWriteIt) {
    struct Case {
        std::string value;
        std::string from;
        std::string by;
        std::string ip;
    };
    const std::vector<Case> cases{
        {"from a.example (b.example [192.0.2.1]) by c.example (Postfix) with ESMTP id X; now",
         "a.example", "c.example", "192.0.2.1"},
        {"from [192.0.2.2] (helo=[10.0.0.1]) by c.example with esmtp (Exim 4.96); now",
         "[192.0.2.2]", "c.example", "192.0.2.2"},
        {"from unknown (HELO a.example) (192.0.2.3) by c.example with SMTP; now", "unknown",
         "c.example", "192.0.2.3"},
        {"from a.example (HELO 10.9.8.7) (192.0.2.3) by c.example; now", "a.example", "c.example",
         "192.0.2.3"},
        {"from a.example ([IPv6:2001:DB8:0:0::1]:2525) by c.example; now", "a.example", "c.example",
         "2001:db8::1"},
        {"from a.example ([IPv6:2001:DB8:0:0::1]) by c.example; now", "a.example", "c.example",
         "2001:db8::1"},
        {"from a.example ([192.0.2.4]:41022 helo=x) by c.example; now", "a.example", "c.example",
         "192.0.2.4"},
        {"from a.example [192.0.2.5] by c.example for <x@y.example>; now", "a.example", "c.example",
         "192.0.2.5"},
        {"from a.example (192-0-2-6.pool.example [192.0.2.6] (may be forged)) by c.example; now",
         "a.example", "c.example", "192.0.2.6"},
        {"from a.example (1.2.3.4.pool.example [192.0.2.7]) by c.example; now", "a.example",
         "c.example", "192.0.2.7"},
        {"(qmail 99419 invoked from network); now", "", "", ""},
        {"by c.example (Postfix, from userid 110) id 3F1C2; now", "", "c.example", ""},
        {"from x by (((((( ; now", "x", "", ""},
    };
    for (const Case& each : cases) {
        const ReceivedField read = read_received(each.value);
        EXPECT_EQ(read.from, each.from) << each.value;
        EXPECT_EQ(read.by, each.by) << each.value;
        EXPECT_EQ(read.ip, each.ip) << each.value;
        EXPECT_EQ(read.date, " now") << each.value;
    }
}

TEST(IpAddress, IsPublicUnlessReservedForLocalUse) {
    for (const char* ip :
         {"192.0.2.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:192.0.2.1"}) {
        EXPECT_TRUE(is_public_ip(ip)) << ip;
    }
    for (const char* ip : {"10.0.0.1", "127.0.0.1", "192.168.1.1", "172.31.255.1", "169.254.1.1",
                           "100.64.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "::", "::1",
                           "fe80::1", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "", "x"}) {
        EXPECT_FALSE(is_public_ip(ip)) << ip;
    }
    EXPECT_EQ(normal_ip("2001:DB8:0::1"), "2001:db8::1");
    EXPECT_EQ(normal_ip("192.0.2.256"), std::nullopt);
    EXPECT_EQ(normal_ip(std::string("1.2.3.4\0x", 9)), std::nullopt);
}

TEST(SafeText, IsAlwaysALineWithinItsLimit) {
    EXPECT_EQ(clean_line(" a\r\n\tb\x01\x7f c ", 100), "a b c");
    EXPECT_EQ(clean_line("a\xff\xc3", 100), "a\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(clean_line("\xc3\xa9\xc3\xa9", 3), "\xc3\xa9");
    for (const std::string& text : {std::string(5'000, '\xff'), std::string(5'000, '\xf0'),
                                    repeat("\xf0\x9f\x8e\xa3", 900)}) {
        const std::string line = clean_line(text, 1'000);
        EXPECT_TRUE(is_line(line, 1'000));
    }
    EXPECT_EQ(clean_text("a \r\n\r\n b\n\n", 100), "a\nb");
    EXPECT_LE(clean_text(repeat("\xff\n", 10'000), 2'048).size(), 2'048);
}

TEST(SafeFileName, HasNoFoldersAndKeepsItsEnding) {
    const auto name = [](std::string_view raw, bool expect_suspicious) {
        bool suspicious = false;
        std::string safe = safe_file_name(raw, suspicious);
        EXPECT_EQ(suspicious, expect_suspicious) << raw;
        return safe;
    };
    EXPECT_EQ(name("a b.pdf", false), "a b.pdf");
    EXPECT_EQ(name("../../x.pdf", true), "x.pdf");
    EXPECT_EQ(name("C:\\temp\\x.exe", true), "x.exe");
    EXPECT_EQ(name("x\xe2\x80\xae"
                   "fdp.exe",
                   true),
              "xfdp.exe");
    EXPECT_EQ(name("a\nb\x1b.pdf", true), "ab.pdf");
    for (const char* none : {"", ".", ".."}) {
        EXPECT_EQ(name(none, false), "");
    }
    EXPECT_EQ(name("a/..", true), "");
    const std::string longest = name(repeat("\xc3\xa9", 200) + ".pdf.exe", false);
    EXPECT_LE(longest.size(), schema::intake::kMaxFileName);
    EXPECT_TRUE(longest.ends_with(".pdf.exe"));
    EXPECT_TRUE(is_line(longest, schema::intake::kMaxFileName));
}

TEST(FeedbackReport, KeepsWhatItKnowsAndIgnoresTheRest) {
    const ReadDate date = [](const std::string& text) {
        const auto time = time_from(text);
        return time ? std::optional<Time>(*time) : std::nullopt;
    };
    const auto report = read_feedback(
        "Feedback-Type: abuse\r\nSOURCE-IP: 192.0.2.1\r\nSource-Port: 4000\r\n"
        "Arrival-Date:\r\n 2026-11-21T18:38:17Z\r\nReported-URI: http://a.example/\r\n"
        "Reported-URI: http://b.example/\r\nReported-Domain: A.example\r\nIncidents: 3\r\n"
        "X: y\r\nno colon\r\n",
        date);
    EXPECT_EQ(report.type, "abuse");
    EXPECT_EQ(report.source_ip, "192.0.2.1");
    EXPECT_EQ(report.source_port, 4000);
    EXPECT_EQ(report.arrival, *time_from("2026-11-21T18:38:17Z"));
    EXPECT_EQ(report.incidents, 3);
    EXPECT_THAT(report.reported_urls,
                testing::ElementsAre("http://a.example/", "http://b.example/"));
    EXPECT_THAT(report.reported_domains, testing::ElementsAre("a.example"));
    const auto bad = read_feedback("Source-IP: x\nSource-Port: 65536\nIncidents: -1\n", date);
    EXPECT_EQ(bad, schema::intake::Feedback{});
}

}  // namespace
}  // namespace lapx::tools::intake
