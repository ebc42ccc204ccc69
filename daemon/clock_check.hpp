#pragma once
// Our clock, held against those of others and their notices (protocol.md 8.4).

#include <chrono>
#include <optional>
#include <string>
#include <utility>
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

// Why our clock is not to be gone by.
struct ClockFault {
    // How far the clocks of most peers are ahead of it (behind, if it is negative). Nothing: by our
    // clock no notice of anybody whom we trust is in force, and nobody says that it is right.
    std::optional<std::chrono::seconds> ahead;
};

class ClockCheck {
  public:
    // `known`: somebody has looked that it is right.
    explicit ClockCheck(bool known) : known_(known) {}

    struct Sight {
        // By how much clocks are ahead of ours: one of each verified peer that told it of late.
        std::vector<std::chrono::seconds> ahead;
        // There are trusted agencies, and no notice of theirs is in force by our clock.
        bool out_of_force;
        // Verified agencies that could tell theirs.
        std::size_t witnesses = 0;
    };
    // True if there is a fault now and was none, or the other way round.
    bool look(const Sight& sight, Time our_time, loop::Instant now);
    const std::optional<ClockFault>& fault() const { return fault_; }

  private:
    std::optional<ClockFault> judge(const Sight& sight);
    bool jumped(Time our_time, loop::Instant now);

    bool known_;  // it was right, and has run on since: notices may run out
    std::optional<ClockFault> fault_;
    std::optional<std::pair<Time, loop::Instant>> before_;
};

// "3600 s ahead of", "90 s behind".
std::string in_words(std::chrono::seconds ahead);
// A sentence without its full stop.
std::string in_words(const ClockFault& fault);

}  // namespace lapx::daemon
