#include "daemon/cases/case.hpp"

#include <algorithm>

namespace lapx::cases {

std::string_view word_of(State state) {
    switch (state) {
        case State::kDraft:
            return "draft";
        case State::kApproved:
            return "approved";
        case State::kReleasing:
            return "releasing";
        case State::kSent:
            return "sent";
        case State::kReceived:
            return "received";
        case State::kWithheld:
            return "withheld";
    }
    return "unknown";
}

bool is_released(State state) { return state == State::kSent || state == State::kWithheld; }

bool had_a_hand(const Case& value, std::string_view operator_id) {
    return value.drafter == operator_id || std::find(value.editors.begin(), value.editors.end(),
                                                     operator_id) != value.editors.end();
}

Result<void> check_not_sent(const Case& value) {
    if (value.state == State::kWithheld) {
        return fail(Code::kWrongState, "it was decided on: nothing of it goes to anybody");
    }
    return is_released(value.state) ? fail(Code::kWrongState, "it has been sent") : Result<void>{};
}

Result<void> check_changeable(const Case& value) {
    LAPX_TRY(check_not_sent(value));
    return value.state == State::kReleasing
               ? fail(Code::kWrongState, "it is about to leave: lapx cancel stops it")
               : Result<void>{};
}

Result<void> cancel(Case& value, Time now) {
    if (value.state != State::kReleasing) {
        return fail(Code::kWrongState, "only what is about to leave can be cancelled");
    }
    begin_again(value, now);
    return {};
}

void begin_again(Case& value, Time now) {
    value.changed = now;
    value.state = State::kDraft;
    value.approval.reset();
    value.returned.reset();
    value.leaves.reset();
}

void changed_by(Case& value, const std::string& operator_id, Time now) {
    begin_again(value, now);
    if (!had_a_hand(value, operator_id)) {
        value.editors.push_back(operator_id);
    }
}

void give_back(Case& value, Returned why) {
    begin_again(value, why.at);
    value.returned = std::move(why);
}

}  // namespace lapx::cases
