#pragma once
// Checking offline what an auditor's seed drew from a ledger (protocol.md 9.1). The draw is worked
// out anew; nothing is asked of a node.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/notes/ledger.hpp"
#include "tools/lapx/bundle.hpp"

namespace lapx::cli {

// What the auditor knows better than the folder; nothing is taken as the folder has it.
struct SampleOrder {
    std::optional<std::string> seed;
    std::optional<std::uint64_t> count;
    std::optional<std::string> card_file;  // of the log's agency
};

struct SampleVerdict {
    Verdict verdict;
    std::vector<schema::DrawnEntry> drawn;  // those whose proofs hold
};
SampleVerdict check_sample(const Files& files, const SampleOrder& order);

}  // namespace lapx::cli
