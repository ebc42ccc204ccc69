#pragma once
// Time that only goes forward, for timeouts. An interface, so that tests can set it.

#include <time.h>  // NOLINT(modernize-deprecated-headers): POSIX clocks

#include <chrono>

namespace lapx::loop {

using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

class Monotonic {
  public:
    virtual ~Monotonic() = default;
    virtual Instant now() const = 0;
};

class SystemMonotonic final : public Monotonic {
  public:
    // It goes on while the machine is suspended, as it does for everybody else.
    Instant now() const override {
        timespec at{};
        clock_gettime(CLOCK_BOOTTIME, &at);
        return Instant(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
    }
};

}  // namespace lapx::loop
