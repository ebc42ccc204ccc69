#pragma once
// The ledger, or a sample of it, as a folder of public formats (protocol.md 9), to be checked with
// tools nobody here wrote.

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/notes/ledger.hpp"

namespace lapx::ledger {

struct ExportParts {
    store::Database& database;      // a reading connection will do
    const keys::MasterKey& master;  // for the openings in proofs
    schema::TlogPolicy policy;
    // Which entries get a proof with their opening. Erased ones get none.
    std::function<bool(std::uint64_t index, schema::EntryKind kind)> may_open;
};

struct Exported {
    std::uint64_t size = 0;    // entries
    std::uint64_t proofs = 0;  // of these, with a proof
};

// Writes everything under the newest checkpoint into `folder`, which must not exist or be empty; on
// failure nothing is left. Files are readable by their owner only. Errors: kInvalidArgument for a
// folder that is in use, kNotFound if nothing is signed yet, kLedgerBroken if the entries do not
// have the checkpoint's root, kDiskFull, kIo.
Result<Exported> export_to(const std::string& folder, const ExportParts& parts);

// Writes what the seed draws under the newest checkpoint (protocol.md 9.1) likewise. Further
// errors: kInvalidArgument for a seed that is no line of at most 200 octets, and those of draw.
Result<Exported> sample_to(const std::string& folder, const ExportParts& parts,
                           const std::string& seed, std::uint64_t count);

}  // namespace lapx::ledger
