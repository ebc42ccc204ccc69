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

// Which item of the draft that is, from 0; the number of items where there is none such.
std::size_t line_of(const model::Draft& draft, const model::ItemName& name) {
    const auto first =
        std::find_if(draft.items.begin(), draft.items.end(),
                     [&](const model::DraftItem& item) { return item.label == name.label; });
    const auto index = static_cast<std::size_t>(first - draft.items.begin()) +
                       (name.element == 0 ? 0U : name.element - 1U);
    return index < draft.items.size() && draft.items[index].label == name.label &&
                   draft.items[index].present
               ? index
               : draft.items.size();
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

// The last decision that keeps it from this recipient.
const model::Withhold* withhold_of(const model::Draft& draft, const model::Addressee& to,
                                   schema::Label label, std::uint16_t element) {
    const auto found =
        std::find_if(draft.withheld.rbegin(), draft.withheld.rend(), [&](const model::Withhold& w) {
            return names(w.item, label, element) && (!w.from || *w.from == to.desk);
        });
    return found == draft.withheld.rend() ? nullptr : &*found;
}

model::Ruling rule_kept(const Policy& policy, const model::Draft& draft, const model::Addressee& to,
                        const model::DraftItem& item, std::uint16_t element) {
    if (!item.present) {
        return {{item.label, policy.rules.classes_of(item.label).front(), std::monostate{}}, {}};
    }
    const Finding decisive = strictest(findings(policy, draft, to, item.label));
    const model::Withhold* decision = withhold_of(draft, to, item.label, element);
    const model::Permit* permit = permit_of(draft, to, item.label, element);
    const bool unlocked = permit != nullptr && !permit->basis.empty();
    if (decision != nullptr && !unlocked) {
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

// The decision in whose place this `redacted` item goes.
const model::Withhold* redaction_of(const model::Draft& draft, std::uint16_t element) {
    const auto found =
        std::find_if(draft.withheld.begin(), draft.withheld.end(),
                     [&](const model::Withhold& w) { return w.derivative == element; });
    return found == draft.withheld.end() ? nullptr : &*found;
}

// Which element of its label the item is, from 1.
std::uint16_t element_of(const model::Draft& draft, std::size_t index) {
    const schema::Label label = draft.items[index].label;
    const auto here = draft.items.begin() + static_cast<std::ptrdiff_t>(index) + 1;
    return static_cast<std::uint16_t>(
        std::count_if(draft.items.begin(), here,
                      [&](const model::DraftItem& item) { return item.label == label; }));
}

// A derivative goes where the decision that names it is the one that keeps its original here, with
// a trace. Elsewhere it stays without one, unless a person decided otherwise: nobody learns what
// others got. What a later disclosure adds takes back nothing.
void rule_derivative(const model::Draft& draft, const model::Addressee& to, std::size_t index,
                     const std::vector<model::Ruling>& before, model::Ruling& ruling) {
    const std::size_t original = original_of(draft, index);
    if (original >= before.size()) {
        ruling.decided.inward =
            schema::Withholding{Reason::kConfidential, Shown::kSilent, std::string(kPolicy)};
        return;
    }
    const model::Withhold& decision = *redaction_of(draft, element_of(draft, index));
    const bool decides = withhold_of(draft, to, draft.items[original].label,
                                     element_of(draft, original)) == &decision;
    const bool stays = std::holds_alternative<schema::Withholding>(before[original].decided.inward);
    const bool goes = decides && decision.shown != Shown::kSilent &&
                      (stays || draft.act == schema::Act::kDisclose);
    ruling.decided.original = static_cast<std::uint16_t>(original + 1);
    if (goes) {
        return;
    }
    auto* const withheld = std::get_if<schema::Withholding>(&ruling.decided.inward);
    if (withheld == nullptr) {
        ruling.decided.inward =
            schema::Withholding{decision.reason, Shown::kSilent, decision.decider};
        ruling.basis.clear();
    } else if (withheld->decider == kPolicy) {
        withheld->shown = Shown::kSilent;
    }
}

// Nothing of it goes, and nothing is told.
void withhold_wholly(const model::WhollyWithheld& decision, model::Ruling& ruling) {
    if (schema::inward_of(ruling.decided) != schema::Inward::kAbsent) {
        ruling.decided.inward =
            schema::Withholding{decision.reason, Shown::kSilent, decision.decider};
        ruling.basis = decision.basis;
    }
}

// What would go and was erased is told to be no longer held. What would stay stays as it would, so
// that erasing something shows nobody that it was there.
model::Ruling rule_item(const Policy& policy, const model::Draft& draft, const model::Addressee& to,
                        const model::DraftItem& item, std::uint16_t element) {
    model::Ruling ruling = rule_kept(policy, draft, to, item, element);
    if (item.erased && std::holds_alternative<schema::Disclosed>(ruling.decided.inward)) {
        ruling = {
            {item.label, ruling.decided.item_class,
             schema::Withholding{Reason::kNoLongerHeld, Shown::kReason, std::string(kPolicy)}},
            {}};
    }
    return ruling;
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

std::size_t original_of(const model::Draft& draft, std::size_t index) {
    const model::DraftItem& item = draft.items[index];
    const model::Withhold* decision = item.present && item.label == schema::Label::kRedacted
                                          ? redaction_of(draft, element_of(draft, index))
                                          : nullptr;
    return decision == nullptr ? draft.items.size() : line_of(draft, decision->item);
}

std::vector<Finding> findings(const Policy& policy, const model::Draft& draft,
                              const model::Addressee& to, schema::Label label) {
    std::vector<Finding> out;
    for (const ItemClass item_class : policy.rules.classes_of(label)) {
        out.push_back(find(policy, {label, item_class}, draft, to));
    }
    return out;
}

std::vector<Finding> octets_findings(const Policy& policy, const model::Draft& draft,
                                     const model::Addressee& to) {
    std::vector<Finding> out;
    for (const ItemClass item_class : policy.rules.octets) {
        out.push_back(find(policy, {{}, item_class}, draft, to));
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
        model::Ruling ruling = rule_item(policy, draft, to, draft.items[i], element);
        if (draft.items[i].present && draft.items[i].label == schema::Label::kRedacted) {
            rule_derivative(draft, to, i, out, ruling);
        }
        out.push_back(std::move(ruling));
    }
    if (const model::WhollyWithheld* decision = draft.wholly_from(to.desk)) {
        for (model::Ruling& ruling : out) {
            withhold_wholly(*decision, ruling);
        }
    }
    return out;
}

bool octets_go(const Policy& policy, const model::Draft& draft, const model::Addressee& to,
               std::uint16_t element) {
    const config::Decide says = verdict(strictest(octets_findings(policy, draft, to)));
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
