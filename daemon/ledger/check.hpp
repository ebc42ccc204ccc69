#pragma once
// Checking what a log proves, ours or another agency's (protocol.md 6.3). Pure, so that tools and
// the daemon check by the same code.

#include <span>
#include <string_view>

#include "keys/note.hpp"
#include "schema/notes/ledger.hpp"

namespace lapx::ledger {

// The checkpoint, if one of these ledger keys signed it and its origin is that key's name. Errors:
// kProofInvalid.
Result<schema::Checkpoint> check_checkpoint(std::string_view note,
                                            std::span<const keys::VerifierKey> ledger_keys);

// The opening, if it is one of an entry that lies at the head's index under the checkpoint. Errors:
// kProofInvalid.
Result<schema::Opening> check_head(const schema::ProofHead& head,
                                   const schema::Checkpoint& checkpoint);

// The same of a head that holds the entry alone, without its opening (protocol.md 9.1). Errors:
// kProofInvalid.
Result<schema::Entry> check_sealed_head(const schema::ProofHead& head,
                                        const schema::Checkpoint& checkpoint);

struct CheckedProof {
    schema::Opening opening;
    std::uint64_t index;
    schema::Checkpoint checkpoint;
};
// A whole tlog-proof. Errors: kProofInvalid.
Result<CheckedProof> check_proof(std::string_view proof,
                                 std::span<const keys::VerifierKey> ledger_keys);

}  // namespace lapx::ledger
