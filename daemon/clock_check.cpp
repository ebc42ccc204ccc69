#include "daemon/clock_check.hpp"

#include <algorithm>

namespace lapx::daemon {
namespace {

constexpr std::size_t kWitnesses = 3;
constexpr std::chrono::minutes kTooFar{5};
constexpr std::chrono::minutes kOdd{1};
constexpr std::chrono::hours kFresh{2};  // peers that stay connected say it every hour

// Whether this is so of most of them.
template <class IsSo>
bool is_so_of_most(const std::vector<std::chrono::seconds>& ahead, std::size_t at_least,
                   const IsSo& is_so) {
    const auto count = static_cast<std::size_t>(std::count_if(ahead.begin(), ahead.end(), is_so));
    return count >= at_least && 2 * count > ahead.size();
}

}  // namespace

std::optional<std::chrono::seconds> ClockReading::ahead(Time our_time, loop::Instant now) const {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - at);
    return passed > kFresh ? std::nullopt : std::optional(said + passed - our_time);
}

bool is_odd(std::chrono::seconds ahead) { return std::chrono::abs(ahead) > kOdd; }

bool ClockCheck::look(const Sight& sight, Time our_time, loop::Instant now) {
    known_ = known_ && !jumped(our_time, now);
    const bool before = fault_.has_value();
    fault_ = judge(sight);
    known_ = known_ || !fault_;
    return before != fault_.has_value();
}

// Against the clock that also runs while the machine is suspended.
bool ClockCheck::jumped(Time our_time, loop::Instant now) {
    const auto before = std::exchange(before_, std::pair(our_time, now));
    return before &&
           std::chrono::abs((our_time - before->first) - (now - before->second)) > kTooFar;
}

std::optional<ClockFault> ClockCheck::judge(const Sight& sight) {
    std::vector<std::chrono::seconds> ahead = sight.ahead;
    std::sort(ahead.begin(), ahead.end());
    if (is_so_of_most(ahead, kWitnesses, [](auto one) { return one > kTooFar; }) ||
        is_so_of_most(ahead, kWitnesses, [](auto one) { return one < -kTooFar; })) {
        return ClockFault{ahead.at(ahead.size() / 2)};
    }
    const auto agrees = [](auto one) { return std::chrono::abs(one) <= kTooFar; };
    // One alone does not settle what all notices speak against, unless there is but one.
    const bool doubted = sight.out_of_force && !known_;
    if (is_so_of_most(ahead, doubted ? std::clamp<std::size_t>(sight.witnesses, 1, kWitnesses) : 1,
                      agrees)) {
        return std::nullopt;
    }
    // Too few say anything, or they do not agree. A fault that peers found goes by their word only,
    // and only while none of them takes our clock to be right.
    if (fault_ && fault_->ahead && std::none_of(ahead.begin(), ahead.end(), agrees)) {
        return fault_;
    }
    return sight.out_of_force && !known_ ? std::optional(ClockFault{}) : std::nullopt;
}

std::string in_words(std::chrono::seconds ahead) {
    return std::to_string(std::chrono::abs(ahead).count()) +
           (ahead.count() < 0 ? " s behind" : " s ahead of");
}

std::string in_words(const ClockFault& fault) {
    return fault.ahead
               ? "our own clock is wrong: those of most peers are " + in_words(*fault.ahead) +
                     " ours"
               : "our own clock may be wrong: by it the notices of all trusted agencies are out of "
                 "force; if it is right, start lapxd with --clock-is-right";
}

}  // namespace lapx::daemon
