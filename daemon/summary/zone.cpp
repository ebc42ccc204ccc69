// Days in a time zone. The C library knows the zones; C++20's own tables are not in this compiler.

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "daemon/summary/summary.hpp"
#include "schema/notes/values.hpp"

namespace lapx::summary {
namespace {

// Sets TZ for one conversion and puts it back. The node has one thread that uses local time.
class ZoneGuard {
  public:
    explicit ZoneGuard(const std::string& zone) {
        if (const char* before = std::getenv("TZ")) {
            before_ = before;
            had_ = true;
        }
        setenv("TZ", (":" + zone).c_str(), 1);
        tzset();
    }
    ~ZoneGuard() {
        if (had_) {
            setenv("TZ", before_.c_str(), 1);
        } else {
            unsetenv("TZ");
        }
        tzset();
    }
    ZoneGuard(const ZoneGuard&) = delete;
    ZoneGuard& operator=(const ZoneGuard&) = delete;

  private:
    std::string before_;
    bool had_ = false;
};

}  // namespace

Result<Time> midnight(std::chrono::sys_days day, const std::string& zone) {
    const bool utc = zone == "UTC" || zone == "Etc/UTC";
    if (!utc &&
        (!schema::is_zone_name(zone) || !std::filesystem::exists("/usr/share/zoneinfo/" + zone))) {
        return fail(Code::kInvalidArgument,
                    "this machine does not know the time zone of the notice");
    }
    if (utc) {
        return Time{day};
    }
    const ZoneGuard guard(zone);
    const std::chrono::year_month_day date{day};
    std::tm local{};
    local.tm_year = static_cast<int>(date.year()) - 1900;
    local.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    local.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
    local.tm_isdst = -1;
    return Time{std::chrono::seconds{std::mktime(&local)}};
}

}  // namespace lapx::summary
