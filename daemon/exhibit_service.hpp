#pragma once
// Gives peers the octets of exhibits that do not travel inside parcels (protocol.md 8.6): what the
// view of a message disclosed to that peer, as long as it is here and the dossier was not
// withdrawn. The ledger says so before the first octet leaves. A chunk at a time, as far as the
// peer's credit goes and it takes them in, so that nobody else waits for it.

#include <deque>
#include <map>
#include <optional>

#include "daemon/conversations.hpp"
#include "daemon/custody.hpp"
#include "daemon/exhibits/files.hpp"
#include "daemon/parts.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

class ExhibitService {
  public:
    // `parts` outlives it.
    ExhibitService(const PipelineParts& parts, LogEntry log, Complain complain)
        : parts_(parts), log_(std::move(log)), complain_(std::move(complain)) {}

    // Whether it is answered with octets.
    bool take(const Agency& from, const schema::ExhibitRequestFrame& request);
    // What may be served has changed, or a round never happened: everything is looked up anew.
    void look_again();
    void forget(const Agency& peer) { peers_.erase(peer); }
    // Now and then: those that took in no more are tried again, idle files are closed.
    void tick();

  private:
    struct Name {
        MessageId message;
        std::uint16_t number;
        bool operator==(const Name&) const = default;
    };
    struct Open {
        Name name;
        exhibits::Source source;
        HandOver hand_over;
        bool logged;  // the ledger says that its octets go to that peer
    };
    struct Peer {
        std::optional<Open> open;
        Name wanted_name{};
        std::deque<std::uint64_t> wanted;  // offsets, at most kMaxChunksInFlight
        Allowance lookups;
        loop::Instant last{};
    };
    // A code is the refusal that the peer gets.
    Result<Open> look_up(const Agency& peer, const Name& name);
    Result<void> check_in_force(const Agency& peer, const ReferralId& dossier);
    Result<bool> is_logged(const HandOver& hand_over);
    void refuse(const Agency& agency, Peer& peer, Code code);
    void go_on();
    bool serve(const Agency& agency, Peer& peer);
    bool hand_over(const Agency& agency, Peer& peer);
    bool send(const Agency& agency, Peer& peer);

    const PipelineParts& parts_;
    LogEntry log_;
    Complain complain_;
    std::map<Agency, Peer> peers_;
    loop::Watch next_;
};

}  // namespace lapx::daemon
