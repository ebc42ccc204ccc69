#pragma once
// What becomes of a parcel that came in: the steps of protocol.md 7.4, in their order. Writes
// nothing but the sender's newer checkpoint; the pipeline acts on the verdict.

#include <string>
#include <variant>

#include "daemon/cases/cases.hpp"
#include "daemon/contacts/contacts.hpp"
#include "daemon/delivery/delivery.hpp"
#include "daemon/peer_ledgers.hpp"
#include "daemon/self.hpp"
#include "schema/codec/frame.hpp"
#include "schema/notes/move.hpp"

namespace lapx::daemon {

// A parcel to be stored.
struct Accepted {
    model::Opened opened;
    Agency opener;  // of the case that it belongs to
};
// A step in a case, to be stored.
struct AcceptedMove {
    model::Unsealed parcel;
    schema::MoveBody body;
    std::int64_t about;  // seq of the version
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
using Verdict = std::variant<Accepted, AcceptedMove, Repeated, TurnedAway, Refused, Reused>;

class Inbound {
  public:
    Inbound(const Self& self, const contacts::Contacts& contacts, cases::Cases& cases,
            delivery::Delivery& delivery, PeerLedgers& ledgers, const Clock& clock)
        : self_(self),
          contacts_(contacts),
          cases_(cases),
          delivery_(delivery),
          ledgers_(ledgers),
          clock_(clock) {}

    // `from`: whose connection brought it. Errors are our own, never the sender's.
    Result<Verdict> examine(const Agency& from, const schema::ParcelFrame& frame);

  private:
    Result<model::Unsealed> unseal(const schema::ParcelFrame& frame,
                                   const keys::Identity& identity) const;
    Result<Verdict> examine_dossier(model::Unsealed parcel);
    Result<Verdict> examine_move(model::Unsealed parcel);
    // The version that a move is about, if it is one that the sender can say this of.
    Result<std::optional<std::int64_t>> moved_row(const schema::Cover& cover,
                                                  const schema::MoveBody& body);
    Result<bool> was_sent_to(const cases::Row& row, const Desk& desk);
    // Whether it is the one that was signed at first; a refusal is the inner error.
    Result<Result<void>> check_versions(const model::Opened& opened);
    // Who opened the case that it belongs to, if that is a case between the two of us.
    Result<std::optional<Agency>> opener_of(const model::Opened& opened);
    Result<Verdict> examine_signed(const contacts::Contact& sender,
                                   const schema::ParcelFrame& frame, model::Unsealed parcel);
    Result<void> check_proof(const contacts::Contact& sender, const schema::ParcelFrame& frame,
                             const model::Unsealed& parcel);

    const Self& self_;
    const contacts::Contacts& contacts_;
    cases::Cases& cases_;
    delivery::Delivery& delivery_;
    PeerLedgers& ledgers_;
    const Clock& clock_;
};

}  // namespace lapx::daemon
