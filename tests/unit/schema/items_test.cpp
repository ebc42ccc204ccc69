#include "schema/codec/items.hpp"

#include <gtest/gtest.h>

#include "schema/codec/item_text.hpp"
#include "schema/codec/money.hpp"
#include "schema/limits.hpp"
#include "tests/unit/schema/samples.hpp"

namespace lapx::schema {
namespace {

using test::Samples;

constexpr std::size_t kAlternatives = std::variant_size_v<ItemValue>;

bool decodes(const ItemValue& value) { return decode_item(encode_item({}, value)).has_value(); }

TEST(Items, DecodeToWhatWasEncoded) {
    Samples samples(1);
    for (int i = 0; i < 200; ++i) {
        for (std::size_t alternative = 0; alternative < kAlternatives; ++alternative) {
            const DecodedItem item{samples.salt(), samples.value(alternative)};
            const auto decoded = decode_item(encode_item(item.salt, item.value));
            ASSERT_TRUE(decoded) << alternative << ' ' << decoded.error().context;
            ASSERT_EQ(*decoded, item) << alternative;
            ASSERT_EQ(type_of(decoded->value), static_cast<ValueType>(alternative + 1));
        }
    }
}

TEST(Items, AreReadAtAnyAddress) {
    Samples samples(2);
    for (std::size_t alternative = 0; alternative < kAlternatives; ++alternative) {
        const ItemValue value = samples.value(alternative);
        const Bytes octets = encode_item({}, value);
        for (std::size_t shift = 0; shift < 16; ++shift) {
            Bytes shifted(shift);
            shifted.insert(shifted.end(), octets.begin(), octets.end());
            const auto decoded = decode_item(BytesView(shifted).subspan(shift));
            ASSERT_TRUE(decoded);
            ASSERT_EQ(decoded->value, value);
        }
    }
}

TEST(Items, CutOrFlippedAreRefusedOrStillWellFormed) {
    Samples samples(3);
    for (std::size_t alternative = 0; alternative < kAlternatives; ++alternative) {
        const Bytes octets = encode_item(samples.salt(), samples.value(alternative));
        for (std::size_t at = 0; at < octets.size(); ++at) {
            (void)decode_item(BytesView(octets).first(at));
            for (const int mask : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
                Bytes other = octets;
                other[at] = static_cast<std::uint8_t>(other[at] ^ mask);
                const auto decoded = decode_item(other);
                if (decoded) {
                    EXPECT_TRUE(check_value(decoded->value));
                    EXPECT_EQ(decode_item(encode_item(decoded->salt, decoded->value)).value(),
                              *decoded);
                }
            }
        }
    }
}

TEST(Items, OfAnotherSizeAreRefused) {
    EXPECT_FALSE(decode_item({}));
    EXPECT_FALSE(decode_item(Bytes(kMaxItem + 1)));
    EXPECT_FALSE(decode_item(Bytes(100)));
    EXPECT_TRUE(decodes(Text{std::string(kMaxItemText, 'x')}));
    EXPECT_FALSE(decodes(Text{std::string(kMaxItemText + 1, 'x')}));
    EXPECT_FALSE(decodes(Text{""}));
}

TEST(Items, WithMalformedFieldsAreRefused) {
    EXPECT_FALSE(decodes(Text{"\xff"}));
    EXPECT_FALSE(decodes(Text{std::string("a\0b", 3)}));
    EXPECT_FALSE(decodes(Text{"\x1b[31m"}));
    EXPECT_TRUE(decodes(Text{"line\r\n\tline"}));
    EXPECT_FALSE(decodes(Officer{std::string(kMaxItemString + 1, 'x'), "", "", ""}));
    EXPECT_FALSE(decodes(LegalBasis{{""}, {}, {}, false}));
    EXPECT_FALSE(
        decodes(LegalBasis{std::vector<std::string>(kMaxItemList + 1, "x"), {}, {}, true}));
    EXPECT_FALSE(decodes(Conduct{"phishing", Channel::kSmtp}));
    EXPECT_FALSE(decodes(Conduct{"fraud:phishing", static_cast<Channel>(8)}));
    EXPECT_FALSE(decodes(Seen{Time{std::chrono::seconds(1)}, {}, Precision::kDay}));
    EXPECT_FALSE(decodes(Jurisdictions{{"nl"}, {}, {}}));
    EXPECT_FALSE(decodes(Scale{{}, {}, {}, 5, "", Counting::kUnset}));
    EXPECT_FALSE(decodes(Scale{{}, {}, {}, {}, "EUR", Counting::kUnset}));
    EXPECT_FALSE(decodes(Scale{std::uint64_t{1} << 63, {}, {}, {}, "", Counting::kUnset}));
    EXPECT_FALSE(decodes(Indicator{static_cast<IndicatorType>(0), "x", {}, {}}));
    EXPECT_FALSE(decodes(Indicator{IndicatorType::kUrl, "", {}, {}}));
    EXPECT_FALSE(decodes(Party{PartyRole::kUnknown, "x", {}, "Netherlands", Confidence::kUnset}));
    EXPECT_FALSE(decodes(Urgency{static_cast<UrgencyLevel>(4), "", {}}));
    EXPECT_FALSE(decodes(Grading{"G", "1"}));
    EXPECT_FALSE(decodes(Grading{"A", "0"}));
}

TEST(Items, SeenLastBeforeFirstIsRefused) {
    const Time first = time_from("2026-11-21T00:00:00Z").value();
    EXPECT_TRUE(decodes(Seen{first, first, Precision::kDay}));
    EXPECT_FALSE(decodes(Seen{first, first - std::chrono::seconds(1), Precision::kDay}));
}

TEST(Items, ErrorsNameTheFieldAndNotItsContent) {
    const auto error = check_value(Indicator{IndicatorType::kUrl, "secret\x01", {}, {}}).error();
    EXPECT_EQ(error.code, Code::kItemMalformed);
    EXPECT_EQ(error.context, "indicator");
}

TEST(Items, FitTheirLabels) {
    EXPECT_TRUE(value_fits_label(Label::kIndicatorPersonal, Indicator{}));
    EXPECT_TRUE(value_fits_label(Label::kSuspect, Party{}));
    EXPECT_FALSE(value_fits_label(Label::kSuspect, Complainant{}));
    for (const TemplateRow& row : template_rows()) {
        EXPECT_TRUE(value_fits_label(row.label, Absent{}));
    }
}

TEST(ItemText, ReadsTheFormsOfTheCommandLine) {
    const auto read = [](Label label, std::string_view text) {
        auto value = item_from_text(label, text);
        EXPECT_TRUE(value) << text;
        return value ? *value : ItemValue{};
    };
    EXPECT_EQ(read(Label::kPurpose, " stop it "), ItemValue(Text{"stop it"}));
    EXPECT_EQ(read(Label::kConduct, "fraud:phishing smtp"),
              ItemValue(Conduct{"fraud:phishing", Channel::kSmtp}));
    EXPECT_EQ(read(Label::kIndicator, "ip 192.0.2.1 port=25 at=2026-11-21T18:38:17Z"),
              ItemValue(Indicator{IndicatorType::kIp, "192.0.2.1", 25,
                                  time_from("2026-11-21T18:38:17Z").value()}));
    EXPECT_EQ(read(Label::kIndicatorPersonal, "telephone +31 6 12"),
              ItemValue(Indicator{IndicatorType::kTelephone, "+31 6 12", {}, {}}));
    EXPECT_EQ(read(Label::kJurisdictions, "origin=NL hosting=US victims=NL,BE"),
              ItemValue(Jurisdictions{{"NL"}, {"US"}, {"NL", "BE"}}));
    EXPECT_EQ(read(Label::kScale, "complaints=12 messages=3000 loss=1200.00EUR estimated"),
              ItemValue(Scale{12, 3000, {}, 120000, "EUR", Counting::kEstimated}));
    EXPECT_EQ(read(Label::kSeen, "2026-11-21/2026-11-22T01:00:00Z"),
              ItemValue(Seen{time_from("2026-11-21T00:00:00Z").value(),
                             time_from("2026-11-22T01:00:00Z").value(), Precision::kDay}));
    EXPECT_EQ(read(Label::kLegalBasis, "own=Tw 11.7; own=Tw 4; abroad=CAN-SPAM, 15 USC; similar"),
              ItemValue(LegalBasis{{"Tw 11.7", "Tw 4"}, {"CAN-SPAM, 15 USC"}, {}, true}));
    EXPECT_EQ(read(Label::kSuspect, "infected-host; ; a@b, c; country=NL; confidence=low"),
              ItemValue(Party{PartyRole::kInfectedHost, "", {"a@b", "c"}, "NL", Confidence::kLow}));
    EXPECT_EQ(read(Label::kSecrecy, "subject press; tip-off"),
              ItemValue(Secrecy{true, false, true, "tip-off"}));
    EXPECT_EQ(read(Label::kSecrecy, "none"), ItemValue(Secrecy{false, false, false, ""}));
    EXPECT_EQ(read(Label::kAssistance, "#3 subscriber data; done"),
              ItemValue(Assistance{3, "subscriber data", AssistanceStatus::kDone}));
    EXPECT_EQ(read(Label::kUrgency, "urgent reply-by=2026-11-22T00:00:00Z it is live"),
              ItemValue(Urgency{UrgencyLevel::kUrgent, "it is live",
                                time_from("2026-11-22T00:00:00Z").value()}));
    EXPECT_EQ(read(Label::kDataProtection, "public-task destroy-by=2027-01-01"),
              ItemValue(DataProtection{DataBasis::kPublicTask,
                                       time_from("2027-01-01T00:00:00Z").value(), ""}));
}

TEST(ItemText, RefusesOtherFormsAndSaysWhichIsExpected) {
    const std::pair<Label, const char*> bad[] = {
        {Label::kPurpose, ""},
        {Label::kPurpose, "   "},
        {Label::kConduct, "fraud:fishing"},
        {Label::kConduct, "fraud:phishing mail"},
        {Label::kSeen, "yesterday"},
        {Label::kSeen, "2026-11-22/2026-11-21"},
        {Label::kSeen, "/ day"},
        {Label::kComplainant, "; ;"},
        {Label::kJurisdictions, "NL"},
        {Label::kJurisdictions, "origin=nl"},
        {Label::kJurisdictions, "origin="},
        {Label::kScale, "complaints=many"},
        {Label::kScale, "loss=12EURO"},
        {Label::kIndicator, "https://example.org"},
        {Label::kIndicator, "ip"},
        {Label::kIndicator, "ip 192.0.2.1 port=70000"},
        {Label::kIndicator, "ip 192.0.2.1 port=0"},
        {Label::kParty, "boss; name"},
        {Label::kParty, "country=NL"},
        {Label::kAddressees, "spam"},
        {Label::kUrgency, "soon"},
        {Label::kSecrecy, "everybody"},
        {Label::kSecrecy, ";"},
        {Label::kGrading, "B7"},
        {Label::kPreservation, "logs; why; informal"},
        {Label::kAssistance, "#x data"},
        {Label::kLegalBasis, "Tw 11.7"},
        {Label::kLegalBasis, "own="},
        {Label::kOfficer, "a; b; c; d; e"},
        {Label::kExhibit, "file"},
        {Label::kDataProtection, "because"},
    };
    for (const auto& [label, text] : bad) {
        const auto value = item_from_text(label, text);
        ASSERT_FALSE(value) << word_of(label) << ": " << text;
        EXPECT_EQ(value.error().code, Code::kInvalidArgument);
        EXPECT_NE(value.error().context.find(word_of(label)), std::string::npos);
    }
    EXPECT_EQ(item_from_text(Label::kGrading, "ZZ").error().context,
              "grading is: A to F and 1 to 6, such as B2");
}

TEST(ItemText, ReadsMostOfWhatItDescribes) {
    for (const auto& [label, text] : std::initializer_list<std::pair<Label, std::string>>{
             {Label::kOfficer, "Jan Jansen; inspector; ; jan@opta.nl"},
             {Label::kAddressees, "spam@acma.example,fraud@ftc.example"},
             {Label::kLegalBasis, "own=Tw 11.7; abroad=CAN-SPAM, 15 USC; instrument=LAP; similar"},
             {Label::kConduct, "fraud:phishing smtp"},
             {Label::kSeen, "2026-11-21T00:00:00Z/2026-11-22T00:00:00Z day"},
             {Label::kSeen, "2026-11-21T00:00:00Z"},
             {Label::kJurisdictions, "origin=NL hosting=US victims=NL,BE"},
             {Label::kScale, "complaints=12 messages=3000 victims=7 loss=0.05EUR measured"},
             {Label::kIndicator, "url https://example.org/?a=b;c port=8080"},
             {Label::kParty, "spoofed-victim; Name; a, b; country=NL; confidence=high"},
             {Label::kComplainant, "Name; ; +31; NL; 12"},
             {Label::kCustodian, "ISP; mail logs; 2026-12-01T00:00:00Z"},
             {Label::kPreservation, "mail logs; they expire; formal"},
             {Label::kAssistance, "#3 subscriber data; in-progress"},
             {Label::kInquiry, "other; FTC; 12-1; text"},
             {Label::kUrgency, "urgent reply-by=2026-11-22T00:00:00Z live phishing"},
             {Label::kSecrecy, "do not alert subject isp press; tip-off"},
             {Label::kSecrecy, "none"},
             {Label::kGrading, "B2"},
             {Label::kProvenance, "ISP; 12; no resale"},
             {Label::kDataProtection, "public-task destroy-by=2027-01-01 as agreed"},
         }) {
        const auto value = item_from_text(label, text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(describe_item(*value), text);
    }
    EXPECT_EQ(describe_item(Absent{}), "");
}

TEST(ItemText, DescribesAndRereadsAnyValueWithoutFailing) {
    Samples samples(4);
    for (int i = 0; i < 500; ++i) {
        const ItemValue value = samples.value();
        const std::string text = describe_item(value);
        for (const TemplateRow& row : template_rows()) {
            const auto read = item_from_text(row.label, text);
            if (read) {
                EXPECT_TRUE(value_fits_label(row.label, *read));
                EXPECT_TRUE(check_value(*read));
            }
        }
    }
}

TEST(ItemText, HasAFormForEveryLabelThatCanBeTyped) {
    for (const TemplateRow& row : template_rows()) {
        EXPECT_EQ(item_form(row.label).empty(),
                  row.label == Label::kExhibit || row.label == Label::kRedacted);
    }
}

TEST(Money, IsInMinorUnits) {
    EXPECT_EQ(money_from("1200.00EUR").value(), (Money{120000, "EUR"}));
    EXPECT_EQ(money_from("1200EUR").value(), (Money{120000, "EUR"}));
    EXPECT_EQ(money_from("0.05EUR").value(), (Money{5, "EUR"}));
    EXPECT_EQ(money_from("7JPY").value(), (Money{7, "JPY"}));
    EXPECT_EQ(money_from("0KWD").value(), (Money{0, "KWD"}));
    EXPECT_EQ(money_text({120000, "EUR"}), "1200.00EUR");
    EXPECT_EQ(money_text({5, "EUR"}), "0.05EUR");
    EXPECT_EQ(money_text({7, "JPY"}), "7JPY");
    EXPECT_EQ(money_text({7, "KWD"}), "0.007KWD");
    for (const char* bad :
         {"", "EUR", "1", "1.5EUR", "1.000EUR", "1.0JPY", "-1EUR", "1,00EUR", "01EUR", ".50EUR",
          "1.EUR", "1eur", "1.00 EUR", "9999999999999999999EUR", "99999999999999999EUR1"}) {
        EXPECT_FALSE(money_from(bad)) << bad;
    }
}

}  // namespace
}  // namespace lapx::schema
