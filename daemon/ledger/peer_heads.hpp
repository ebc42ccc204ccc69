#pragma once
// What this node holds of its peers' logs: the newest checkpoint of each, and the evidence if one
// contradicts it (protocol.md 6.6).

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/ledger/records.hpp"
#include "keys/note.hpp"

namespace lapx::ledger {

// An RFC 6962 consistency proof between two sizes of one log.
struct Link {
    std::uint64_t old_size;
    std::uint64_t new_size;
    std::vector<Hash> hashes;
};

enum class HeadCheck : std::uint8_t {
    kConsistent,
    kGap,       // no link, or one between other sizes: ask for it
    kConflict,  // two checkpoints of one log that cannot both be true
};

struct HeadResult {
    HeadCheck check;
    std::vector<ContentDigest> evidence;  // of both notes, with a conflict: held, then came
};

Result<std::optional<SignedCheckpoint>> peer_head(store::Database& database,
                                                  const keys::VerifierKey& log);

// Two signed notes that contradict each other. Within the caller's transaction.
Result<void> keep_evidence(store::Database& database, std::string_view who, std::string_view held,
                           std::string_view came);

// Holds a checkpoint, whose signature by `log` was checked, against the newest one of that log, and
// keeps it if it is newer and consistent; the first one of a log is taken as it is. On conflict
// both notes are kept as evidence. Within the caller's transaction. Errors: kProofInvalid for a
// checkpoint of an empty log, which nothing follows from; the database's.
Result<HeadResult> take_peer_head(store::Database& database, const keys::VerifierKey& log,
                                  const SignedCheckpoint& came, const std::optional<Link>& link);

}  // namespace lapx::ledger
