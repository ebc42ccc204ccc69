#pragma once
// The node's log: one line on standard error for each call, for journald or a file. Everything said
// is escaped here, so that nothing from outside can forge a line or reach a terminal; secrets and
// case content are never passed in.

#include <initializer_list>
#include <string_view>

namespace lapx::log {

enum class Level : unsigned char { kDebug, kInfo, kWarning, kError, kCritical };

// Before the first line; again to change the level. Lines below `least` are not written.
void start(Level least);

// The parts, one after another, are one line.
using Parts = std::initializer_list<std::string_view>;
void info(Parts parts);
void warn(Parts parts);
void error(Parts parts);
void critical(Parts parts);

}  // namespace lapx::log
