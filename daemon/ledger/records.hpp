#pragma once
// Reading what the log has stored, on any connection.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/database.hpp"
#include "schema/base/bytes.hpp"
#include "schema/notes/ledger.hpp"

namespace lapx::ledger {

// Entries are stored one after another, each with its length in two octets, big end first, before
// it; so are those of an export's bundles (C2SP tlog-tiles).
void add_entry(Bytes& bundle, BytesView entry);
// The rows of the table hold at most so many.
inline constexpr std::uint64_t kEntriesInRow = 64;

// Calls `visit` with the entries [begin, end) in order. It reads in short pieces, so that it does
// not keep the WAL from being emptied. Errors: kLedgerBroken if one is missing; visit's.
Result<void> for_each_entry(store::Database& database, std::uint64_t begin, std::uint64_t end,
                            const std::function<Result<void>(std::uint64_t, BytesView)>& visit);
// Errors: kNotFound.
Result<std::string> entry_at(store::Database& database, std::uint64_t index);
// How many leaves are stored.
Result<std::uint64_t> stored_size(store::Database& database);

// A signed checkpoint of this log.
struct SignedCheckpoint {
    schema::Checkpoint checkpoint;
    std::string note;  // with the log's signature alone
};
Result<std::optional<SignedCheckpoint>> newest_checkpoint(store::Database& database);
// Errors: kNotFound if none of this size was signed.
Result<SignedCheckpoint> checkpoint_at(store::Database& database, std::uint64_t size);
// The note with the cosignatures received: at most 15, so that with the log's own signature no more
// lines are there than readers take (protocol.md 2).
Result<std::string> cosigned_note(store::Database& database, const SignedCheckpoint& checkpoint);
// Names of the witnesses that cosigned the checkpoint of this size.
Result<std::vector<std::string>> cosigners(store::Database& database, std::uint64_t size);
// The smallest cosigned checkpoint that covers a leaf: what a receipt is upgraded to.
Result<std::optional<std::uint64_t>> first_cosigned_size(store::Database& database,
                                                         std::uint64_t index);

// The text of a note, without its signatures; its structure was checked when it was stored.
// Errors: kLedgerBroken.
Result<schema::Checkpoint> checkpoint_of(std::string_view note);

}  // namespace lapx::ledger
