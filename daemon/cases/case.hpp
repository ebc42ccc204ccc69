#pragma once
// A referral of ours with what the node keeps beside it, and what may become of it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/draft.hpp"
#include "schema/base/result.hpp"
#include "schema/base/time.hpp"

namespace lapx::cases {

// Never renumber. kWithheld: decided on, and nothing went to anybody. kReleasing: told to leave, at
// a time that has not come yet.
enum class State : std::uint8_t {
    kDraft = 1,
    kApproved = 2,
    kSent = 3,
    kReceived = 4,
    kWithheld = 5,
    kReleasing = 6
};
std::string_view word_of(State state);
// Whether it was decided on for good: nothing of it changes any more.
bool is_released(State state);

// Why an approver gave a draft back to its drafter, or the node did.
struct Returned {
    std::string by;  // operator id
    Time at{};
    std::string text;

    bool operator==(const Returned&) const = default;
};

struct Case {
    std::int64_t seq = 0;  // 0: not stored yet
    State state = State::kDraft;
    std::string drafter;                    // operator id
    std::vector<std::string> editors = {};  // ids of others who changed it
    Time changed{};
    model::Draft draft;
    std::optional<model::Approval> approval;
    std::optional<Returned> returned;  // gone with the next change
    std::optional<Time> leaves = {};   // of kReleasing, and only then
    std::string feed = {};             // that it was filed from; empty: none
};

// Whether this operator drafted it or changed it since.
bool had_a_hand(const Case& value, std::string_view operator_id);

// Errors: kWrongState for what was decided on for good.
Result<void> check_not_sent(const Case& value);
// Likewise, and for what is about to leave.
Result<void> check_changeable(const Case& value);

// What is about to leave stays here, a draft again. Errors: kWrongState.
Result<void> cancel(Case& value, Time now);

// A draft again: whatever an approver said of it before is void.
void begin_again(Case& value, Time now);
// Likewise, as after a change by this operator.
void changed_by(Case& value, const std::string& operator_id, Time now);
// Likewise, and it says why.
void give_back(Case& value, Returned why);

}  // namespace lapx::cases
