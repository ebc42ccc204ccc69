#include <algorithm>

#include "daemon/disclosure/disclosure.hpp"

namespace lapx::disclosure {
namespace {

using schema::ItemClass;
using schema::Reason;
using schema::Shown;

// Who decided where no person did.
constexpr std::string_view kPolicy = "policy";

struct ClassRule {
    bool goes;
    bool may_be_permitted;
    Reason reason;
    Shown shown;
};

ClassRule rule_of(ItemClass item_class) {
    switch (item_class) {
        case ItemClass::kAlwaysShared:
        case ItemClass::kShareable:
            return {true, true, Reason::kConfidential, Shown::kReason};
        case ItemClass::kPersonalData:
            return {false, true, Reason::kNoLawfulTransfer, Shown::kCategory};
        case ItemClass::kConfidential:
            return {false, true, Reason::kConfidential, Shown::kSilent};
        case ItemClass::kCommerciallySensitive:
            return {false, true, Reason::kCommerciallySensitive, Shown::kCategory};
        case ItemClass::kPrivileged:
            return {false, false, Reason::kPrivilege, Shown::kSilent};
    }
    return {false, false, Reason::kConfidential, Shown::kSilent};
}

bool names(const model::ItemName& name, schema::Label label, std::uint16_t element) {
    return name.label == label && (name.element == 0 || name.element == element);
}

bool is_permitted(const model::Draft& draft, schema::Label label, std::uint16_t element) {
    return std::any_of(draft.permitted.begin(), draft.permitted.end(),
                       [&](const auto& permit) { return names(permit.item, label, element); });
}

model::Ruling withheld(schema::Label label, ItemClass item_class, Reason reason, Shown shown,
                       std::string_view decider, std::string basis) {
    return {{label, item_class, schema::Withholding{reason, shown, std::string(decider)}},
            std::move(basis)};
}

model::Ruling rule_item(const model::Draft& draft, const Desk& to, const model::DraftItem& item,
                        std::uint16_t element) {
    const ItemClass item_class = schema::template_row(item.label).default_class;
    if (!item.present) {
        return {{item.label, item_class, std::monostate{}}, {}};
    }
    const auto decision =
        std::find_if(draft.withheld.rbegin(), draft.withheld.rend(), [&](const model::Withhold& w) {
            return names(w.item, item.label, element) && (!w.from || *w.from == to);
        });
    if (decision != draft.withheld.rend()) {
        return withheld(item.label, item_class, decision->reason, decision->shown,
                        decision->decider, decision->basis);
    }
    const ClassRule by_class = rule_of(item_class);
    const bool permitted = by_class.may_be_permitted && is_permitted(draft, item.label, element);
    if (by_class.goes || permitted) {
        return {{item.label, item_class, schema::Disclosed{}}, {}};
    }
    return withheld(item.label, item_class, by_class.reason, by_class.shown, kPolicy, {});
}

}  // namespace

std::vector<model::Ruling> rule(const model::Draft& draft, const Desk& to) {
    std::vector<model::Ruling> out;
    out.reserve(draft.items.size());
    std::uint16_t element = 0;
    for (std::size_t i = 0; i < draft.items.size(); ++i) {
        const bool same_group = i > 0 && draft.items[i - 1].label == draft.items[i].label;
        element = static_cast<std::uint16_t>(same_group ? element + 1 : 1);
        out.push_back(rule_item(draft, to, draft.items[i], element));
    }
    return out;
}

bool octets_go(const model::Draft& draft, std::uint16_t element) {
    return is_permitted(draft, schema::Label::kExhibit, element);
}

std::vector<schema::Label> missing_items(const model::Draft& draft) {
    const auto present = [&](schema::Label label) {
        return std::any_of(
            draft.items.begin(), draft.items.end(),
            [&](const model::DraftItem& item) { return item.label == label && item.present; });
    };
    const bool personal =
        std::any_of(draft.items.begin(), draft.items.end(), [](const model::DraftItem& item) {
            return item.present &&
                   schema::template_row(item.label).default_class == ItemClass::kPersonalData;
        });
    std::vector<schema::Label> out;
    for (const schema::TemplateRow& row : schema::template_rows()) {
        const bool needed = schema::is_mandatory(row.label, draft.kind) ||
                            (personal && row.label == schema::Label::kDataProtection);
        if (needed && !present(row.label)) {
            out.push_back(row.label);
        }
    }
    return out;
}

}  // namespace lapx::disclosure
