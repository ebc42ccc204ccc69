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

Result<void> keep(store::Database& database, const SignedCheckpoint& came) {
    return database.run(
        "INSERT INTO peer_head(origin, size, note) VALUES(?, ?, ?) "
        "ON CONFLICT(origin) DO UPDATE SET size = excluded.size, note = excluded.note",
        came.checkpoint.origin, came.checkpoint.size, as_bytes(came.note));
}

}  // namespace

Result<std::optional<SignedCheckpoint>> peer_head(store::Database& database,
                                                  std::string_view origin) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT note FROM peer_head WHERE origin = ?", origin));
    LAPX_TRY_ASSIGN(const bool found, query.step());
    if (!found) {
        return std::optional<SignedCheckpoint>();
    }
    LAPX_TRY_ASSIGN(schema::Checkpoint checkpoint, checkpoint_of(query.text(0)));
    return std::optional(SignedCheckpoint{std::move(checkpoint), std::string(query.text(0))});
}

Result<HeadResult> take_peer_head(store::Database& database, const SignedCheckpoint& came,
                                  const std::optional<Link>& link) {
    if (came.checkpoint.size == 0) {
        return fail(Code::kProofInvalid, "a checkpoint of an empty log");
    }
    LAPX_TRY_ASSIGN(const auto held, peer_head(database, came.checkpoint.origin));
    HeadResult result{HeadCheck::kConsistent, {}};
    if (held) {
        result.check = compare(held->checkpoint, came.checkpoint, link);
    }
    if (result.check == HeadCheck::kConflict) {
        result.evidence = {keys::digest_of<ContentDigest>(held->note),
                           keys::digest_of<ContentDigest>(came.note)};
        LAPX_TRY(
            database.run("INSERT INTO evidence(origin, held, came) VALUES(?, ?, ?) "
                         "ON CONFLICT DO NOTHING",
                         came.checkpoint.origin, as_bytes(held->note), as_bytes(came.note)));
    }
    const bool newer = !held || held->checkpoint.size < came.checkpoint.size;
    if (result.check == HeadCheck::kConsistent && newer) {
        LAPX_TRY(keep(database, came));
    }
    return result;
}

}  // namespace lapx::ledger
