#include "daemon/cases/deciding.hpp"

#include <algorithm>

namespace lapx::cases {
namespace {

using schema::Label;

constexpr std::size_t kMaxDecisions = 2000;  // of each sort, of one draft

// The elements, from 1, for which this holds.
template <typename Predicate>
std::vector<std::uint16_t> elements_where(const std::vector<schema::ItemValue>& list,
                                          Predicate&& holds) {
    std::vector<std::uint16_t> out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (holds(list[i])) {
            out.push_back(static_cast<std::uint16_t>(i + 1));
        }
    }
    return out;
}

// What the name stands for after the change; `or_new`: all new values, where its own is gone.
std::vector<std::uint16_t> followed(const model::ItemName& name, const Values& before,
                                    const Values& after, bool or_new) {
    const auto& old = values_at(before, name.label);
    const auto& now = values_at(after, name.label);
    if (name.element == 0 || name.element > old.size()) {
        return {name.element};
    }
    auto places = elements_where(
        now, [&](const schema::ItemValue& value) { return value == old[name.element - 1U]; });
    if (places.empty() && or_new) {
        places = elements_where(now, [&](const schema::ItemValue& value) {
            return std::find(old.begin(), old.end(), value) == old.end();
        });
    }
    return places;
}

void forget_derivative(model::Withhold& decision) { decision.derivative = 0; }
void forget_derivative(model::Permit&) {}

// The same decision on another element of the label.
template <typename Decision>
bool is_same_elsewhere(const Decision& one, Decision other) {
    Decision same = one;
    forget_derivative(same);
    forget_derivative(other);
    other.item.element = same.item.element;
    return same == other;
}

// Of `places`, where its value stands now, the one of the decision itself: values that are alike
// keep their order.
std::uint16_t own_place(const model::ItemName& name, const Values& before,
                        const std::vector<std::uint16_t>& places) {
    const auto& old = values_at(before, name.label);
    if (places.empty() || name.element == 0 || name.element > old.size()) {
        return name.element;
    }
    const auto value = old.begin() + (name.element - 1);
    const auto rank = static_cast<std::size_t>(std::count(old.begin(), value, *value));
    return places[std::min(rank, places.size() - 1)];
}

// A decision goes along to its own place, and to others with the same value unless the same
// decision stands there: however often a draft is edited, there are as many.
template <typename Decision>
void follow_each(std::vector<Decision>& decisions, const Values& before, const Values& after,
                 bool or_new) {
    std::vector<std::vector<std::uint16_t>> places;
    std::vector<std::uint16_t> own;
    places.reserve(decisions.size());
    own.reserve(decisions.size());
    for (const Decision& decision : decisions) {
        places.push_back(followed(decision.item, before, after, or_new));
        own.push_back(own_place(decision.item, before, places.back()));
    }
    const auto stands_at = [&](const Decision& decision, std::uint16_t place) {
        for (std::size_t i = 0; i < decisions.size(); ++i) {
            if (own[i] == place && is_same_elsewhere(decision, decisions[i])) {
                return true;
            }
        }
        return false;
    };
    std::vector<Decision> out;
    for (std::size_t i = 0; i < decisions.size(); ++i) {
        for (const std::uint16_t place : places[i]) {
            Decision decision = decisions[i];
            decision.item.element = place;
            if (place != own[i]) {
                if (stands_at(decisions[i], place)) {
                    continue;
                }
                forget_derivative(decision);
            }
            out.push_back(std::move(decision));
        }
    }
    decisions = std::move(out);
}

// Puts it last, where it counts, and only there.
template <typename Decision>
void decide(std::vector<Decision>& decisions, Decision decision) {
    std::erase(decisions, decision);
    decisions.push_back(std::move(decision));
}

// A permit of a label as a whole is for the value that it has. Who gets it is worked out anew and
// always: to disclose that is to disclose whoever does.
void drop_outdated(std::vector<model::Permit>& permits, const Values& before, const Values& after) {
    std::erase_if(permits, [&](const model::Permit& permit) {
        return permit.item.element == 0 && permit.item.label != Label::kAddressees &&
               values_at(before, permit.item.label) != values_at(after, permit.item.label);
    });
}

bool contradicts(const model::Permit& permit, const model::Withhold& by) {
    const bool same_item =
        permit.item.label == by.item.label && (permit.item.element == 0 || by.item.element == 0 ||
                                               permit.item.element == by.item.element);
    return same_item && (!permit.to || !by.from || *permit.to == *by.from);
}

bool is_there(const model::ItemName& name, const Values& values) {
    return values_at(values, name.label).size() >= std::max<std::size_t>(name.element, 1);
}

// Leaves the derivatives that a decision on an item that is there still names, each named once.
void follow_derivatives(model::Draft& draft, const Values& before, Values& after) {
    const auto& old = values_at(before, Label::kRedacted);
    std::vector<schema::ItemValue> left = values_at(after, Label::kRedacted);
    std::vector<schema::ItemValue> kept;
    std::vector<std::uint16_t> now(old.size() + 1, 0);  // by what it was
    for (const schema::ItemValue& value : left) {
        for (const model::Withhold& withhold : draft.withheld) {
            const std::size_t was = withhold.derivative;
            if (was != 0 && was <= old.size() && now[was] == 0 && old[was - 1] == value &&
                is_there(withhold.item, before) &&
                !followed(withhold.item, before, after, false).empty() &&
                !values_at(after, withhold.item.label).empty()) {
                kept.push_back(value);
                now[was] = static_cast<std::uint16_t>(kept.size());
                break;
            }
        }
    }
    for (model::Withhold& withhold : draft.withheld) {
        withhold.derivative = withhold.derivative < now.size() ? now[withhold.derivative] : 0;
    }
    after[Label::kRedacted] = std::move(kept);
}

// Whether a decision keeps the same item from nobody but those from whom the other one does.
bool is_replaced(const model::Withhold& old, const model::Withhold& by) {
    return old.derivative != 0 && old.item == by.item && (!by.from || old.from == by.from);
}

}  // namespace

Result<void> withhold(model::Draft& draft, model::Withhold decision) {
    if (draft.withheld.size() >= kMaxDecisions) {
        return fail(Code::kTooLarge, "a draft may have 2000 decisions to withhold");
    }
    std::erase_if(draft.permitted, [&](const model::Permit& permit) {
        return !permit.basis.empty() && contradicts(permit, decision);
    });
    decide(draft.withheld, std::move(decision));
    return {};
}

Result<void> permit(model::Draft& draft, const model::Permit& decision, std::size_t there) {
    const bool each =
        decision.item.element == 0 && schema::template_row(decision.item.label).repeats;
    const std::size_t count = each ? there : 1;
    if (draft.permitted.size() + count > kMaxDecisions) {
        return fail(Code::kTooLarge, "a draft may have 2000 decisions to disclose");
    }
    for (std::size_t i = 0; i < count; ++i) {
        model::Permit one = decision;
        one.item.element = each ? static_cast<std::uint16_t>(i + 1) : decision.item.element;
        decide(draft.permitted, std::move(one));
    }
    return {};
}

void follow_values(model::Draft& draft, const Values& before, Values& after) {
    follow_derivatives(draft, before, after);
    follow_each(draft.withheld, before, after, true);
    drop_outdated(draft.permitted, before, after);
    follow_each(draft.permitted, before, after, false);
}

Result<void> redact(model::Draft& draft, Values& values, model::Withhold withhold,
                    std::string text) {
    const schema::TemplateRow& row = schema::template_row(withhold.item.label);
    if (withhold.item.label == Label::kRedacted) {
        return fail(Code::kInvalidArgument, "redact the item that it stands for");
    }
    if (row.repeats && withhold.item.element == 0) {
        return fail(Code::kInvalidArgument,
                    "say which, such as " + std::string(schema::word_of(row.label)) + ":1");
    }
    if (!is_there(withhold.item, values)) {
        return fail(Code::kUnknownItem, "it is empty: there is nothing to redact");
    }
    if (withhold.shown == schema::Shown::kSilent) {
        return fail(Code::kSilenceShows, "what goes in its place shows that it is there");
    }
    schema::ItemValue value =
        schema::Redacted{std::string(schema::word_of(row.label)), std::move(text)};
    if (!schema::check_value(value)) {
        return fail(Code::kInvalidArgument, "`text` is empty, too long or no text");
    }
    const Values before = values;
    std::erase_if(draft.withheld, [&](const auto& old) { return is_replaced(old, withhold); });
    follow_values(draft, before, values);
    auto& derivatives = values[Label::kRedacted];
    derivatives.push_back(std::move(value));
    withhold.derivative = static_cast<std::uint16_t>(derivatives.size());
    return cases::withhold(draft, std::move(withhold));
}

}  // namespace lapx::cases
