#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/records.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kDecidedForm = "lapx/decided@v1";
constexpr std::string_view kNameEnd = "; ";

tl::unexpected<Error> bad_decision() { return fail(Code::kInvalidArgument); }

Result<bool> yes_or_no(std::string_view text) {
    if (text != "yes" && text != "no") {
        return bad_decision();
    }
    return text == "yes";
}

Result<std::optional<MessageId>> message_or_none_from(std::string_view text) {
    if (text == "none") {
        return std::optional<MessageId>{};
    }
    LAPX_TRY_ASSIGN(const MessageId id, uuid_from<MessageId>(text));
    return std::optional(id);
}

// `REASON SHOWN DECIDER`.
Result<Withholding> withholding_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const Reason reason, from_word<Reason>(take_word(text)));
    LAPX_TRY_ASSIGN(const Shown shown, from_word<Shown>(take_word(text)));
    LAPX_TRY_ASSIGN(std::string decider, shaped(is_operator_id)(text));
    return Withholding{reason, shown, std::move(decider)};
}

// `INWARD LABEL CLASS`, and with `withheld` how.
Result<DecidedItem> item_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const Inward inward, from_word<Inward>(take_word(text)));
    LAPX_TRY_ASSIGN(const Label label, from_word<Label>(take_word(text)));
    if (inward == Inward::kWithheld) {
        LAPX_TRY_ASSIGN(const auto item_class, from_word<ItemClass>(take_word(text)));
        LAPX_TRY_ASSIGN(Withholding how, withholding_from(text));
        return DecidedItem{label, item_class, std::move(how)};
    }
    LAPX_TRY_ASSIGN(const auto item_class, from_word<ItemClass>(text));
    if (inward == Inward::kDisclosed) {
        return DecidedItem{label, item_class, Disclosed{}};
    }
    return DecidedItem{label, item_class, std::monostate{}};
}

std::string item_text(const DecidedItem& item) {
    const auto* const how = std::get_if<Withholding>(&item.inward);
    const Inward inward = inward_of(item);
    std::string out;
    for (const std::string_view word :
         {word_of(inward), word_of(item.label), word_of(item.item_class)}) {
        out += ' ';
        out += word;
    }
    if (how != nullptr) {
        for (const std::string_view word :
             {word_of(how->reason), word_of(how->shown), std::string_view(how->decider)}) {
            out += ' ';
            out += word;
        }
    }
    return out;
}

Result<std::vector<DecidedItem>> read_decisions(LineReader& in) {
    std::vector<DecidedItem> items;
    std::vector<Label> labels;
    while (auto rest = in.maybe("item")) {
        if (take_word(*rest) != std::to_string(items.size() + 1) || items.size() == kMaxItems) {
            return in.malformed();
        }
        auto item = item_from(*rest);
        if (!item) {
            return in.malformed();
        }
        labels.push_back(item->label);
        items.push_back(*std::move(item));
    }
    if (!is_label_sequence(labels)) {
        return in.malformed();
    }
    return items;
}

// `NUMBER ORIGINAL`.
struct DerivedLine {
    std::uint64_t number;
    std::uint64_t original;
};
Result<DerivedLine> derived_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(take_word(text)));
    LAPX_TRY_ASSIGN(const std::uint64_t original, number_from(text));
    return DerivedLine{number, original};
}

// The numbers ascend; a derivative is there, and so is what it stands for, which is none itself.
Result<void> read_derived(LineReader& in, std::vector<DecidedItem>& items) {
    LAPX_TRY_ASSIGN(const auto lines, in.read_all("derived", 0, items.size(), derived_from));
    const auto is_there = [&](std::uint64_t number, bool redacted) {
        return number >= 1 && number <= items.size() &&
               inward_of(items[number - 1]) != Inward::kAbsent &&
               (items[number - 1].label == Label::kRedacted) == redacted;
    };
    std::uint64_t last = 0;
    for (const DerivedLine& line : lines) {
        if (line.number <= last || !is_there(line.number, true) ||
            !is_there(line.original, false)) {
            return in.malformed();
        }
        items[line.number - 1].original = static_cast<std::uint16_t>(line.original);
        last = line.number;
    }
    return {};
}

// What went under no cover disclosed nothing and told of nothing.
bool tells_nothing(const std::vector<DecidedItem>& items) {
    return std::all_of(items.begin(), items.end(), [](const DecidedItem& item) {
        const auto* const how = std::get_if<Withholding>(&item.inward);
        return inward_of(item) == Inward::kAbsent ||
               (how != nullptr && how->shown == Shown::kSilent);
    });
}

Result<OperatorWords> operator_from(std::string_view text) {
    LAPX_TRY_ASSIGN(std::string id, shaped(is_operator_id)(take_word(text)));
    const std::size_t end = text.find(kNameEnd);
    if (end == std::string_view::npos) {
        return bad_decision();
    }
    LAPX_TRY_ASSIGN(std::string name, name_from(text.substr(0, end)));
    LAPX_TRY_ASSIGN(std::string position, name_from(text.substr(end + kNameEnd.size())));
    return OperatorWords{std::move(id), std::move(name), std::move(position)};
}

Result<BasisWords> basis_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(take_word(text)));
    LAPX_TRY_ASSIGN(std::string basis, text_from(text));
    if (number == 0 || number > kMaxItems) {
        return bad_decision();
    }
    return BasisWords{static_cast<std::uint16_t>(number), std::move(basis)};
}

}  // namespace

Inward inward_of(const DecidedItem& item) {
    if (std::holds_alternative<Withholding>(item.inward)) {
        return Inward::kWithheld;
    }
    return std::holds_alternative<Disclosed>(item.inward) ? Inward::kDisclosed : Inward::kAbsent;
}

Result<DecidedRecord> parse_decided_record(std::string_view text) {
    LineReader in("decided record", text);
    LAPX_TRY(in.check(kMaxLongNote));
    LAPX_TRY(in.exactly(kDecidedForm));
    LAPX_TRY_ASSIGN(const auto referral, in.read("referral", uuid_from<ReferralId>));
    LAPX_TRY_ASSIGN(const auto message, in.read("message", message_or_none_from));
    LAPX_TRY_ASSIGN(Desk to, in.read("to", Desk::parse));
    LAPX_TRY_ASSIGN(const auto cover, in.read("cover", digest_or_none_from<CoverDigest>));
    LAPX_TRY_ASSIGN(const auto view, in.read("view", digest_from<ViewDigest>));
    LAPX_TRY_ASSIGN(const auto policy, in.read("policy", digest_or_none_from<PolicyDigest>));
    LAPX_TRY_ASSIGN(std::string approver, in.read("approver", shaped(is_operator_id)));
    LAPX_TRY_ASSIGN(const bool self_approved, in.read("self-approved", yes_or_no));
    LAPX_TRY_ASSIGN(const auto standing, in.read_optional("standing", uuid_from<StandingId>));
    LAPX_TRY_ASSIGN(const auto texts, in.read("texts", digest_from<TextsDigest>));
    LAPX_TRY_ASSIGN(auto items, read_decisions(in));
    LAPX_TRY(read_derived(in, items));
    LAPX_TRY(in.end());
    if (message.has_value() != cover.has_value() || (!cover && !tells_nothing(items))) {
        return in.malformed();
    }
    return DecidedRecord{referral, message, std::move(to),       cover,
                         view,     policy,  std::move(approver), self_approved,
                         standing, texts,   std::move(items)};
}

std::string print_decided_record(const DecidedRecord& record) {
    std::string out;
    out += kDecidedForm;
    out += '\n';
    put_line(out, "referral", to_string(record.referral));
    put_line(out, "message", record.message ? to_string(*record.message) : "none");
    put_line(out, "to", record.to.text());
    put_line(out, "cover", digest_or_none(record.cover));
    put_line(out, "view", to_string(record.view));
    put_line(out, "policy", digest_or_none(record.policy));
    put_line(out, "approver", record.approver);
    put_line(out, "self-approved", record.self_approved ? "yes" : "no");
    if (record.standing) {
        put_line(out, "standing", to_string(*record.standing));
    }
    put_line(out, "texts", to_string(record.texts));
    for (std::size_t i = 0; i < record.items.size(); ++i) {
        put_line(out, "item", std::to_string(i + 1) + item_text(record.items[i]));
    }
    for (std::size_t i = 0; i < record.items.size(); ++i) {
        if (record.items[i].original != 0) {
            put_line(out, "derived",
                     std::to_string(i + 1) + ' ' + std::to_string(record.items[i].original));
        }
    }
    return out;
}

Result<DecidedTexts> parse_decided_texts(std::string_view text) {
    DecidedTexts texts;
    if (text.empty()) {
        return texts;
    }
    LineReader in("decided texts", text);
    LAPX_TRY(in.check(kMaxLongNote));
    LAPX_TRY_ASSIGN(texts.operators, in.read_all("operator", 0, kMaxItems, operator_from));
    LAPX_TRY_ASSIGN(texts.bases, in.read_all("basis", 0, kMaxItems, basis_from));
    LAPX_TRY(in.end());
    const auto by_id = [](const OperatorWords& a, const OperatorWords& b) { return a.id >= b.id; };
    const auto by_number = [](const BasisWords& a, const BasisWords& b) {
        return a.number >= b.number;
    };
    if (std::adjacent_find(texts.operators.begin(), texts.operators.end(), by_id) !=
            texts.operators.end() ||
        std::adjacent_find(texts.bases.begin(), texts.bases.end(), by_number) !=
            texts.bases.end()) {
        return in.malformed();
    }
    return texts;
}

std::string print_decided_texts(const DecidedTexts& texts) {
    std::string out;
    for (const OperatorWords& words : texts.operators) {
        put_line(out, "operator",
                 words.id + ' ' + words.name + std::string(kNameEnd) + words.position);
    }
    for (const BasisWords& basis : texts.bases) {
        put_line(out, "basis", std::to_string(basis.number) + ' ' + basis.text);
    }
    return out;
}

}  // namespace lapx::schema
