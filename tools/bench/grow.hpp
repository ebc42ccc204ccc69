#pragma once
// A long ledger to measure on: entries appended to a stopped node's database by the node's own log.

#include <cstdint>
#include <filesystem>

#include "schema/base/result.hpp"

namespace lapx::bench {

// Appends entries `sent` and `received` until the ledger has `entries` of them, with a checkpoint
// after each 128, as a busy node has them. The node must have run before, must not be running, and
// its keys must be under a key file. What the entries commit to is nowhere else: an audit says so,
// the check of the ledger has nothing to say. Tells its progress on standard error. Errors:
// kConfigInvalid, kHomeInUse, those of the keyring, the database and the log.
Result<void> grow_ledger(const std::filesystem::path& home, std::uint64_t entries);

}  // namespace lapx::bench
