#include "daemon/clock_check.hpp"

#include <algorithm>

namespace lapx::daemon {
namespace {

constexpr std::size_t kWitnesses = 3;
constexpr std::chrono::minutes kTooFar{5};
constexpr std::chrono::minutes kOdd{1};
constexpr std::chrono::hours kFresh{2};  // peers that stay connected say it every hour

}  // namespace

std::optional<std::chrono::seconds> ClockReading::ahead(Time our_time, loop::Instant now) const {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - at);
    return passed > kFresh ? std::nullopt : std::optional(said + passed - our_time);
}

bool is_odd(std::chrono::seconds ahead) { return std::chrono::abs(ahead) > kOdd; }

std::optional<std::chrono::seconds> our_error(std::vector<std::chrono::seconds> ahead) {
    std::sort(ahead.begin(), ahead.end());
    const auto agree = [&](const auto& is_so) {
        const auto count =
            static_cast<std::size_t>(std::count_if(ahead.begin(), ahead.end(), is_so));
        return count >= kWitnesses && 2 * count > ahead.size();
    };
    if (agree([](auto one) { return one > kTooFar; }) ||
        agree([](auto one) { return one < -kTooFar; })) {
        return ahead.at(ahead.size() / 2);
    }
    return std::nullopt;
}

std::string in_words(std::chrono::seconds ahead) {
    return std::to_string(std::chrono::abs(ahead).count()) +
           (ahead.count() < 0 ? " s behind" : " s ahead of");
}

}  // namespace lapx::daemon
