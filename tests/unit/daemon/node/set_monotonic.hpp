#pragma once
// A monotonic clock that is set by hand.

#include "daemon/loop/monotonic.hpp"

namespace lapx::test {

class SetMonotonic final : public loop::Monotonic {
  public:
    loop::Instant now() const override { return instant; }
    loop::Instant instant{std::chrono::hours(10)};
};

}  // namespace lapx::test
