#include "daemon/log/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

#include "schema/base/text.hpp"

namespace lapx::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarning:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
        case Level::kCritical:
            return spdlog::level::critical;
    }
    return spdlog::level::info;
}

void write(Level level, Parts parts) {
    std::string line;
    for (const std::string_view part : parts) {
        line += part;
    }
    spdlog::default_logger_raw()->log(level_of(level), escape(line));
}

}  // namespace

void start(Level least) {
    spdlog::drop("lapxd");
    spdlog::set_default_logger(spdlog::stderr_logger_st("lapxd"));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%SZ %l %v", spdlog::pattern_time_type::utc);
    spdlog::set_level(level_of(least));
}

void info(Parts parts) { write(Level::kInfo, parts); }
void warn(Parts parts) { write(Level::kWarning, parts); }
void error(Parts parts) { write(Level::kError, parts); }
void critical(Parts parts) { write(Level::kCritical, parts); }

}  // namespace lapx::log
