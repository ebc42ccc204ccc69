#include "schema/codec/item_text.hpp"

#include <algorithm>
#include <array>

#include "schema/base/text.hpp"
#include "schema/codec/money.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/values.hpp"
#include "schema/rsit.hpp"

namespace lapx::schema {
namespace {

tl::unexpected<Error> bad() { return fail(Code::kInvalidArgument); }

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = std::min(text.find_first_not_of(kSpace), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::vector<std::string> trimmed(std::string_view text, char separator) {
    std::vector<std::string> out;
    for (const std::string_view part : split(text, separator)) {
        out.emplace_back(trim(part));
    }
    return out;
}

// Fields by place, separated by `;`; those that are missing are empty. Errors: too many.
Result<std::vector<std::string>> fields_of(std::string_view text, std::size_t most) {
    std::vector<std::string> out = trimmed(text, ';');
    if (out.size() > most) {
        return bad();
    }
    out.resize(most);
    return out;
}

// The rest of `word` after `key=`.
std::optional<std::string_view> after_key(std::string_view word, std::string_view key) {
    if (!word.starts_with(key) || word.size() <= key.size() || word[key.size()] != '=') {
        return std::nullopt;
    }
    return word.substr(key.size() + 1);
}

// A time, or a day at its beginning.
Result<std::optional<Time>> moment(std::string_view text) {
    if (text.empty()) {
        return std::optional<Time>{};
    }
    if (const auto date = date_from(text)) {
        return std::optional<Time>(*date);
    }
    LAPX_TRY_ASSIGN(const Time time, time_from(text));
    return std::optional<Time>(time);
}

// If the text ends in ` key=VALUE`, takes that away.
std::optional<std::string_view> take_last(std::string_view& text, std::string_view key) {
    const std::size_t space = text.rfind(' ');
    if (space == std::string_view::npos) {
        return std::nullopt;
    }
    const auto value = after_key(text.substr(space + 1), key);
    if (value) {
        text = trim(text.substr(0, space));
    }
    return value;
}

// If the text begins with `key=VALUE`, takes that away.
std::optional<std::string_view> take_first(std::string_view& text, std::string_view key) {
    std::string_view rest = text;
    const auto value = after_key(take_word(rest), key);
    if (value) {
        text = trim(rest);
    }
    return value;
}

Result<ItemValue> officer(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto f, fields_of(text, 4));
    return Officer{f[0], f[1], f[2], f[3]};
}

Result<ItemValue> addressees(std::string_view text) {
    Addressees out;
    for (const std::string& part : trimmed(text, ',')) {
        LAPX_TRY_ASSIGN(Desk desk, Desk::parse(part));
        out.desks.push_back(std::move(desk));
    }
    return out;
}

Result<ItemValue> legal_basis(std::string_view text) {
    LegalBasis out;
    for (const std::string& part : trimmed(text, ';')) {
        if (const auto own = after_key(part, "own")) {
            out.own_law.emplace_back(trim(*own));
        } else if (const auto abroad = after_key(part, "abroad")) {
            out.law_abroad.emplace_back(trim(*abroad));
        } else if (const auto instrument = after_key(part, "instrument")) {
            out.instrument.emplace_back(trim(*instrument));
        } else if (part == "similar") {
            out.similar_prohibition = true;
        } else {
            return bad();
        }
    }
    return out;
}

Result<ItemValue> conduct(std::string_view text) {
    Conduct out;
    out.rsit = take_word(text);
    if (!is_rsit_code(out.rsit)) {
        return bad();
    }
    if (!text.empty()) {
        LAPX_TRY_ASSIGN(out.channel, from_word<Channel>(trim(text)));
    }
    return out;
}

Result<ItemValue> seen(std::string_view text) {
    Seen out;
    const std::string_view times = take_word(text);
    const std::size_t slash = std::min(times.find('/'), times.size());
    const std::string_view first = times.substr(0, slash);
    const std::string_view last = times.substr(std::min(slash + 1, times.size()));
    LAPX_TRY_ASSIGN(out.first, moment(first));
    LAPX_TRY_ASSIGN(out.last, moment(last));
    if (!out.first && !out.last) {
        return bad();
    }
    if (!text.empty()) {
        LAPX_TRY_ASSIGN(out.precision, from_word<Precision>(trim(text)));
    } else if (date_from(first) || date_from(last)) {
        out.precision = Precision::kDay;
    }
    return out;
}

Result<ItemValue> jurisdictions(std::string_view text) {
    Jurisdictions out;
    const auto countries = [](std::string_view list) { return trimmed(list, ','); };
    while (!text.empty()) {
        if (const auto origin = take_first(text, "origin")) {
            out.origin = countries(*origin);
        } else if (const auto hosting = take_first(text, "hosting")) {
            out.hosting = countries(*hosting);
        } else if (const auto victims = take_first(text, "victims")) {
            out.victims = countries(*victims);
        } else {
            return bad();
        }
    }
    return out;
}

Result<ItemValue> scale(std::string_view text) {
    Scale out;
    while (!text.empty()) {
        if (const auto complaints = take_first(text, "complaints")) {
            LAPX_TRY_ASSIGN(out.complaints, number_from(*complaints));
        } else if (const auto messages = take_first(text, "messages")) {
            LAPX_TRY_ASSIGN(out.messages, number_from(*messages));
        } else if (const auto victims = take_first(text, "victims")) {
            LAPX_TRY_ASSIGN(out.victims, number_from(*victims));
        } else if (const auto loss = take_first(text, "loss")) {
            LAPX_TRY_ASSIGN(const Money money, money_from(*loss));
            out.loss = money.minor;
            out.currency = money.currency;
        } else {
            LAPX_TRY_ASSIGN(out.counting, from_word<Counting>(take_word(text)));
            text = trim(text);
        }
    }
    return out;
}

Result<ItemValue> indicator(std::string_view text) {
    Indicator out;
    LAPX_TRY_ASSIGN(out.type, from_word<IndicatorType>(take_word(text)));
    if (const auto at = take_last(text, "at")) {
        LAPX_TRY_ASSIGN(out.at, moment(*at));
    }
    if (const auto port = take_last(text, "port")) {
        LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(*port));
        if (number > 0xffff) {
            return bad();
        }
        out.port = static_cast<std::uint16_t>(number);
    }
    out.value = trim(text);
    return out;
}

Result<ItemValue> party(std::string_view text) {
    Party out;
    std::size_t place = 0;
    for (const std::string& field : trimmed(text, ';')) {
        if (const auto country = after_key(field, "country")) {
            out.country = *country;
        } else if (const auto confidence = after_key(field, "confidence")) {
            LAPX_TRY_ASSIGN(out.confidence, from_word<Confidence>(*confidence));
        } else if (place == 0) {
            LAPX_TRY_ASSIGN(out.role, from_word<PartyRole>(field));
            ++place;
        } else if (place == 1) {
            out.name = field;
            ++place;
        } else if (place == 2) {
            out.identifiers = trimmed(field, ',');
            ++place;
        } else {
            return bad();
        }
    }
    if (place == 0) {
        return bad();
    }
    return out;
}

Result<ItemValue> complainant(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto f, fields_of(text, 5));
    return Complainant{f[0], f[1], f[2], f[3], f[4]};
}

Result<ItemValue> custodian(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto f, fields_of(text, 3));
    LAPX_TRY_ASSIGN(const auto expiry, moment(f[2]));
    return Custodian{f[0], f[1], expiry};
}

Result<ItemValue> preservation(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto f, fields_of(text, 3));
    if (!f[2].empty() && f[2] != "formal") {
        return bad();
    }
    return Preservation{f[0], f[1], !f[2].empty()};
}

Result<ItemValue> assistance(std::string_view text) {
    Assistance out;
    if (text.starts_with('#')) {
        LAPX_TRY_ASSIGN(const std::uint64_t id, number_from(take_word(text).substr(1)));
        if (id > 0xffff) {
            return bad();
        }
        out.id = static_cast<std::uint16_t>(id);
    }
    LAPX_TRY_ASSIGN(const auto f, fields_of(text, 2));
    out.what = f[0];
    if (!f[1].empty()) {
        LAPX_TRY_ASSIGN(out.status, from_word<AssistanceStatus>(f[1]));
    }
    return out;
}

Result<ItemValue> inquiry(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto f, fields_of(text, 4));
    LAPX_TRY_ASSIGN(const InquiryKind kind, from_word<InquiryKind>(f[0]));
    return Inquiry{kind, f[1], f[2], f[3]};
}

Result<ItemValue> urgency(std::string_view text) {
    Urgency out;
    LAPX_TRY_ASSIGN(out.level, from_word<UrgencyLevel>(take_word(text)));
    text = trim(text);
    if (const auto reply_by = take_first(text, "reply-by")) {
        LAPX_TRY_ASSIGN(out.reply_by, moment(*reply_by));
    }
    out.reason = text;
    return out;
}

Result<ItemValue> secrecy(std::string_view text) {
    constexpr std::string_view kLead = "do not alert ";
    const std::size_t end = std::min(text.find(';'), text.size());
    Secrecy out{false, false, false,
                std::string(trim(text.substr(std::min(end + 1, text.size()))))};
    std::string_view whom = trim(text.substr(0, end));
    if (whom == "none") {
        return out;
    }
    if (whom.starts_with(kLead)) {
        whom.remove_prefix(kLead.size());
    }
    do {
        const std::string_view word = take_word(whom);
        out.not_subject = out.not_subject || word == "subject";
        out.not_isp = out.not_isp || word == "isp";
        out.not_press = out.not_press || word == "press";
        if (word != "subject" && word != "isp" && word != "press") {
            return bad();
        }
    } while (!whom.empty());
    return out;
}

Result<ItemValue> grading(std::string_view text) {
    if (text.size() != 2) {
        return bad();
    }
    return Grading{std::string(text.substr(0, 1)), std::string(text.substr(1))};
}

Result<ItemValue> provenance(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto f, fields_of(text, 3));
    return Provenance{f[0], f[1], f[2]};
}

Result<ItemValue> data_protection(std::string_view text) {
    DataProtection out;
    LAPX_TRY_ASSIGN(out.basis, from_word<DataBasis>(take_word(text)));
    text = trim(text);
    if (const auto destroy_by = take_first(text, "destroy-by")) {
        LAPX_TRY_ASSIGN(out.destroy_by, moment(*destroy_by));
    }
    out.text = text;
    return out;
}

struct Form {
    ValueType type;
    std::string_view form;
    Result<ItemValue> (*parse)(std::string_view);
};

constexpr auto kForms = std::to_array<Form>({
    {ValueType::kText, "TEXT",
     [](std::string_view t) -> Result<ItemValue> { return Text{std::string(t)}; }},
    {ValueType::kOfficer, "NAME[; POSITION[; PHONE[; MAIL]]]", officer},
    {ValueType::kAddressees, "DESK@AGENCY[,DESK@AGENCY]", addressees},
    {ValueType::kLegalBasis, "own=LAW[; own=LAW][; abroad=LAW][; instrument=NAME][; similar]",
     legal_basis},
    {ValueType::kConduct, "CLASS:TYPE [CHANNEL], such as fraud:phishing smtp", conduct},
    {ValueType::kSeen, "FIRST[/LAST] [PRECISION], each a TIME or DAY", seen},
    {ValueType::kJurisdictions, "[origin=NL] [hosting=US] [victims=NL,BE]", jurisdictions},
    {ValueType::kScale,
     "[complaints=N] [messages=N] [victims=N] [loss=1200.00EUR] [measured|estimated]", scale},
    {ValueType::kIndicator,
     "ip|domain|url|message-id|mail|telephone|sha256 VALUE [port=N] [at=TIME]", indicator},
    {ValueType::kParty, "ROLE[; NAME[; IDENTIFIER, IDENTIFIER]][; country=NL][; confidence=low]",
     party},
    {ValueType::kComplainant, "NAME[; MAIL[; PHONE[; COUNTRY[; REFERENCE]]]]", complainant},
    {ValueType::kCustodian, "ORGANISATION; HOLDS[; TIME or DAY when the log expires]", custodian},
    {ValueType::kPreservation, "DATA; NECESSITY[; formal]", preservation},
    {ValueType::kAssistance, "[#N] WHAT[; asked|in-progress|done|declined]", assistance},
    {ValueType::kInquiry, "prior|other; AGENCY[; REFERENCE[; TEXT]]", inquiry},
    {ValueType::kUrgency, "routine|priority|urgent [reply-by=TIME] [REASON]", urgency},
    {ValueType::kSecrecy, "do not alert [subject] [isp] [press][; WHY], or none[; WHY]", secrecy},
    {ValueType::kGrading, "A to F and 1 to 6, such as B2", grading},
    {ValueType::kProvenance, "PARTNER[; REFERENCE[; TERMS]]", provenance},
    {ValueType::kDataProtection, "BASIS [destroy-by=DAY] [TEXT], such as public-task",
     data_protection},
});

const Form* form_of(Label label) {
    const ValueType type = template_row(label).type;
    const auto* const found = std::find_if(kForms.begin(), kForms.end(),
                                           [&](const Form& form) { return form.type == type; });
    return found == kForms.end() ? nullptr : found;
}

}  // namespace

std::string_view item_form(Label label) {
    const Form* const form = form_of(label);
    return form == nullptr ? std::string_view() : form->form;
}

Result<ItemValue> item_from_text(Label label, std::string_view text) {
    const std::string name(word_of(label));
    const Form* const form = form_of(label);
    if (form == nullptr) {
        return fail(Code::kInvalidArgument, name + " cannot be typed");
    }
    auto value = form->parse(trim(text));
    if (!value || !check_value(*value) || describe_item(*value).empty()) {
        return fail(Code::kInvalidArgument, name + " is: " + std::string(form->form));
    }
    return value;
}

}  // namespace lapx::schema
