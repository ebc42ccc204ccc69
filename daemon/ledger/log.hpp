#pragma once
// This agency's ledger (protocol.md 6): an append-only log of signed commitments. One Log on the
// writing connection; it keeps the right edge of the tree in memory and so must be told how each
// transaction ended:
//
//     begin … append … append … sign_checkpoint → proofs, parcels, outbox … commit
//     committed()                          after a commit that succeeded
//     rolled_back()                        after anything else

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ledger/head_file.hpp"
#include "daemon/ledger/opening.hpp"
#include "daemon/ledger/records.hpp"
#include "daemon/ledger/stored_tree.hpp"
#include "keys/note.hpp"
#include "schema/base/random.hpp"
#include "schema/base/time.hpp"

namespace lapx::ledger {

// Everything referred to outlives the Log.
struct LogParts {
    store::Database& database;       // the writing connection
    const keys::MasterKey& master;   // seals openings at rest
    const keys::SigningKey& signer;  // the ledger key in use
    std::string origin;              // its name, AGENCY/lapx/ledger-N
    std::string head_file;           // outside the database, e.g. HOME/ledger.head
    const Clock& clock;
    Random& random;
};

struct Appended {
    std::uint64_t index;
    schema::Entry entry;
};

struct LogHead {
    SignedCheckpoint newest;
    std::vector<std::string> cosigned_by;
};

class Log {
  public:
    // Checks the newest checkpoint: this key's signature, the number of entries, the root over the
    // stored right edge, and that the head file neither leads nor contradicts it. Errors:
    // kLedgerBroken, and the database's.
    static Result<Log> open(LogParts parts);
    // Entries, counting those of the open transaction.
    std::uint64_t size() const { return tree_.size(); }
    const std::string& origin() const { return parts_.origin; }

    // Writes an entry that commits to `data` with a fresh salt. `texts` is the salt and texts of a
    // decided record, kept beside it to be erased alone; empty for none. Its time is time_of_next.
    // Errors: kInvalidArgument for empty data; the database's.
    Result<Appended> append(schema::EntryKind kind, BytesView data, BytesView texts = {});
    // Now, or the time of the entry before if that is later, or while the clock is not to be gone
    // by: what a wrong clock said would be the time of all that follow.
    Time time_of_next() const;
    void go_by_clock(bool is_right) { clock_counts_ = is_right; }
    // The note over everything appended so far; again the same note for the same size. Once in each
    // transaction that appends, after the last append.
    Result<std::string> sign_checkpoint();
    void committed();
    // The openings of what was committed last are at hand until here: its proofs need not unseal
    // them.
    void forget_openings() { recent_.clear(); }
    Result<void> rolled_back();

    // Errors: kNotFound if nothing is signed yet.
    Result<LogHead> head();
    // The tlog-proof of an entry under the checkpoint of that size, with its opening and the
    // cosignatures received. Errors: kNotFound for a size that was not signed, kErased.
    Result<std::string> proof(std::uint64_t index, std::uint64_t size);
    // The same up to and with its empty line: the checkpoint that completes it travels once for
    // many (protocol.md 8.4).
    Result<std::string> proof_head(std::uint64_t index, std::uint64_t size);
    // RFC 6962 consistency proof. Errors: kInvalidArgument unless 0 < old <= new <= size().
    Result<std::vector<Hash>> consistency(std::uint64_t old_size, std::uint64_t new_size);

    Result<schema::Opening> opening(std::uint64_t index);
    // Salt and texts of a decided record.
    Result<Bytes> texts(std::uint64_t index);
    // Within the caller's transaction; after its commit the WAL has to be truncated. What the entry
    // committed to can then no longer be shown. Errors: kNotFound.
    Result<void> erase(std::uint64_t index, OpeningPart part);

    // Keeps a witness's signature line over the checkpoint of that size; one that is there already
    // stays. Errors: kNotFound; kSignatureInvalid, kNoteMalformed.
    Result<void> add_cosignature(std::uint64_t size, std::string_view line,
                                 const keys::VerifierKey& witness);

  private:
    Log(LogParts parts, HeadFile head_file, StoredTree tree);
    // Everything below from the database, checked.
    Result<void> load();
    Result<void> write_entries();
    // Null where it has to be unsealed.
    const schema::Opening* find_opening(std::uint64_t index) const;

    LogParts parts_;
    HeadFile head_file_;
    StoredTree tree_;
    std::optional<SignedCheckpoint> newest_;  // signed, perhaps in the open transaction
    Time last_time_;                          // of the last entry
    bool clock_counts_ = true;
    Bytes unwritten_;  // the last entries, a row to be
    std::uint64_t unwritten_count_ = 0;
    std::vector<schema::Opening> fresh_;   // of the entries of the open transaction
    std::vector<schema::Opening> recent_;  // of those before it, or none
};

}  // namespace lapx::ledger
