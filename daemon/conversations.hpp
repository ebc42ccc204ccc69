#pragma once
// What this process knows of each peer beside the database: whether it is connected, which
// checkpoint of ours it holds, and what is under way to it. Lost at a restart, and made anew by the
// first Hello.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/clock_check.hpp"
#include "daemon/ledger/log.hpp"
#include "daemon/quota.hpp"
#include "daemon/transport/transport.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

// So many of something in such a time, for a peer that may be hostile.
struct Allowance {
    loop::Instant since{};
    std::size_t taken = 0;

    // Whether one more is within `most` for each `period`.
    bool take(loop::Instant now, std::size_t most, loop::Duration period) {
        if (now - since > period || taken == 0) {
            *this = {.since = now, .taken = 0};
        }
        return ++taken <= most;
    }
};

// Changes of a peer's card and notice that its greetings may cause (protocol.md 8.4).
class PapersAllowance {
  public:
    static constexpr double kAtOnce = 6;
    static constexpr std::chrono::minutes kOneMoreEvery{10};

    // Whether one more may be taken now.
    bool has_room(loop::Instant now) const { return left(now) >= 1; }
    void take(loop::Instant now) {
        left_ = left(now) - 1;
        at_ = now;
    }

  private:
    double left(loop::Instant now) const {
        const std::chrono::duration<double> passed = now - at_;
        return std::min(kAtOnce, left_ + passed / kOneMoreEvery);
    }

    double left_ = kAtOnce;
    loop::Instant at_{};
};

// Who speaks over a connection: the agency for which it counts or, as its Hello says, another
// (protocol.md 8.2). Unknown until the first message.
enum class Speaker : std::uint8_t { kUnknown, kItself, kAnother };

struct Conversation {
    // Hellos were exchanged since the peer connected: only then is it known what it holds.
    bool greeted = false;
    // It came anew while another connection of its stands, and has not said yet what it holds now.
    bool came_anew = false;
    std::map<transport::Route, Speaker> routes;
    // Size of the newest checkpoint of ours that the peer holds, counting what we sent on this
    // connection; 0: none.
    std::uint64_t holds = 0;
    // Outbox rows up to here were sent on this connection.
    std::int64_t cursor = 0;
    struct UnderWay {
        loop::Instant sent;
        std::size_t octets;
    };
    std::map<MessageId, UnderWay> under_way;
    loop::Instant last_answer{};  // to any of them
    bool full = false;            // it took in no more the last time
    // When the first of those that a refusal postponed is due again.
    std::optional<Time> retry_at;
    std::optional<Time> last_seen;
    std::optional<std::string> alarm;  // it showed older papers than it did before
    std::optional<ClockReading> clock;
    loop::Instant greeted_at{};    // by us, the last time
    Quota quota;                   // of what it costs us
    loop::Instant paused_until{};  // it refused with `quota`: nothing is sent before
    Allowance log_lines;
    PapersAllowance papers;
    // The last that came when there was no room for it: a Hello that may never come again, for it
    // can name the only key that the peer still connects with.
    std::optional<schema::HelloFrame> papers_waiting;
    Allowance asking_again;
    Allowance probes;  // of its endpoints, that it asked for

    void restart() {
        greeted = came_anew = false;
        holds = 0;
        send_again();
    }
    // From the oldest that has no answer.
    void send_again() {
        cursor = 0;
        under_way.clear();
    }
};

using Conversations = std::map<Agency, Conversation>;

// Says something of a peer in the log, now and then.
using Complain = std::function<void(const Agency&, std::string_view)>;

bool is_greeted(const Conversations& conversations, const Agency& peer);

// The consistency proof from what the peer holds to the checkpoint that it is about to be shown,
// which it then holds; nothing where there is none to give.
std::optional<schema::Link> link_for(Conversation& conversation, ledger::Log& log,
                                     std::uint64_t size);

// Whether the log has room for another line about this peer.
bool may_log(const Agency& peer, Conversation& conversation, loop::Instant now);

}  // namespace lapx::daemon
