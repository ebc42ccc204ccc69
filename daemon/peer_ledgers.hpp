#pragma once
// Other agencies' ledgers as this node has seen them: which checkpoint each was last at, and which
// it still owes a cosignature (protocol.md 6.6).

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/contacts/contacts.hpp"
#include "daemon/ledger/peer_heads.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

class PeerLedgers {
  public:
    explicit PeerLedgers(store::Database& database) : database_(database) {}

    // A checkpoint of the agency's log: signed by it, and linked to the newest held by one of the
    // links, or by one that came with the newest. A newer one is kept, within the open round, and
    // becomes due for a cosignature. Errors: kProofInvalid, kCheckpointGap, kLedgerConflict
    // (evidence() tells which notes), the database's.
    Result<schema::Checkpoint> take(const contacts::Contact& agency, const std::string& note,
                                    const std::vector<schema::Link>& links);
    // Digests of the notes of the last conflict.
    const std::vector<ContentDigest>& evidence() const { return evidence_; }

    // The newest checkpoint note held of the agency's log in use, and its size; nothing and 0 if
    // none.
    Result<std::optional<ledger::SignedCheckpoint>> held(const contacts::Contact& agency);

    // Checkpoints that became due since the last call, by agency.
    std::map<Agency, schema::Checkpoint> due() { return std::exchange(due_, {}); }
    // The round never happened, or keys changed: forget what is not in the database.
    void forget();

  private:
    struct Known {
        std::string note;
        schema::Checkpoint checkpoint;
        std::vector<schema::Link> links;  // that came with it
    };
    store::Database& database_;
    std::map<Agency, Known> newest_;  // spares verifying what a batch of parcels shares
    std::map<Agency, schema::Checkpoint> due_;
    std::vector<ContentDigest> evidence_;
};

}  // namespace lapx::daemon
