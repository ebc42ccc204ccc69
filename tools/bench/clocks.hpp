#pragma once
// Time, and what processes use.

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx::bench {

inline constexpr double kMicro = 1e6;  // microseconds in a second
inline constexpr double kMilli = 1e3;

// Seconds of a clock that only goes forward.
double wall();
// Seconds of CPU that this process has used.
double own_cpu();
// Seconds of CPU, user and system, that these processes and all their threads have used. Errors:
// kNotFound.
Result<double> cpu_of(const std::vector<pid_t>& processes);
// KiB of memory that are this process's own: its proportional set size. Errors: kNotFound.
Result<double> memory_of(pid_t process);

// The value that `share` (0 to 1) of the values do not exceed; 0 if there are none.
double quantile(std::vector<double> values, double share);
double median(std::vector<double> values);

}  // namespace lapx::bench
