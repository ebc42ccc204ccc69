#pragma once
// What this process knows of each peer beside the database: whether it is connected, which
// checkpoint of ours it holds, and what is under way to it. Lost at a restart, and made anew by the
// first Hello.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/ledger/log.hpp"
#include "daemon/transport/transport.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

// Lines of the log about one peer, since then; a hostile one must not fill the disk with them.
struct Complaints {
    loop::Instant since{};
    std::size_t count = 0;
};

struct Conversation {
    // Hellos were exchanged since the peer connected: only then is it known what it holds.
    bool greeted = false;
    std::set<transport::Route> routes;
    // Size of the newest checkpoint of ours that the peer holds, counting what we sent on this
    // connection; 0: none.
    std::uint64_t holds = 0;
    // Outbox rows up to here were sent on this connection.
    std::int64_t cursor = 0;
    std::set<MessageId> under_way;
    // When the first of those that a refusal postponed is due again.
    std::optional<Time> retry_at;
    loop::Instant last_heard{};
    loop::Instant last_greeting{};
    std::optional<Time> last_seen;
    Complaints complaints;

    void restart() {
        greeted = false;
        holds = 0;
        cursor = 0;
        under_way.clear();
    }
};

using Conversations = std::map<Agency, Conversation>;

// The consistency proof from what the peer holds to the checkpoint that it is about to be shown,
// which it then holds; nothing where there is none to give.
std::optional<schema::Link> link_for(Conversation& conversation, ledger::Log& log,
                                     std::uint64_t size);

// A warning about what a peer sent, if there were not too many already.
void complain(const Agency& peer, Conversation& conversation, loop::Instant now,
              std::string_view what);

}  // namespace lapx::daemon
