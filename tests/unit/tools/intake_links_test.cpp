#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/html.hpp"
#include "tools/intake/links.hpp"

namespace lapx::tools::intake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> in_text(std::string_view text) {
    LinkFinder finder;
    finder.scan_text(text);
    return finder.urls();
}

std::vector<std::string> in_html(std::string_view html) {
    LinkFinder finder;
    finder.scan_html(html);
    return finder.urls();
}

TEST(Links, EndWhereTheSentenceGoesOn) {
    EXPECT_THAT(in_text("See http://a.example/x, (https://b.example/y_(z)); <ftp://c.example>."),
                ElementsAre("http://a.example/x", "https://b.example/y_(z)", "ftp://c.example"));
    EXPECT_THAT(in_text("http://a.example/?q=1&r=[2]\"x"),
                ElementsAre("http://a.example/?q=1&r=[2]"));
    EXPECT_THAT(
        in_text("\xe2\x80\x9chttp://a.example\xe2\x80\x9d \xc2\xabhttp://b.example\xc2\xbb"),
        ElementsAre("http://a.example", "http://b.example"));
}

TEST(Links, AreFoundWhateverTheCaseAndOnlyOnce) {
    EXPECT_THAT(in_text("HTTP://a.example/X http://a.example/X clickhere:https://b.example"),
                ElementsAre("http://a.example/X", "https://b.example"));
    EXPECT_THAT(in_text("mailto:x@y.example file:///etc tel:123 http:/a http: // : ://x http://"),
                IsEmpty());
}

TEST(Links, MadeHarmlessAreMadeWhole) {
    EXPECT_THAT(in_text("hxxp://a[.]b[.]example/x hxxps://c.example"),
                ElementsAre("http://a.b.example/x", "https://c.example"));
}

TEST(Links, InHtmlComeFromAttributesScriptsStylesAndText) {
    EXPECT_THAT(
        in_html("<a href=\"http://a.example/?x=1&amp;y=2\">http://b.example/</a>"
                "<img src='http://c.example/i.png'><form action=http://d.example/f>"
                "<style>p{background:url(http://e.example/s.png)}</style>"
                "<script>x='http://f.example/j'</script><!-- http://hidden.example/ -->"),
        ElementsAre("http://a.example/?x=1&y=2", "http://c.example/i.png", "http://d.example/f",
                    "http://e.example/s.png", "http://f.example/j", "http://b.example/"));
}

TEST(Links, InAttributesAreReadAsABrowserReadsThem) {
    EXPECT_THAT(in_html("<a href=\"ht\ntp:\\\\a.example\\x\">"),
                ElementsAre("http://a.example\\x"));
    EXPECT_THAT(in_html("<a href=\"https:/\\test&shy;test.&shy;example/r\">"),
                ElementsAre("https://testtest.example/r"));
    EXPECT_THAT(in_html("<a href='&#104;&#x74;tp&colon;&sol;&sol;a.example'>"),
                ElementsAre("http://a.example"));
}

TEST(Links, AreBoundedInNumberAndLength) {
    LinkFinder finder;
    finder.scan_text("http://a.example/" + std::string(3'000, 'x'));
    EXPECT_THAT(finder.urls(), IsEmpty());
    EXPECT_TRUE(finder.left_out());
    for (int i = 0; i < 300; ++i) {
        finder.scan_text("http://a.example/" + std::to_string(i));
    }
    EXPECT_EQ(finder.urls().size(), schema::intake::kMaxUrls);
}

TEST(Links, TakeLinearTimeOnHostileText) {
    std::vector<std::string> hostile{std::string(2 << 20, ':'), std::string(2 << 20, '<'),
                                     [] {
                                         std::string links;
                                         while (links.size() < (2 << 20)) {
                                             links += "http://" + std::string(2'000, ')') + " ";
                                         }
                                         return links;
                                     }(),
                                     std::string(2 << 20, '&')};
    for (const std::string_view unit : {"http://", "http://)", "<a href=\"", "<!--", "<script>",
                                        "<style", "a='", "&#x", "\xc2\xad"}) {
        std::string text = "http://";
        while (text.size() < (2 << 20)) {
            text += unit;
        }
        hostile.push_back(std::move(text));
    }
    for (const std::string& text : hostile) {
        const auto start = std::chrono::steady_clock::now();
        in_html(text);
        in_text(text);
        // Quadratic time would be hours.
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10))
            << text.substr(0, 20);
    }
}

TEST(VisibleText, LeavesOutWhatIsNotShown) {
    EXPECT_EQ(read_html("<p>a &lt;b&gt;</p><style>x</style><!-- y --><script>z</script>c<br>d",
                        {[](const std::string&) {}, [](std::string_view) {}}),
              "\na <b>\nc\nd");
    EXPECT_EQ(decode_references("&amp;&#65;&#x42;&#0;&#xd800;&#x110000;&unknown;& &"),
              "&AB&#0;&#xd800;&#x110000;&unknown;& &");
}

TEST(UrlHost, IsWhereTheBrowserWouldGo) {
    const auto name = [](std::string_view url) {
        const auto host = host_of(url);
        return host ? host->name : "";
    };
    EXPECT_EQ(name("http://WWW.A.example./x"), "www.a.example");
    EXPECT_EQ(name("http://bank.example@evil.example/"), "evil.example");
    EXPECT_EQ(name("http://user@@@evil.example/page"), "evil.example");
    EXPECT_EQ(name("http://evil%2Eexample/"), "evil.example");
    EXPECT_EQ(name("http://evil.example\\@bank.example/"), "evil.example");
    EXPECT_EQ(name("http://localhost/"), "");
    EXPECT_EQ(name("http://a..example/"), "");
    EXPECT_EQ(name("http://a b.example/"), "");
    const auto ip = host_of("http://192.0.2.1:8080/x");
    ASSERT_TRUE(ip);
    EXPECT_TRUE(ip->is_ip);
    EXPECT_EQ(ip->port, 8080);
    const auto ipv6 = host_of("http://[2001:DB8::1]:81/");
    ASSERT_TRUE(ipv6);
    EXPECT_EQ(ipv6->name, "2001:db8::1");
    EXPECT_EQ(ipv6->port, 81);
    EXPECT_FALSE(host_of("http://a.example:99999/")->port);
}

}  // namespace
}  // namespace lapx::tools::intake
