#pragma once
// Files referrals on one node's control socket, as scripts do, and waits until their receipts are
// durable there.

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx::bench {

struct Target {
    std::filesystem::path socket;
    std::string to;  // a desk of the other agency
};

struct Bulk {
    std::size_t count = 0;
    double seconds = 0;           // from the first request to the last durable receipt
    double cpu = 0;               // seconds of the given processes meanwhile
    std::vector<double> answers;  // seconds until each was filed for good
    double per_second() const { return static_cast<double>(count) / seconds; }
    double cpu_each() const { return cpu / static_cast<double>(count); }
};

// `count` referrals, `in_flight` requests at a time. Errors: kIo, kTimeout, kNotFound (a process).
Result<Bulk> file_in_bulk(const Target& target, std::size_t count, std::size_t in_flight,
                          const std::vector<pid_t>& processes);

// One at a time: how many seconds each took from the request to its durable receipt. Errors: kIo,
// kTimeout.
Result<std::vector<double>> file_alone(const Target& target, std::size_t count);

}  // namespace lapx::bench
