#include <algorithm>

#include "schema/base/printable.hpp"
#include "schema/base/text.hpp"
#include "schema/codec/items.hpp"
#include "schema/limits.hpp"
#include "schema/notes/values.hpp"
#include "schema/rsit.hpp"

namespace lapx::schema {
namespace {

// UTF-8 without control characters other than line breaks and tabs.
bool is_item_text(std::string_view text, std::size_t max) {
    return text.size() <= max && is_utf8(text) &&
           all_octets(text, [](std::uint8_t octet, std::size_t) {
               return (octet >= 0x20 && octet != 0x7f) || octet == '\n' || octet == '\r' ||
                      octet == '\t';
           });
}

bool is_currency(std::string_view text) {
    return text.size() == 3 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_letter_between(std::string_view text, char first, char last) {
    return text.size() == 1 && text.front() >= first && text.front() <= last;
}

// Remembers the first field at fault.
class Checker {
  public:
    std::string_view fault() const { return fault_; }

    void operator()(const Absent&) {}
    void operator()(const Text& v) {
        need(is_item_text(v.text, kMaxItemText) && !v.text.empty(), "text");
    }
    void operator()(const Officer& v) {
        text(v.name, "officer name");
        text(v.position, "officer position");
        text(v.phone, "officer phone");
        text(v.mail, "officer mail");
    }
    void operator()(const Addressees& v) { need(v.desks.size() <= kMaxItemList, "addressees"); }
    void operator()(const LegalBasis& v) {
        texts(v.own_law, "own law");
        texts(v.law_abroad, "law abroad");
        texts(v.instrument, "instrument");
    }
    void operator()(const Conduct& v) {
        need(has_rsit_shape(v.rsit), "conduct class");
        known_or_unset(v.channel, "channel");
    }
    void operator()(const Seen& v) {
        time(v.first, "first seen");
        time(v.last, "last seen");
        need(!v.first || !v.last || *v.first <= *v.last, "seen");
        known_or_unset(v.precision, "precision");
    }
    void operator()(const Jurisdictions& v) {
        countries(v.origin, "origin");
        countries(v.hosting, "hosting");
        countries(v.victims, "victims");
    }
    void operator()(const Scale& v) {
        for (const auto& number : {v.complaints, v.messages, v.victims, v.loss}) {
            need(!number || *number >> 63 == 0, "scale");
        }
        need(v.loss ? is_currency(v.currency) : v.currency.empty(), "currency");
        known_or_unset(v.counting, "counting");
    }
    void operator()(const Indicator& v) {
        known(v.type, "indicator type");
        text(v.value, "indicator");
        need(!v.value.empty(), "indicator");
        need(v.port != 0, "indicator port");
        time(v.at, "indicator time");
    }
    void operator()(const Party& v) {
        known(v.role, "party role");
        text(v.name, "party name");
        texts(v.identifiers, "party identifiers");
        country_or_none(v.country, "party country");
        known_or_unset(v.confidence, "party confidence");
    }
    void operator()(const Complainant& v) {
        text(v.name, "complainant name");
        text(v.mail, "complainant mail");
        text(v.phone, "complainant phone");
        country_or_none(v.country, "complainant country");
        text(v.reference, "complainant reference");
    }
    void operator()(const Custodian& v) {
        text(v.organisation, "custodian organisation");
        text(v.holds, "custodian holds");
        time(v.log_expiry, "log expiry");
    }
    void operator()(const Preservation& v) {
        text(v.data, "data to preserve");
        text(v.necessity, "necessity");
    }
    void operator()(const Assistance& v) {
        text(v.what, "assistance");
        known(v.status, "assistance status");
    }
    void operator()(const Inquiry& v) {
        known(v.kind, "inquiry kind");
        text(v.agency, "inquiry agency");
        text(v.reference, "inquiry reference");
        text(v.text, "inquiry text");
    }
    void operator()(const Urgency& v) {
        known(v.level, "urgency level");
        text(v.reason, "urgency reason");
        time(v.reply_by, "reply-by");
    }
    void operator()(const Secrecy& v) { text(v.why, "secrecy"); }
    void operator()(const Exhibit& v) {
        text(v.name, "exhibit name");
        text(v.media_type, "media type");
        need(v.size >> 63 == 0, "exhibit size");
        text(v.acquired_by, "acquired by");
        time(v.acquired_at, "acquired at");
        text(v.acquired_where, "acquired where");
        text(v.acquired_how, "acquired how");
        text(v.tool, "tool");
        known(v.state, "exhibit state");
    }
    void operator()(const Grading& v) {
        need(is_letter_between(v.source, 'A', 'F'), "source grade");
        need(is_letter_between(v.information, '1', '6'), "information grade");
    }
    void operator()(const Provenance& v) {
        text(v.partner, "partner");
        text(v.reference, "partner reference");
        text(v.terms, "partner terms");
    }
    void operator()(const DataProtection& v) {
        known_or_unset(v.basis, "data-protection basis");
        time(v.destroy_by, "destroy-by");
        text(v.text, "data-protection text");
    }
    void operator()(const Redacted& v) {
        const auto label = from_word<Label>(v.label);
        need(label && *label != Label::kRedacted, "redacted label");
        text(v.text, "redacted text");
        need(!v.text.empty(), "redacted text");
    }

  private:
    void need(bool ok, std::string_view field) {
        if (!ok && fault_.empty()) {
            fault_ = field;
        }
    }
    void text(std::string_view value, std::string_view field) {
        need(is_item_text(value, kMaxItemString), field);
    }
    void texts(const std::vector<std::string>& values, std::string_view field) {
        need(values.size() <= kMaxItemList, field);
        for (const std::string& value : values) {
            need(!value.empty(), field);
            text(value, field);
        }
    }
    void countries(const std::vector<std::string>& values, std::string_view field) {
        need(values.size() <= kMaxItemList &&
                 std::all_of(values.begin(), values.end(),
                             [](const std::string& value) { return is_country(value); }),
             field);
    }
    void country_or_none(std::string_view value, std::string_view field) {
        need(value.empty() || is_country(value), field);
    }
    void time(const std::optional<Time>& value, std::string_view field) {
        need(!value || is_time(*value), field);
    }
    template <typename E>
    void known(E value, std::string_view field) {
        need(is_known(value), field);
    }
    template <typename E>
    void known_or_unset(E value, std::string_view field) {
        need(value == E::kUnset || is_known(value), field);
    }

    std::string_view fault_;
};

}  // namespace

bool value_fits_label(Label label, const ItemValue& value) {
    return is_absent(value) || type_of(value) == template_row(label).type;
}

Result<void> check_value(const ItemValue& value) {
    Checker checker;
    std::visit(checker, value);
    if (!checker.fault().empty()) {
        return fail(Code::kItemMalformed, std::string(checker.fault()));
    }
    return {};
}

}  // namespace lapx::schema
