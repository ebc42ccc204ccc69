// Over random policies, drafts and recipients: what goes is what the policy and the people allow,
// judged here by the words of config/disclosure.toml, not by the code that rules.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "daemon/cases/deciding.hpp"
#include "daemon/cases/drafting.hpp"
#include "daemon/disclosure/disclosure.hpp"
#include "tests/support/fixtures.hpp"

namespace lapx::disclosure {
namespace {

using config::Decide;
using schema::ItemClass;
using schema::Label;

class Dice {
  public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    std::size_t below(std::size_t n) { return engine_() % n; }
    bool once_in(std::size_t n) { return below(n) == 0; }
    template <typename T>
    T one_of(const std::vector<T>& from) {
        return from[below(from.size())];
    }
    // Mostly empty, which matches everything.
    template <typename T>
    std::vector<T> some_of(const std::vector<T>& from) {
        std::vector<T> out;
        for (const T& one : from) {
            if (once_in(2)) {
                out.push_back(one);
            }
        }
        return once_in(3) ? out : std::vector<T>{};
    }

  private:
    std::mt19937 engine_;
};

template <typename E>
std::vector<E> all() {
    std::vector<E> out;
    for (const auto& row : schema::words<E>()) {
        out.push_back(row.value);
    }
    return out;
}

const std::vector<Desk> kDesks{*Desk::parse("spam@acma.example"),
                               *Desk::parse("fraud@ftc.example")};

config::DisclosurePolicy random_policy(Dice& dice) {
    config::DisclosurePolicy policy;
    for (const schema::TemplateRow& row : schema::template_rows()) {
        policy.classes.push_back({row.default_class});
        if (dice.once_in(3)) {
            policy.classes.back().push_back(dice.one_of(all<ItemClass>()));
        }
    }
    policy.octets = {dice.one_of(all<ItemClass>())};
    for (std::size_t i = dice.below(8); i > 0; --i) {
        config::Rule rule;
        rule.name = "rule " + std::to_string(i);
        rule.classes = dice.some_of(all<ItemClass>());
        rule.items = dice.some_of(all<Label>());
        rule.sectors = dice.some_of(all<schema::Sector>());
        rule.countries = dice.some_of(std::vector<std::string>{"AU", "NL"});
        rule.desks = dice.some_of(kDesks);
        rule.trust = dice.some_of(all<schema::TrustState>());
        rule.kinds = dice.some_of(all<schema::Kind>());
        rule.tlp = dice.some_of(all<schema::Tlp>());
        rule.decide = dice.one_of(std::vector{Decide::kShare, Decide::kAsk, Decide::kNever});
        rule.four_eyes = rule.decide != Decide::kNever && dice.once_in(4);
        policy.rules.push_back(std::move(rule));
    }
    return policy;
}

// Of items that do not repeat, so that a decision on the label is one on the item. Some are
// overruled by what is decided afterwards.
void add_derivatives(model::Draft& draft, Dice& dice, Random& random) {
    auto values = *cases::values_of(draft.items);
    for (std::size_t i = 1 + dice.below(3); i > 0; --i) {
        const Label label = dice.one_of(std::vector{Label::kFacts, Label::kScale, Label::kSeen});
        ASSERT_TRUE(cases::redact(draft, values,
                                  {{label, 0},
                                   dice.once_in(2) ? std::optional(kDesks[0]) : std::nullopt,
                                   schema::Reason::kReciprocity,
                                   schema::Shown::kCategory,
                                   "",
                                   "op-1"},
                                  "less"));
        if (dice.once_in(4)) {
            draft.withheld.push_back(
                {{label, 0},
                 dice.once_in(2) ? std::optional(kDesks[1]) : std::nullopt,
                 schema::Reason::kNationalLaw,
                 dice.once_in(2) ? schema::Shown::kReason : schema::Shown::kSilent,
                 "",
                 "op-1"});
        }
    }
    draft.items = *cases::lay_out(values, random);
}

model::Draft random_draft(Dice& dice, Random& random) {
    model::Draft draft = test::sample_draft(*Desk::parse("spam@opta.example"), kDesks, random);
    draft.handling.tlp = dice.one_of(all<schema::Tlp>());
    for (std::size_t i = dice.below(10); i > 0; --i) {
        const model::ItemName item{dice.one_of(all<Label>()), 0};
        if (dice.once_in(3)) {
            draft.withheld.push_back(
                {item, dice.once_in(2) ? std::optional(kDesks[0]) : std::nullopt,
                 schema::Reason::kNationalLaw, schema::Shown::kReason, "", "op-1"});
        } else {
            draft.permitted.push_back({item, "op-2"});
        }
    }
    if (dice.once_in(2)) {
        add_derivatives(draft, dice, random);
    }
    if (dice.once_in(8)) {
        draft.wholly = {{dice.one_of(kDesks), schema::Reason::kOutOfMandate, "", "op-3"}};
    }
    return draft;
}

template <typename T>
bool in(const std::vector<T>& list, const T& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

bool applies(const config::Rule& rule, ItemClass item_class, Label label, const model::Draft& draft,
             const model::Addressee& to) {
    const auto any_or = [](const auto& list, const auto& value) {
        return list.empty() || in(list, value);
    };
    return any_or(rule.classes, item_class) && any_or(rule.items, label) &&
           any_or(rule.sectors, to.sector) && any_or(rule.countries, to.country) &&
           any_or(rule.desks, to.desk) && any_or(rule.trust, to.trust) &&
           any_or(rule.kinds, draft.kind) && any_or(rule.tlp, draft.handling.tlp);
}

// Whether the last word on what this derivative stands for, to this recipient, is its own.
bool takes_the_place(const model::Draft& draft, const model::Addressee& to,
                     std::uint16_t derivative) {
    std::map<Label, std::uint16_t> last;
    std::optional<Label> original;
    for (const model::Withhold& one : draft.withheld) {
        if (one.derivative == derivative) {
            original = one.item.label;
        }
        if (!one.from || *one.from == to.desk) {
            last[one.item.label] = one.derivative;
        }
    }
    return original && last[*original] == derivative;
}

bool allowed(const config::DisclosurePolicy& policy, const model::Draft& draft,
             const model::Addressee& to, Label label) {
    if (draft.wholly_from(to.desk) != nullptr) {
        return false;
    }
    for (const model::Withhold& one : draft.withheld) {
        if (one.item.label == label && (!one.from || *one.from == to.desk)) {
            return false;
        }
    }
    for (const ItemClass item_class : policy.classes_of(label)) {
        if (item_class == ItemClass::kPrivileged) {
            return false;
        }
        const config::Rule* first = nullptr;
        for (const config::Rule& rule : policy.rules) {
            first = first == nullptr && applies(rule, item_class, label, draft, to) ? &rule : first;
        }
        const bool permitted =
            std::any_of(draft.permitted.begin(), draft.permitted.end(),
                        [&](const model::Permit& one) { return one.item.label == label; });
        if (first == nullptr || first->decide == Decide::kNever ||
            (first->decide == Decide::kAsk && !permitted)) {
            return false;
        }
    }
    return true;
}

// Whether any class of a label goes because of a rule that asks for four eyes.
bool asks_for_another(const config::DisclosurePolicy& policy, const model::Draft& draft,
                      const model::Addressee& to, Label label) {
    for (const ItemClass item_class : policy.classes_of(label)) {
        for (const config::Rule& rule : policy.rules) {
            if (applies(rule, item_class, label, draft, to)) {
                if (rule.four_eyes) {
                    return true;
                }
                break;
            }
        }
    }
    return false;
}

TEST(AnyPolicy, LetsGoExactlyWhatItAndThePeopleAllow) {
    std::size_t gone = 0;
    std::size_t kept = 0;
    std::size_t parcels = 0;
    std::size_t derived = 0;
    std::size_t not_derived = 0;
    std::size_t nothing = 0;
    std::size_t four_eyes = 0;
    for (unsigned seed = 0; seed < 2'000; ++seed) {
        Dice dice(seed);
        test::SeededRandom random(seed);
        const Policy policy = policy_of(random_policy(dice));
        const model::Draft draft = random_draft(dice, random);
        const model::Addressee to{dice.one_of(kDesks), dice.one_of(all<schema::Sector>()),
                                  dice.once_in(2) ? "AU" : "NL",
                                  dice.one_of(all<schema::TrustState>())};
        const auto rulings = rule(policy, draft, to);
        ASSERT_EQ(rulings.size(), draft.items.size());
        std::vector<std::uint16_t> goes;
        std::uint16_t derivative = 0;
        for (std::size_t i = 0; i < rulings.size(); ++i) {
            const model::DraftItem& item = draft.items[i];
            ASSERT_EQ(rulings[i].decided.label, item.label);
            const schema::Inward inward = schema::inward_of(rulings[i].decided);
            ASSERT_EQ(inward == schema::Inward::kAbsent, !item.present) << seed;
            if (!item.present) {
                continue;
            }
            bool is_allowed = allowed(policy.rules, draft, to, item.label);
            if (item.label == Label::kRedacted) {
                const bool is_here = takes_the_place(draft, to, ++derivative);
                is_allowed = is_here && is_allowed;
                ASSERT_NE(rulings[i].decided.original, 0) << seed;
                if (!is_here) {
                    const auto& kept_how = std::get<schema::Withholding>(rulings[i].decided.inward);
                    ASSERT_TRUE(kept_how.shown == schema::Shown::kSilent ||
                                kept_how.decider != "policy")
                        << seed;
                }
                ++(is_allowed ? derived : not_derived);
            }
            ASSERT_EQ(inward == schema::Inward::kDisclosed, is_allowed)
                << "seed " << seed << ", item " << i + 1;
            ++(is_allowed ? gone : kept);
            if (is_allowed) {
                goes.push_back(static_cast<std::uint16_t>(i + 1));
            }
        }
        const auto proposal = propose(policy, draft, {}, to);
        if (!proposal) {
            continue;  // a silence that would show, or personal data without a day of destruction
        }
        ASSERT_EQ(proposal->content().wholly_withheld, draft.wholly_from(to.desk) != nullptr);
        nothing += proposal->content().wholly_withheld ? 1 : 0;
        ++parcels;
        std::vector<std::uint16_t> numbers;
        for (const schema::NumberedOctets& item : proposal->content().items) {
            numbers.push_back(item.number);
        }
        ASSERT_EQ(numbers, goes) << "seed " << seed;
        const bool another = std::any_of(goes.begin(), goes.end(), [&](std::uint16_t number) {
            return asks_for_another(policy.rules, draft, to, draft.items[number - 1U].label);
        });
        four_eyes += another ? 1 : 0;
        const ViewDigest view = proposal->content().digest;
        const auto by_drafter = release(*proposal, {"op-1", true, {view}, {}});
        ASSERT_EQ(by_drafter.has_value(), !another) << "seed " << seed;
        ASSERT_TRUE(another ? by_drafter.error().code == Code::kFourEyes : true);
        ASSERT_TRUE(release(*proposal, {"op-2", false, {view}, {}})) << "seed " << seed;
    }
    EXPECT_GT(gone, 1'000U);
    EXPECT_GT(kept, 1'000U);
    EXPECT_GT(parcels, 300U);
    EXPECT_GT(derived, 100U);
    EXPECT_GT(not_derived, 100U);
    EXPECT_GT(nothing, 30U);
    EXPECT_GT(four_eyes, 30U);
    EXPECT_GT(parcels - four_eyes, 100U);
}

}  // namespace
}  // namespace lapx::disclosure
