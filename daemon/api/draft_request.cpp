#include "daemon/api/draft_request.hpp"

#include <algorithm>

#include "daemon/api/handling.hpp"
#include "daemon/cases/deciding.hpp"
#include "daemon/disclosure/disclosure.hpp"
#include "keys/age.hpp"
#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

// A value whose text is what it was stays as it was: not every value can be typed, and of some the
// text says less than they hold.
Result<schema::ItemValue> value_from(schema::Label label, const std::string& text,
                                     const std::vector<schema::ItemValue>& before) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const auto& value) {
        return schema::describe_item(value) == text;
    });
    return same != before.end() ? *same : schema::item_from_text(label, text);
}

Result<schema::Label> label_from(const std::string& name) {
    const auto label = schema::from_word<schema::Label>(name);
    if (!label) {
        return fail(Code::kUnknownItem, escape(name));
    }
    if (*label == schema::Label::kAddressees) {
        return fail(Code::kInvalidArgument, "the addressees are the desks in `to`");
    }
    return *label;
}

// `unset`: [label, …]; then `set`: {"label": "text" or ["text", …]}, where empty removes the item.
Result<void> apply_set(cases::Values& values, const Json& body) {
    LAPX_TRY_ASSIGN(const auto unset, list_member(body, "unset"));
    for (const std::string& name : unset.value_or(std::vector<std::string>{})) {
        LAPX_TRY_ASSIGN(const schema::Label label, label_from(name));
        values[label].clear();
    }
    if (!body.contains("set")) {
        return {};
    }
    if (!body.at("set").is_object()) {
        return fail(Code::kInvalidArgument, "`set` must be an object of items");
    }
    for (const auto& [name, value] : body.at("set").items()) {
        LAPX_TRY_ASSIGN(const schema::Label label, label_from(name));
        std::vector<std::string> texts;
        if (value.is_string()) {
            texts.push_back(value.get<std::string>());
        } else {
            LAPX_TRY_ASSIGN(texts, texts_from(value, "text"));
        }
        std::vector<schema::ItemValue> parsed;
        for (const std::string& text : texts) {
            if (!text.empty()) {
                LAPX_TRY_ASSIGN(schema::ItemValue item, value_from(label, text, values[label]));
                parsed.push_back(std::move(item));
            }
        }
        values[label] = std::move(parsed);
    }
    return {};
}

// The descriptions, the same for all recipients, say which exhibits travel to each of them, as
// disclosure will rule.
void mark_exhibits(cases::Values& values, const model::Draft& draft, const DraftRequest& by) {
    const auto exhibits = values.find(schema::Label::kExhibit);
    if (exhibits == values.end()) {
        return;
    }
    const std::vector<Desk> reached = draft.reached();
    std::uint64_t room = schema::kMaxInlineExhibits;
    std::uint16_t element = 0;
    for (schema::ItemValue& item : exhibits->second) {
        ++element;
        auto& exhibit = std::get<schema::Exhibit>(item);
        const std::uint64_t size = keys::sealed_size(exhibit.size);
        const bool here =
            !by.here || std::find(by.here->begin(), by.here->end(), element) != by.here->end();
        const bool goes = here && size <= room &&
                          std::all_of(reached.begin(), reached.end(), [&](const Desk& desk) {
                              const auto to = by.contacts.addressee(desk);
                              return to && disclosure::octets_go(by.policy, draft, *to, element);
                          });
        room -= goes ? size : 0;
        exhibit.state = goes ? schema::ExhibitState::kSent : schema::ExhibitState::kOnRequest;
    }
}

// Why something is withheld.
struct Grounds {
    schema::Reason reason;
    std::string basis;  // may be empty
};

Result<Grounds> grounds_from(const Json& body) {
    LAPX_TRY_ASSIGN(const std::string reason, needed_text(body, "reason"));
    LAPX_TRY_ASSIGN(const auto basis, text_member(body, "basis"));
    const auto known = schema::from_word<schema::Reason>(reason);
    if (!known) {
        return fail(Code::kUnknownReason, escape(reason));
    }
    if (basis && !basis->empty() && !is_line(*basis, schema::kMaxText)) {
        return fail(Code::kInvalidArgument, "`basis` must be one line");
    }
    return Grounds{*known, basis.value_or("")};
}

Result<Desk> recipient_from(const model::Draft& draft, const std::string& text) {
    LAPX_TRY_ASSIGN(Desk desk, Desk::parse(text));
    if (std::find(draft.to.begin(), draft.to.end(), desk) == draft.to.end()) {
        return fail(Code::kNoRecipient, desk.text() + " is no recipient of this referral");
    }
    return desk;
}

}  // namespace

control::Members draft_members(std::initializer_list<const char*> more) {
    control::Members all = handling_members(
        {"to", "kind", "from_desk", "set", "unset", "withhold", "disclose", "exhibits"});
    all.insert(more.begin(), more.end());
    return all;
}

Result<model::ItemName> item_from(const model::Draft& draft, const std::string& text) {
    const auto number = number_from(text);
    if (!number) {
        return cases::item_name_from(text);
    }
    if (*number == 0 || *number > draft.items.size()) {
        return fail(Code::kUnknownItem, "no item has this number");
    }
    const schema::Label label = draft.items[*number - 1].label;
    std::uint16_t element = 0;
    for (std::size_t i = 0; i < *number; ++i) {
        element = static_cast<std::uint16_t>(element + (draft.items[i].label == label ? 1 : 0));
    }
    return model::ItemName{label, schema::template_row(label).repeats ? element : std::uint16_t{0}};
}

Result<std::vector<Desk>> desks_from(const std::vector<std::string>& texts) {
    std::vector<Desk> out;
    for (const std::string& text : texts) {
        LAPX_TRY_ASSIGN(Desk desk, Desk::parse(text));
        if (std::find(out.begin(), out.end(), desk) == out.end()) {
            out.push_back(std::move(desk));
        }
    }
    return out;
}

Result<std::size_t> item_index(const model::Draft& draft, const std::string& text) {
    LAPX_TRY_ASSIGN(const model::ItemName name, item_from(draft, text));
    const auto first =
        std::find_if(draft.items.begin(), draft.items.end(),
                     [&](const model::DraftItem& item) { return item.label == name.label; });
    const auto index = static_cast<std::size_t>(first - draft.items.begin()) +
                       (name.element == 0 ? 0U : name.element - 1U);
    if (index >= draft.items.size() || draft.items[index].label != name.label) {
        return fail(Code::kUnknownItem, "there is no such element");
    }
    return index;
}

Result<model::Withhold> withhold_from(const model::Draft& draft, const Json& body,
                                      const std::string& decider) {
    LAPX_TRY_ASSIGN(const std::string item, needed_text(body, "item"));
    LAPX_TRY_ASSIGN(const auto show, word_member<schema::Shown>(body, "show"));
    LAPX_TRY_ASSIGN(const auto from, text_member(body, "from"));
    LAPX_TRY_ASSIGN(Grounds grounds, grounds_from(body));
    model::Withhold out{.item = {},
                        .from = {},
                        .reason = grounds.reason,
                        .shown = show.value_or(schema::Shown::kReason),
                        .basis = std::move(grounds.basis),
                        .decider = decider};
    LAPX_TRY_ASSIGN(out.item, item_from(draft, item));
    if (from) {
        LAPX_TRY_ASSIGN(out.from, recipient_from(draft, *from));
    }
    return out;
}

Result<void> withhold_wholly(model::Draft& draft, const Json& body, const std::string& decider) {
    if (body.contains("item") || body.contains("show")) {
        return fail(Code::kInvalidArgument,
                    "`wholly` is of all items, and nothing is shown: leave out `item` and `show`");
    }
    LAPX_TRY_ASSIGN(const std::string from_text, needed_text(body, "from"));
    LAPX_TRY_ASSIGN(Grounds grounds, grounds_from(body));
    LAPX_TRY_ASSIGN(const Desk from, recipient_from(draft, from_text));
    std::erase_if(draft.wholly, [&](const auto& one) { return one.from == from; });
    draft.wholly.push_back({from, grounds.reason, std::move(grounds.basis), decider});
    return {};
}

Result<void> apply_request(cases::Case& value, cases::Values values, const Json& body,
                           const DraftRequest& by) {
    LAPX_TRY_ASSIGN(const auto to, list_member(body, "to"));
    LAPX_TRY_ASSIGN(const auto kind, word_member<schema::Kind>(body, "kind"));
    LAPX_TRY_ASSIGN(const auto from, text_member(body, "from_desk"));
    model::Draft& draft = value.draft;
    if ((to || from) && draft.act != schema::Act::kRefer) {
        return fail(Code::kInvalidArgument,
                    "it goes from the desk of what it follows to those who hold that");
    }
    if (to) {
        LAPX_TRY_ASSIGN(draft.to, desks_from(*to));
    }
    std::erase_if(draft.wholly, [&](const auto& one) {
        return std::find(draft.to.begin(), draft.to.end(), one.from) == draft.to.end();
    });
    draft.kind = kind.value_or(draft.kind);
    if (from) {
        LAPX_TRY_ASSIGN(draft.from, Desk::parse(*from + "@" + draft.from.agency().text()));
        if (!by.self.keys.desks.contains(*from)) {
            return fail(Code::kUnknownDesk, "no desk of ours has this id");
        }
        if (!by.who.serves(*from)) {
            return fail(Code::kNotPermitted, "you do not work at the desk " + *from);
        }
    }
    LAPX_TRY(apply_handling(draft.handling, body, by.self.notice.zone, by.now));
    const cases::Values before = values;
    LAPX_TRY(apply_set(values, body));
    values[schema::Label::kAddressees] = {};
    if (const auto reached = draft.reached(); !reached.empty()) {
        values[schema::Label::kAddressees].push_back(schema::Addressees{reached});
    }
    if (draft.is_whole()) {
        cases::add_defaults(values, draft.kind, by.self.agency(), by.self.card.country);
    }
    cases::add_data_protection(values, by.now);
    cases::follow_values(draft, before, values);
    if (body.contains("withhold")) {
        if (!body.at("withhold").is_array()) {
            return fail(Code::kInvalidArgument, "`withhold` must be a list");
        }
        for (const Json& one : body.at("withhold")) {
            LAPX_TRY(check_members(one, {"item", "reason", "basis", "show", "from"}));
            LAPX_TRY_ASSIGN(model::Withhold decision, withhold_from(draft, one, by.who.id));
            LAPX_TRY(cases::withhold(draft, std::move(decision)));
        }
    }
    LAPX_TRY_ASSIGN(const auto disclosed, list_member(body, "disclose"));
    for (const std::string& name : disclosed.value_or(std::vector<std::string>{})) {
        LAPX_TRY_ASSIGN(const model::ItemName item, item_from(draft, name));
        const auto there = values.find(item.label);
        LAPX_TRY(cases::permit(draft, {item, by.who.id},
                               there == values.end() ? 0 : there->second.size()));
    }
    mark_exhibits(values, draft, by);
    LAPX_TRY_ASSIGN(draft.items, cases::lay_out(values, by.random));
    draft.created = by.now;
    cases::changed_by(value, by.who.id, by.now);
    return {};
}

Json wholly_json(const model::Draft& draft) {
    Json out = Json::array();
    for (const model::WhollyWithheld& one : draft.wholly) {
        out.push_back({{"to", one.from.text()}, {"reason", word(one.reason)}});
    }
    return out;
}

Json leaves_json(const cases::Case& value) {
    return value.leaves ? Json(to_string(*value.leaves)) : Json(nullptr);
}

Json returned_json(const cases::Case& value) {
    if (!value.returned) {
        return nullptr;
    }
    return {{"by", value.returned->by},
            {"at", to_string(value.returned->at)},
            {"text", value.returned->text}};
}

}  // namespace lapx::daemon
