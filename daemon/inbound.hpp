#pragma once
// What becomes of a parcel that came in: the steps of protocol.md 7.4, in their order. Reads, never writes; the pipeline acts on the
// verdict.

#include <map>
#include <string>
#include <variant>

#include "daemon/contacts/contacts.hpp"
#include "daemon/delivery/delivery.hpp"
#include "daemon/ledger/peer_heads.hpp"
#include "daemon/self.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

// A parcel to be stored. `checkpoint` is the sender's, checked and linked.
struct Accepted {
    model::Opened opened;
    std::string checkpoint;
};
// The same cover again: the stored outcome is told once more.
struct Repeated {
    delivery::Message message;
};
// Finally refused after its signature held: stored and logged, answered with a proof.
struct TurnedAway {
    model::Unsealed parcel;
    Code code;
};
// Refused without an entry; `code` is retryable or not by its severity.
struct Refused {
    Code code;
    std::string detail;  // for our own log, never sent
};
// The id of a message we have, with another cover: evidence against the sender.
struct Reused {
    CoverDigest held;
    Bytes cover;
};
using Verdict = std::variant<Accepted, Repeated, TurnedAway, Refused, Reused>;

class Inbound {
  public:
    Inbound(const Self& self, const contacts::Contacts& contacts, delivery::Delivery& delivery, ledger::PeerHeads& heads,
            const Clock& clock)
        : self_(self), contacts_(contacts), delivery_(delivery), heads_(heads), clock_(clock) {}

    // `from`: whose connection brought it. Errors are our own, never the sender's.
    Result<Verdict> examine(const Agency& from, const schema::ParcelFrame& frame);

  private:
    Result<Verdict> examine_signed(const contacts::Contact& sender, const schema::ParcelFrame& frame, model::Unsealed parcel);
    Result<void> check_proof(const contacts::Contact& sender, const schema::ParcelFrame& frame, const model::Unsealed& parcel,
                             std::string& checkpoint);
    Result<void> check_link(const contacts::Contact& sender, const schema::ParcelFrame& frame, const model::Unsealed& parcel,
                            const schema::Checkpoint& checkpoint, const std::string& note);

    const Self& self_;
    const contacts::Contacts& contacts_;
    delivery::Delivery& delivery_;
    ledger::PeerHeads& heads_;
    const Clock& clock_;
    // The newest checkpoint note of each agency that verified: a batch of parcels shares one.
    std::map<std::string, std::pair<std::string, schema::Checkpoint>> verified_;
};

}  // namespace lapx::daemon
