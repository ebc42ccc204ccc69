#pragma once
// What one delivered referral cannot do without, counted from protocol.md and timed here and now,
// in microseconds of CPU: signatures, envelopes, hashes, encryption at rest, rows, frames.

#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx::bench {

struct Cost {
    std::string what;
    double count;   // for one referral to one recipient, both ends together
    double micros;  // each
    double each_referral() const { return count * micros; }
};

// `batch`: how many referrals share a commit, a checkpoint and its cosignature. `folder`: for a
// scratch database, on the disk that the nodes use. Errors: of the scratch database.
Result<std::vector<Cost>> measure_primitives(std::size_t batch,
                                             const std::filesystem::path& folder);

}  // namespace lapx::bench
