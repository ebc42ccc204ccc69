#include "daemon/intake/propose.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lapx::intake {
namespace {

using schema::Indicator;
using schema::IndicatorType;
using schema::Label;
using schema::intake::Mail;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Time at(std::string_view text) { return time_from(text).value(); }

Acquisition acquisition() {
    return {"phish.eml",
            1234,
            ContentDigest{},
            "op-1",
            at("2026-11-21T18:00:00Z"),
            "desk spam",
            "filed by hand",
            "lapx 0.1.0"};
}

Mail mail() {
    Mail out;
    out.subject = "Win!";
    out.recipients = {"victim@home.example"};
    out.recipient_count = 1;
    out.date = at("2026-11-21T08:00:00Z");
    out.message_id = "m@evil.example";
    out.received = {{"a", "b", "192.0.2.25", at("2026-11-21T08:14:09Z")},
                    {"c", "d", "203.0.113.66", at("2026-11-21T08:14:05Z")}};
    out.ips = {{"203.0.113.66", 8080, at("2026-11-21T08:14:05Z")}};
    out.urls = {{"http://evil.example/", false},
                {"http://evil.example/?victim@home.example", true}};
    out.domains = {"evil.example"};
    out.mail_addresses = {{"From", "x@evil.example"}, {"Reply-To", "x@evil.example"}};
    out.attachments = {{"f.pdf", "application/pdf", 7, std::string(64, 'a')}};
    return out;
}

template <typename T>
std::vector<T> values(const std::vector<ProposedItem>& items, Label label) {
    std::vector<T> out;
    for (const ProposedItem& item : items) {
        if (item.label == label) {
            out.push_back(std::get<T>(item.value));
        }
    }
    return out;
}

TEST(ProposedItems, AreWhatTheMailSays) {
    const auto items = propose_items(mail(), acquisition());
    EXPECT_THAT(values<schema::Text>(items, Label::kFacts),
                ElementsAre(schema::Text{"E-mail with the subject \"Win!\", 2 links, 1 attachment, "
                                         "received via 192.0.2.25, 203.0.113.66."}));
    EXPECT_THAT(values<schema::Seen>(items, Label::kSeen),
                ElementsAre(schema::Seen{at("2026-11-21T08:14:09Z"), at("2026-11-21T08:14:09Z"),
                                         schema::Precision::kSecond}));
    EXPECT_THAT(
        values<Indicator>(items, Label::kIndicator),
        ElementsAre(Indicator{IndicatorType::kUrl, "http://evil.example/", {}, {}},
                    Indicator{IndicatorType::kIp, "203.0.113.66", 8080, at("2026-11-21T08:14:05Z")},
                    Indicator{IndicatorType::kMessageId, "m@evil.example", {}, {}},
                    Indicator{IndicatorType::kDomain, "evil.example", {}, {}},
                    Indicator{IndicatorType::kFileSha256, std::string(64, 'a'), {}, {}}));
    const auto exhibits = values<schema::Exhibit>(items, Label::kExhibit);
    ASSERT_EQ(exhibits.size(), 1);
    EXPECT_EQ(exhibits.front().media_type, "message/rfc822");
    EXPECT_EQ(exhibits.front().size, 1234);
    EXPECT_EQ(exhibits.front().acquired_how, "filed by hand");
}

TEST(ProposedItems, KeepPersonalDataApart) {
    const auto items = propose_items(mail(), acquisition());
    EXPECT_THAT(
        values<Indicator>(items, Label::kIndicatorPersonal),
        ElementsAre(
            Indicator{IndicatorType::kUrl, "http://evil.example/?victim@home.example", {}, {}},
            Indicator{IndicatorType::kMailAddress, "x@evil.example", {}, {}}));
    Mail naming = mail();
    naming.subject = "For victim@home.example only";
    for (const ProposedItem& item : propose_items(naming, acquisition())) {
        if (const auto* text = std::get_if<schema::Text>(&item.value)) {
            EXPECT_THAT(text->text, Not(HasSubstr("victim")));
        }
        EXPECT_NE(item.label, Label::kConduct);
        EXPECT_NE(item.label, Label::kSuspect);
        EXPECT_NE(item.label, Label::kComplainant);
    }
}

TEST(ProposedItems, StandInTemplateOrderAndPassTheCheck) {
    const auto items = propose_items(mail(), acquisition());
    for (std::size_t i = 0; i < items.size(); ++i) {
        EXPECT_TRUE(schema::check_value(items.at(i).value));
        EXPECT_TRUE(schema::value_fits_label(items.at(i).label, items.at(i).value));
        EXPECT_TRUE(i == 0 || items.at(i - 1).label <= items.at(i).label);
    }
}

TEST(ProposedItems, TakeWhatAFeedbackReportAdds) {
    Mail reported = mail();
    reported.carrier.emplace();
    reported.carrier->feedback.emplace();
    reported.carrier->feedback->type = "fraud";
    reported.carrier->feedback->incidents = 12;
    reported.carrier->feedback->reported_urls = {"http://reported.example/"};
    reported.carrier->feedback->reported_domains = {"reported.example"};
    const auto items = propose_items(reported, acquisition());
    const auto scales = values<schema::Scale>(items, Label::kScale);
    ASSERT_EQ(scales.size(), 1);
    EXPECT_EQ(scales.front().messages, 12);
    const auto indicators = values<Indicator>(items, Label::kIndicator);
    EXPECT_THAT(indicators,
                Contains(Indicator{IndicatorType::kUrl, "http://reported.example/", {}, {}}));
    EXPECT_THAT(indicators,
                Contains(Indicator{IndicatorType::kDomain, "reported.example", {}, {}}));
    EXPECT_THAT(values<schema::Text>(items, Label::kFacts).front().text, HasSubstr("\"fraud\""));
}

TEST(ProposedItems, FitIntoAParcelHoweverManyLinksThereAre) {
    Mail many = mail();
    for (int i = 0; i < 200; ++i) {
        many.urls.push_back(
            {"http://evil.example/" + std::to_string(i) + std::string(1'900, 'x'), i % 2 == 0});
    }
    const auto items = propose_items(many, acquisition());
    std::size_t octets = 0;
    for (const ProposedItem& item : items) {
        octets += schema::encode_item({}, item.value).size();
    }
    EXPECT_LT(octets, 96 * 1024);
    EXPECT_THAT(values<schema::Text>(items, Label::kFacts).front().text, HasSubstr("not listed"));
}

TEST(ProposedItems, ExistForAMailThatSaysNothing) {
    const auto items = propose_items(Mail{}, acquisition());
    ASSERT_EQ(items.size(), 2);
    EXPECT_EQ(items.at(0).label, Label::kFacts);
    EXPECT_EQ(items.at(1).label, Label::kExhibit);
}

}  // namespace
}  // namespace lapx::intake
