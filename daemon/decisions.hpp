#pragma once
// What the ledger holds of a release (protocol.md 6.5): written once, and read back and held
// against what its entries commit to. What stands there counts, not what a draft says today.

#include <cstdint>
#include <optional>

#include "config/config.hpp"
#include "daemon/model/disclosed.hpp"
#include "daemon/model/draft.hpp"
#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/base/random.hpp"
#include "schema/notes/ledger.hpp"
#include "schema/notes/records.hpp"

namespace lapx::daemon {

// The decided record of one release and, apart from it, its texts with their salt.
struct Decided {
    std::string record;
    Bytes texts;
};
struct CoverName {
    MessageId message;
    CoverDigest digest;
};
// No cover: wholly withheld.
Decided decided(const model::ProposalContent& content, const std::optional<CoverName>& cover,
                const model::Approval& approval, const config::Config& config,
                const PolicyDigest& policy, Random& random);

// The opening of an entry. Errors: those of ledger::opening_at; kLedgerBroken if it is not what the
// entry commits to.
Result<schema::Opening> committed(store::Database& database, const keys::MasterKey& master,
                                  std::uint64_t index);

// The words of a decided record. Errors: kErased; kLedgerBroken if they are not those that the
// record names; the database's.
Result<schema::DecidedTexts> words_of(store::Database& database, const keys::MasterKey& master,
                                      std::uint64_t index, const schema::DecidedRecord& record);

// What a `decided` entry holds. Errors: kErased; kLedgerBroken where it is no such entry; those of
// ledger::opening_at.
Result<schema::DecidedRecord> decided_at(store::Database& database, const keys::MasterKey& master,
                                         std::uint64_t index);

}  // namespace lapx::daemon
