#include "daemon/cases/drafting.hpp"

#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::cases {
namespace {

constexpr std::chrono::days kKeepPersonalData{730};

using schema::Label;

void add_default(Values& values, Label label, schema::ItemValue value) {
    auto& there = values[label];
    if (there.empty()) {
        there.push_back(std::move(value));
    }
}

bool has_personal_data(const Values& values) {
    for (const auto& [label, list] : values) {
        if (!list.empty() &&
            schema::template_row(label).default_class == schema::ItemClass::kPersonalData) {
            return true;
        }
    }
    return false;
}

schema::UrgencyLevel usual_urgency(schema::Kind kind) {
    switch (kind) {
        case schema::Kind::kUrgent:
            return schema::UrgencyLevel::kUrgent;
        case schema::Kind::kPreservation:
            return schema::UrgencyLevel::kPriority;
        case schema::Kind::kInformation:
        case schema::Kind::kAssistance:
        case schema::Kind::kAction:
            return schema::UrgencyLevel::kRoutine;
    }
    return schema::UrgencyLevel::kRoutine;
}

Result<model::DraftItem> make_item(Label label, const schema::ItemSalt& salt,
                                   const schema::ItemValue& value) {
    if (!schema::value_fits_label(label, value)) {
        return fail(Code::kInvalidArgument,
                    "a value of the wrong type for " + std::string(schema::word_of(label)));
    }
    LAPX_TRY(schema::check_value(value));
    Bytes octets = schema::encode_item(salt, value);
    if (octets.size() > schema::kMaxItem) {
        return fail(Code::kTooLarge, "item " + std::string(schema::word_of(label)));
    }
    return model::DraftItem{label, !schema::is_absent(value), std::move(octets)};
}

}  // namespace

const std::vector<schema::ItemValue>& values_at(const Values& values, Label label) {
    static const std::vector<schema::ItemValue> kNone;
    const auto found = values.find(label);
    return found == values.end() ? kNone : found->second;
}

void add_defaults(Values& values, schema::Kind kind, const Agency& agency,
                  std::string_view country) {
    add_default(values, Label::kLegalBasis,
                schema::LegalBasis{.own_law = {},
                                   .law_abroad = {},
                                   .instrument = {"London Action Plan"},
                                   .similar_prohibition = false});
    add_default(values, Label::kPurpose,
                schema::Text{"Investigation of unsolicited or fraudulent communication"});
    add_default(values, Label::kConduct,
                schema::Conduct{"abusive-content:spam", schema::Channel::kSmtp});
    add_default(values, Label::kJurisdictions,
                schema::Jurisdictions{{}, {}, {std::string(country)}});
    add_default(values, Label::kUrgency, schema::Urgency{usual_urgency(kind), {}, {}});
    add_default(values, Label::kSecrecy, schema::Secrecy{});
    if (kind == schema::Kind::kUrgent) {
        add_default(values, Label::kCustodian,
                    schema::Custodian{agency.text(), "the message as it was received", {}});
    }
}

void add_data_protection(Values& values, Time now) {
    if (has_personal_data(values)) {
        add_default(
            values, Label::kDataProtection,
            schema::DataProtection{schema::DataBasis::kPublicTask, now + kKeepPersonalData, {}});
    }
}

Result<std::vector<model::DraftItem>> lay_out(const Values& values, Random& random) {
    static const schema::ItemValue kAbsent{schema::Absent{}};
    std::vector<std::pair<Label, const schema::ItemValue*>> all;
    for (const schema::TemplateRow& row : schema::template_rows()) {
        const auto& list = values_at(values, row.label);
        if (!row.repeats && list.size() > 1) {
            return fail(Code::kInvalidArgument,
                        std::string(schema::word_of(row.label)) + " can be given once only");
        }
        const std::size_t lines = row.repeats ? schema::lines_for(row.label, list.size()) : 1;
        for (std::size_t i = 0; i < lines; ++i) {
            all.emplace_back(row.label, i < list.size() ? &list[i] : &kAbsent);
        }
    }
    if (all.size() > schema::kMaxItems) {
        return fail(Code::kTooLarge, "more than " + std::to_string(schema::kMaxItems) + " items");
    }
    std::vector<schema::ItemSalt> salts(all.size());
    // One request for all of them.
    random.fill({salts.front().data(), salts.size() * sizeof(schema::ItemSalt)});
    std::vector<model::DraftItem> out;
    out.reserve(all.size());
    for (const auto& [label, value] : all) {
        LAPX_TRY_ASSIGN(auto item, make_item(label, salts[out.size()], *value));
        out.push_back(std::move(item));
    }
    return out;
}

Result<Values> values_of(const std::vector<model::DraftItem>& items) {
    Values out;
    for (const model::DraftItem& item : items) {
        if (item.erased) {
            return fail(Code::kErased, "an item of it was erased: it can no longer be changed");
        }
        if (item.present) {
            LAPX_TRY_ASSIGN(auto decoded, schema::decode_item(item.octets));
            out[item.label].push_back(std::move(decoded.value));
        }
    }
    return out;
}

Result<model::ItemName> item_name_from(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto label = schema::from_word<Label>(text.substr(0, colon));
    if (!label) {
        return fail(Code::kUnknownItem, escape(text.substr(0, colon)));
    }
    if (colon == std::string_view::npos) {
        return model::ItemName{*label, 0};
    }
    const auto element = number_from(text.substr(colon + 1));
    if (!element || *element == 0 || *element > schema::kMaxItems) {
        return fail(Code::kInvalidArgument, "an item is named like indicator or indicator:2");
    }
    return model::ItemName{*label, static_cast<std::uint16_t>(*element)};
}

Result<std::uint16_t> item_number_from(const schema::Manifest& manifest, std::string_view text) {
    std::size_t number = 0;
    if (const auto given = number_from(text)) {
        number = *given;
    } else {
        LAPX_TRY_ASSIGN(const model::ItemName name, item_name_from(text));
        if (name.element == 0 && schema::template_row(name.label).repeats) {
            return fail(Code::kInvalidArgument, "say which, as in " + std::string(text) + ":1");
        }
        const auto first = std::find_if(
            manifest.items.begin(), manifest.items.end(),
            [&](const schema::ManifestItem& item) { return item.label == name.label; });
        const auto index = static_cast<std::size_t>(first - manifest.items.begin()) +
                           (name.element == 0 ? 0U : name.element - 1U);
        const bool found =
            index < manifest.items.size() && manifest.items[index].label == name.label;
        number = found ? index + 1 : 0;
    }
    if (number == 0 || number > manifest.items.size()) {
        return fail(Code::kUnknownItem, "there is no such item");
    }
    return static_cast<std::uint16_t>(number);
}

std::string item_name_text(const model::ItemName& name) {
    std::string out(schema::word_of(name.label));
    return name.element == 0 ? out : out + ":" + std::to_string(name.element);
}

}  // namespace lapx::cases
