#pragma once
// What the ledger holds of a release (protocol.md 6.5), read back and held against what its entries
// commit to: what stands there counts, not what a draft says today.

#include <cstdint>
#include <optional>

#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/notes/ledger.hpp"
#include "schema/notes/records.hpp"

namespace lapx::daemon {

// The opening of an entry. Errors: those of ledger::opening_at; kLedgerBroken if it is not what the
// entry commits to.
Result<schema::Opening> committed(store::Database& database, const keys::MasterKey& master,
                                  std::uint64_t index);

// The words of a decided record. Errors: kErased; kLedgerBroken if they are not those that the
// record names; the database's.
Result<schema::DecidedTexts> words_of(store::Database& database, const keys::MasterKey& master,
                                      std::uint64_t index, const schema::DecidedRecord& record);

struct Decision {
    std::uint64_t index;
    schema::DecidedRecord record;
};
// The `decided` entry that stands before this `sent` one. Errors: kErased; kLedgerBroken where
// there is none.
Result<Decision> decided_before(store::Database& database, const keys::MasterKey& master,
                                std::uint64_t sent);

}  // namespace lapx::daemon
