#include "tools/bench/clocks.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace lapx::bench {
namespace {

double seconds_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

double wall() { return seconds_of(CLOCK_MONOTONIC); }

double own_cpu() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

Result<double> cpu_of(const std::vector<pid_t>& processes) {
    double seconds = 0;
    for (const pid_t process : processes) {
        std::ifstream file("/proc/" + std::to_string(process) + "/stat");
        std::string text{std::istreambuf_iterator<char>(file), {}};
        // proc(5): the name in brackets may hold anything; utime and stime are fields 14 and 15.
        std::istringstream rest(text.substr(std::min(text.rfind(')') + 1, text.size())));
        constexpr int kFieldsBefore = 11;
        std::string skipped;
        for (int i = 0; i < kFieldsBefore; ++i) {
            rest >> skipped;
        }
        std::uint64_t user = 0;
        std::uint64_t system = 0;
        if (!(rest >> user >> system)) {
            return fail(Code::kNotFound, "process " + std::to_string(process));
        }
        seconds += static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
    return seconds;
}

Result<double> memory_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/smaps_rollup");
    for (std::string line; std::getline(file, line);) {
        constexpr std::string_view kKey = "Pss:";
        if (line.starts_with(kKey)) {
            return std::strtod(line.c_str() + kKey.size(), nullptr);
        }
    }
    return fail(Code::kNotFound, "process " + std::to_string(process));
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    const long at = std::lround(share * static_cast<double>(values.size() - 1));
    return values[static_cast<std::size_t>(at)];
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace lapx::bench
