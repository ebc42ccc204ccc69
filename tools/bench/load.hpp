#pragma once
// Files referrals on one node's control socket, as scripts do, and waits until their receipts are
// durable there.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx::bench {

struct Target {
    std::filesystem::path socket;
    std::string to;  // a desk of the other agency
    // Octets of the exhibit that each referral has, uploaded before it is filed; 0: none.
    std::size_t exhibit = 0;
};

struct Bulk {
    std::size_t count = 0;
    double seconds = 0;           // from the first request to the last durable receipt
    double cpu = 0;               // seconds of the given processes meanwhile
    std::vector<double> answers;  // seconds until each was filed for good
    double per_second() const { return static_cast<double>(count) / seconds; }
    double cpu_each() const { return cpu / static_cast<double>(count); }
};

// When a run ends.
enum class Until : std::uint8_t { kFiled, kDelivered };

// `count` referrals, `in_flight` requests at a time; the receipts are waited for up to two minutes
// after the last one that came. Errors: kIo, kTimeout, kNotFound (a process).
Result<Bulk> file_in_bulk(const Target& target, std::size_t count, std::size_t in_flight, Until end,
                          const std::vector<pid_t>& processes);

// What is queued already, delivered: seconds. Errors: kIo, kTimeout.
struct Drained {
    std::size_t count = 0;
    double seconds = 0;  // from when the first of them was delivered
};
Result<Drained> drain(const std::filesystem::path& socket);

// One at a time, in seconds.
struct Lone {
    std::vector<double> answers;    // until each was filed for good: one commit
    std::vector<double> delivered;  // until its receipt was durable
};
// Errors: kIo, kTimeout.
Result<Lone> file_alone(const Target& target, std::size_t count);

}  // namespace lapx::bench
