#pragma once
// What this process knows of each peer beside the database: whether it is connected, which
// checkpoint of ours it holds, and what is under way to it. Lost at a restart, and made anew by the
// first Hello.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/transport/transport.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"

namespace lapx::daemon {

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

    void restart() {
        greeted = false;
        holds = 0;
        cursor = 0;
        under_way.clear();
    }
};

using Conversations = std::map<Agency, Conversation>;

}  // namespace lapx::daemon
