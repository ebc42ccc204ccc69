#pragma once
// Keeps files for agencies that cannot be reached, and gives them to their owners (protocol.md
// 8.8). What a round makes of it leaves after its commit; every deposit is answered.

#include <map>
#include <utility>
#include <vector>

#include "daemon/contacts/contacts.hpp"
#include "daemon/conversations.hpp"
#include "daemon/relay/relay.hpp"
#include "daemon/round.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

// What a RelayService works on; all of it outlives the service.
struct RelayServiceParts {
    const contacts::Contacts& contacts;
    Conversations& conversations;
    relay::Relay& relay;
    Round& round;
    transport::Transport& transport;
    const Clock& clock;
    const loop::Monotonic& monotonic;
};

class RelayService {
  public:
    RelayService(const RelayServiceParts& parts, Complain complain)
        : parts_(parts), complain_(std::move(complain)) {}

    // What cannot be served now is refused, without a round.
    void refuse(const Agency& from, const schema::RelayPutFrame& frame, Code code);
    // Whether the frame had an effect.
    Result<bool> take(const Agency& from, const schema::RelayPutFrame& frame);
    Result<bool> take(const Agency& from, const schema::RelayFetchFrame& frame);
    Result<bool> take(const Agency& from, const schema::RelayDeleteFrame& frame);
    // What it asked for on that connection is lost.
    void disconnected(const Agency& peer);
    // Now and then: what nobody fetched in time is dropped.
    Result<void> tick();

    // The round was committed; or it never happened.
    void let_go();
    void give_up();

  private:
    struct Owner {
        std::size_t credit = 0;  // how many more it asked for
        std::int64_t given = 0;  // the newest that it was given
    };

    RelayServiceParts parts_;
    Complain complain_;
    std::map<Agency, Owner> owners_;  // who fetched, since the start
    loop::Instant expire_at_{};
    std::vector<std::pair<Agency, schema::FrameMessage>> of_round_;
};

}  // namespace lapx::daemon
