#include "tools/bench/sample.hpp"

#include <array>

#include "schema/codec/item_text.hpp"

namespace lapx::bench {
namespace {

using schema::Label;

constexpr std::string_view kSentence =
    "Bulk messages that claim to come from a bank lead to a page that asks for card numbers. ";

struct Typed {
    Label label;
    std::string_view text;
};
constexpr auto kTyped = std::to_array<Typed>({
    {Label::kLegalBasis, "own=Telecommunications Act 11.7; instrument=London Action Plan"},
    {Label::kPurpose, "Investigation of unsolicited or fraudulent communication"},
    {Label::kFacts, "F"},
    {Label::kConduct, "fraud:phishing smtp"},
    {Label::kSeen, "2026-11-01/2026-11-20"},
    {Label::kJurisdictions, "origin=NL hosting=US victims=NL,AU"},
    {Label::kIndicator, "url http://login.bank.example/verify"},
    {Label::kAssistance, "Who holds the account behind the page"},
    {Label::kUrgency, "priority reply-by=2026-12-01 the page is still up"},
    {Label::kSecrecy, "do not alert subject"},
});

std::size_t octets_of(const schema::ItemValue& value) {
    return schema::encode_item({}, value).size();
}

std::string facts_of(std::size_t length) {
    std::string text;
    while (text.size() < length) {
        text += kSentence;
    }
    text.resize(length);
    // A space at the end would not survive being typed.
    text.back() = '.';
    return text;
}

}  // namespace

Result<std::vector<SampleItem>> sample_items() {
    std::vector<SampleItem> items;
    std::size_t octets = 0;
    for (const Typed& typed : kTyped) {
        LAPX_TRY_ASSIGN(schema::ItemValue value, schema::item_from_text(typed.label, typed.text));
        octets += octets_of(value);
        items.push_back({typed.label, std::string(typed.text), std::move(value)});
    }
    for (SampleItem& item : items) {
        if (item.label == Label::kFacts) {
            // FlatBuffers pads to 8 octets at most.
            constexpr std::size_t kPadding = 8;
            item.text = facts_of(kItemOctets - octets - kPadding);
            LAPX_TRY_ASSIGN(item.value, schema::item_from_text(item.label, item.text));
        }
    }
    return items;
}

Result<nlohmann::json> sample_request(const std::string& to) {
    LAPX_TRY_ASSIGN(const auto items, sample_items());
    nlohmann::json set = nlohmann::json::object();
    for (const SampleItem& item : items) {
        set[std::string(schema::word_of(item.label))] = item.text;
    }
    return nlohmann::json{
        {"to", {to}}, {"kind", schema::word_of(kKind)}, {"set", set}, {"send", true}};
}

}  // namespace lapx::bench
