#pragma once
// What entries commit to (protocol.md 6.2, 6.3, 6.5), sealed at rest, and the proofs that show it.

#include <cstdint>
#include <span>
#include <string>

#include "daemon/ledger/tree.hpp"
#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/notes/ledger.hpp"

namespace lapx::ledger {

// The parts of an opening. Never renumber: their places in sealed records.
enum class OpeningPart : std::uint8_t {
    kData = 0,   // salt ‖ data
    kTexts = 1,  // salt ‖ texts of a decided record, where there are any
};

// Within the caller's transaction, after the leaf.
Result<void> store_opening(store::Database& database, const keys::MasterKey& master,
                           std::uint64_t index, std::span<const BytesView> parts, Random& random);
// Salt and what follows it. Errors: kNotFound, kErased, kDatabaseBroken.
Result<Bytes> read_part(store::Database& database, const keys::MasterKey& master,
                        std::uint64_t index, OpeningPart part);
// Destroys the key of a part, within the caller's transaction; once that is committed, the WAL
// still has to be truncated. Errors: kNotFound.
Result<void> erase_part(store::Database& database, std::uint64_t index, OpeningPart part);

// Errors: those of read_part; kLedgerBroken if the stored entry is not one.
Result<schema::Opening> opening_at(store::Database& database, const keys::MasterKey& master,
                                   std::uint64_t index);
// The tlog-proof of an entry in the first `size` leaves, with its opening, up to and with its empty
// line. `size` is at most that of the tree.
Result<std::string> proof_head(NodeReader& nodes, const schema::Opening& opening,
                               std::uint64_t index, std::uint64_t size);
// The same without the opening: with the entry alone.
Result<std::string> sealed_proof_head(NodeReader& nodes, const schema::Entry& entry,
                                      std::uint64_t index, std::uint64_t size);

}  // namespace lapx::ledger
