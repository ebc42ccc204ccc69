#include "schema/base/time.hpp"

#include <array>
#include <cstdio>

namespace lapx {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::string_view kShape = "0000-00-00T00:00:00Z";

bool has_shape(std::string_view text) {
    if (text.size() != kShape.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) {
            return false;
        }
    }
    return true;
}

unsigned digits(std::string_view text, std::size_t at, std::size_t count) {
    unsigned out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        out = out * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return out;
}

}  // namespace

std::string to_string(Time time) {
    const sys_days day = std::chrono::floor<std::chrono::days>(time);
    const year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::array<char, 64> buffer{};
    const int length = std::snprintf(
        buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {buffer.data(), static_cast<std::size_t>(length)};
}

Result<Time> time_from(std::string_view text) {
    if (!has_shape(text)) {
        return fail(Code::kInvalidArgument, "time is not of the form 2026-11-21T18:38:17Z");
    }
    const year_month_day date{std::chrono::year{static_cast<int>(digits(text, 0, 4))},
                              std::chrono::month{digits(text, 5, 2)},
                              std::chrono::day{digits(text, 8, 2)}};
    const unsigned hour = digits(text, 11, 2);
    const unsigned minute = digits(text, 14, 2);
    const unsigned second = digits(text, 17, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
        return fail(Code::kInvalidArgument, "no such time");
    }
    const Time time = sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                      std::chrono::seconds{second};
    if (!is_time(time)) {
        return fail(Code::kInvalidArgument, "no such time");
    }
    return time;
}

bool is_time(Time time) {
    using std::chrono::January;
    return time >= sys_days{std::chrono::year{2000} / January / 1} &&
           time < sys_days{std::chrono::year{3000} / January / 1};
}

}  // namespace lapx
