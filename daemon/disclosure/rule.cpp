#include <algorithm>
#include <optional>

#include "daemon/disclosure/disclosure.hpp"
#include "keys/domains.hpp"

namespace lapx::disclosure {
namespace {

using schema::ItemClass;
using schema::Reason;
using schema::Shown;

// Who decided where no person did.
constexpr std::string_view kPolicy = "policy";

// Which of the policy's words a rule is asked about. No label: the octets of an exhibit, which only
// rules that name no item can speak of.
struct Subject {
    std::optional<schema::Label> label;
    ItemClass item_class;
};

template <typename T>
bool holds(const std::vector<T>& wanted, const T& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool matches(const config::Rule& rule, const Subject& subject, const model::Draft& draft,
             const model::Addressee& to) {
    const bool of_subject = subject.label ? holds(rule.items, *subject.label) : rule.items.empty();
    return of_subject && holds(rule.classes, subject.item_class) &&
           holds(rule.sectors, to.sector) && holds(rule.countries, to.country) &&
           holds(rule.agencies, to.desk.agency()) && holds(rule.desks, to.desk) &&
           holds(rule.trust, to.trust) && holds(rule.kinds, draft.kind) &&
           holds(rule.tlp, draft.handling.tlp) && holds(rule.pap, draft.handling.pap);
}

Finding find(const Policy& policy, const Subject& subject, const model::Draft& draft,
             const model::Addressee& to) {
    const auto& rules = policy.rules.rules;
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const config::Rule& rule) {
        return matches(rule, subject, draft, to);
    });
    return {subject.item_class, found == rules.end() ? nullptr : &*found};
}

config::Decide verdict(const Finding& finding) {
    // Whatever a policy says: the one class that no rule and no person can let go.
    if (finding.item_class == ItemClass::kPrivileged || finding.rule == nullptr) {
        return config::Decide::kNever;
    }
    return finding.rule->decide;
}

bool any_confidential(const std::vector<ItemClass>& classes) {
    return std::any_of(classes.begin(), classes.end(), [](ItemClass item_class) {
        return item_class == ItemClass::kConfidential ||
               item_class == ItemClass::kCommerciallySensitive ||
               item_class == ItemClass::kPrivileged;
    });
}

// The one that decides: all must allow, and of several that do not the first of the strictest.
const Finding& strictest(const std::vector<Finding>& findings) {
    return *std::max_element(
        findings.begin(), findings.end(),
        [](const Finding& a, const Finding& b) { return verdict(a) < verdict(b); });
}

bool names(const model::ItemName& name, schema::Label label, std::uint16_t element) {
    return name.label == label && (name.element == 0 || name.element == element);
}

// The last decision that it goes, the ones with a basis before the others.
const model::Permit* permit_of(const model::Draft& draft, const model::Addressee& to,
                               schema::Label label, std::uint16_t element) {
    const model::Permit* found = nullptr;
    for (const model::Permit& permit : draft.permitted) {
        if (names(permit.item, label, element) && (!permit.to || *permit.to == to.desk) &&
            (found == nullptr || found->basis.empty() || !permit.basis.empty())) {
            found = &permit;
        }
    }
    return found;
}

// Why the policy keeps an item here: the rule's words, or those for what no rule allows.
schema::Withholding kept(const Finding& finding) {
    if (finding.item_class == ItemClass::kPrivileged) {
        return {Reason::kPrivilege, Shown::kSilent, std::string(kPolicy)};
    }
    if (finding.rule == nullptr) {
        return {Reason::kConfidential, Shown::kCategory, std::string(kPolicy)};
    }
    return {finding.rule->reason, finding.rule->shown, std::string(kPolicy)};
}

model::Ruling rule_item(const Policy& policy, const model::Draft& draft, const model::Addressee& to,
                        const model::DraftItem& item, std::uint16_t element) {
    if (!item.present) {
        return {{item.label, policy.rules.classes_of(item.label).front(), std::monostate{}}, {}};
    }
    const Finding decisive = strictest(findings(policy, draft, to, item.label));
    const auto decision =
        std::find_if(draft.withheld.rbegin(), draft.withheld.rend(), [&](const model::Withhold& w) {
            return names(w.item, item.label, element) && (!w.from || *w.from == to.desk);
        });
    const model::Permit* permit = permit_of(draft, to, item.label, element);
    const bool unlocked = permit != nullptr && !permit->basis.empty();
    if (decision != draft.withheld.rend() && !unlocked) {
        return {{item.label, decisive.item_class,
                 schema::Withholding{decision->reason, decision->shown, decision->decider}},
                decision->basis};
    }
    const config::Decide says = verdict(decisive);
    if (says == config::Decide::kShare || (says == config::Decide::kAsk && permit != nullptr)) {
        return {{item.label, decisive.item_class, schema::Disclosed{}},
                unlocked ? permit->basis : std::string()};
    }
    return {{item.label, decisive.item_class, kept(decisive)}, {}};
}

}  // namespace

bool is_confidential(const Policy& policy, schema::Label label) {
    return label != schema::Label::kAddressees && any_confidential(policy.rules.classes_of(label));
}

bool octets_are_confidential(const Policy& policy) { return any_confidential(policy.rules.octets); }

Policy policy_of(config::DisclosurePolicy rules) {
    const auto digest = keys::digest_of<PolicyDigest>(rules.text);
    return {std::move(rules), digest};
}

std::vector<Finding> findings(const Policy& policy, const model::Draft& draft,
                              const model::Addressee& to, schema::Label label) {
    std::vector<Finding> out;
    for (const ItemClass item_class : policy.rules.classes_of(label)) {
        out.push_back(find(policy, {label, item_class}, draft, to));
    }
    return out;
}

std::vector<model::Ruling> rule(const Policy& policy, const model::Draft& draft,
                                const model::Addressee& to) {
    std::vector<model::Ruling> out;
    out.reserve(draft.items.size());
    std::uint16_t element = 0;
    for (std::size_t i = 0; i < draft.items.size(); ++i) {
        const bool same_group = i > 0 && draft.items[i - 1].label == draft.items[i].label;
        element = static_cast<std::uint16_t>(same_group ? element + 1 : 1);
        out.push_back(rule_item(policy, draft, to, draft.items[i], element));
    }
    return out;
}

bool octets_go(const Policy& policy, const model::Draft& draft, const model::Addressee& to,
               std::uint16_t element) {
    std::vector<Finding> all;
    for (const ItemClass item_class : policy.rules.octets) {
        all.push_back(find(policy, {{}, item_class}, draft, to));
    }
    const config::Decide says = verdict(strictest(all));
    return says == config::Decide::kShare ||
           (says == config::Decide::kAsk &&
            permit_of(draft, to, schema::Label::kExhibit, element) != nullptr);
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
        const bool needed =
            draft.needs(row.label) || (personal && row.label == schema::Label::kDataProtection);
        if (needed && !present(row.label)) {
            out.push_back(row.label);
        }
    }
    return out;
}

}  // namespace lapx::disclosure
