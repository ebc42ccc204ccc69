#include "daemon/ledger/peer_heads.hpp"

#include <tuple>

#include "daemon/ledger/tree.hpp"
#include "keys/domains.hpp"

namespace lapx::ledger {
namespace {

HeadCheck compare(const schema::Checkpoint& a, const schema::Checkpoint& b,
                  const std::optional<Link>& link) {
    if (a.size == b.size) {
        return a.root == b.root ? HeadCheck::kConsistent : HeadCheck::kConflict;
    }
    const auto& [older, newer] = a.size < b.size ? std::tie(a, b) : std::tie(b, a);
    if (!link || link->old_size != older.size || link->new_size != newer.size) {
        return HeadCheck::kGap;
    }
    return verify_consistency(older.size, older.root, newer.size, newer.root, link->hashes)
               ? HeadCheck::kConsistent
               : HeadCheck::kConflict;
}

Result<void> keep(store::Database& database, std::string_view log, const SignedCheckpoint& came) {
    return database.run(
        "INSERT INTO peer_head(log, size, note) VALUES(?, ?, ?) "
        "ON CONFLICT(log) DO UPDATE SET size = excluded.size, note = excluded.note",
        log, came.checkpoint.size, as_bytes(came.note));
}

}  // namespace

Result<std::optional<SignedCheckpoint>> peer_head(store::Database& database,
                                                  const keys::VerifierKey& log) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT note FROM peer_head WHERE log = ?", log.text()));
    return store::first(
        std::move(query), [](const store::Statement& row) -> Result<SignedCheckpoint> {
            LAPX_TRY_ASSIGN(schema::Checkpoint checkpoint, checkpoint_of(row.text(0)));
            return SignedCheckpoint{std::move(checkpoint), std::string(row.text(0))};
        });
}

Result<void> keep_evidence(store::Database& database, std::string_view who, std::string_view held,
                           std::string_view came) {
    return database.run(
        "INSERT INTO evidence(origin, held, came) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", who,
        as_bytes(held), as_bytes(came));
}

Result<HeadResult> take_peer_head(store::Database& database, const keys::VerifierKey& log,
                                  const SignedCheckpoint& came, const std::optional<Link>& link) {
    if (came.checkpoint.size == 0) {
        return fail(Code::kProofInvalid, "a checkpoint of an empty log");
    }
    LAPX_TRY_ASSIGN(const auto held, peer_head(database, log));
    HeadResult result{HeadCheck::kConsistent, {}};
    if (held) {
        result.check = compare(held->checkpoint, came.checkpoint, link);
    }
    if (result.check == HeadCheck::kConflict) {
        result.evidence = {keys::digest_of<ContentDigest>(held->note),
                           keys::digest_of<ContentDigest>(came.note)};
        LAPX_TRY(keep_evidence(database, came.checkpoint.origin, held->note, came.note));
    }
    const bool newer = !held || held->checkpoint.size < came.checkpoint.size;
    if (result.check == HeadCheck::kConsistent && newer) {
        LAPX_TRY(keep(database, log.text(), came));
    }
    return result;
}

}  // namespace lapx::ledger
