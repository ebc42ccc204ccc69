#pragma once
// Our clock, held against those of others (protocol.md 8.4).

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/loop/monotonic.hpp"
#include "schema/base/time.hpp"

namespace lapx::daemon {

// What a peer's clock said, and when that came.
struct ClockReading {
    Time said;
    loop::Instant at;

    // How far its clock is ahead of ours, if both ran on since; nothing once that is long ago.
    std::optional<std::chrono::seconds> ahead(Time our_time, loop::Instant now) const;
};

// Worth a warning.
bool is_odd(std::chrono::seconds ahead);

// How far the clocks of others are ahead of ours (behind, if it is negative) where that is our
// fault: three or more, and most of those that are known, agree on it. `ahead` is one of each
// verified peer.
std::optional<std::chrono::seconds> our_error(std::vector<std::chrono::seconds> ahead);

// "3600 s ahead of", "90 s behind".
std::string in_words(std::chrono::seconds ahead);

}  // namespace lapx::daemon
