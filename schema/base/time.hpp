#pragma once
// Wall-clock time as notes carry it: UTC, whole seconds. The clock is an interface so that tests
// can set it.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/result.hpp"

namespace lapx {

using Time = std::chrono::sys_seconds;

// RFC 3339, "2026-11-21T18:38:17Z", years 2000 to 2999. Errors: kInvalidArgument.
std::string to_string(Time time);
Result<Time> time_from(std::string_view text);
// Whether it is in the years that have a text.
bool is_time(Time time);

class Clock {
  public:
    virtual ~Clock() = default;
    virtual std::chrono::sys_time<std::chrono::milliseconds> now() const = 0;
    Time seconds() const { return std::chrono::floor<std::chrono::seconds>(now()); }
};

class SystemClock final : public Clock {
  public:
    std::chrono::sys_time<std::chrono::milliseconds> now() const override {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
};

}  // namespace lapx
