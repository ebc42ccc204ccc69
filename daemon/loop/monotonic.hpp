#pragma once
// Time that only goes forward, for timeouts. An interface, so that tests can set it.

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
    Instant now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace lapx::loop
