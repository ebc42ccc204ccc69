// From the outbox to the wire: what is sent to whom when, and what is sent again.

#include <algorithm>

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kWindow = 512;  // parcels under way to one peer
// And their octets: far less than what a connection may hold at the other end.
constexpr std::size_t kWindowOctets = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kBurst = 64;  // parcels read at a time
// A parcel is sent again when it and all others have had no answer for so long, or at any rate
// after the second of the two.
constexpr std::chrono::seconds kAnswerDeadline{30};
constexpr std::chrono::minutes kLastDeadline{10};

bool is_window_full(const Conversation& conversation) {
    std::size_t octets = 0;
    for (const auto& [id, sent] : conversation.under_way) {
        octets += sent.octets;
    }
    return octets >= kWindowOctets;
}

}  // namespace

// Sends what is due to this peer, as far as its window goes and it takes it in.
void Pipeline::pump(const Agency& peer) {
    Conversation& conversation = conversations_[peer];
    if (!conversation.greeted || conversation.came_anew || !may_sign() ||
        parts_.contacts.trusted(peer) == nullptr ||
        parts_.monotonic.now() < conversation.paused_until) {
        return;
    }
    while (conversation.under_way.size() < kWindow && !is_window_full(conversation)) {
        const std::size_t room = std::min(kBurst, kWindow - conversation.under_way.size());
        const auto due = parts_.delivery.due(peer, conversation.cursor, parts_.clock.seconds(),
                                             std::exchange(conversation.full, false) ? 1 : room);
        if (!due) {
            log::error({"outbox: ", to_string(due.error().code), ": ", due.error().context});
            return;
        }
        for (const delivery::Queued& queued : *due) {
            if (is_window_full(conversation)) {
                return;
            }
            if (!send(peer, conversation, queued)) {
                conversation.full = true;
                return;
            }
            conversation.cursor = queued.message;
        }
        if (due->size() < room) {
            return;
        }
    }
}

// False if the peer takes in no more.
bool Pipeline::send(const Agency& peer, Conversation& conversation,
                    const delivery::Queued& queued) {
    if (conversation.under_way.contains(queued.id)) {
        return true;
    }
    const std::uint64_t held = conversation.holds;
    const auto desk = Desk::parse(queued.desk + "@" + peer.text());
    const schema::ParcelFrame frame{queued.id, *desk,
                                    link_for(conversation, parts_.log, queued.size), queued.sealed};
    if (parts_.transport.send(peer, schema::encode_frame(frame)) != transport::SendResult::kSent) {
        conversation.holds = held;
        return false;
    }
    conversation.under_way.emplace(
        queued.id, Conversation::UnderWay{parts_.monotonic.now(), queued.sealed.size()});
    return true;
}

// What had no answer for too long goes again.
void Pipeline::look_for_losses(Conversation& conversation) {
    const loop::Instant now = parts_.monotonic.now();
    const bool silent = now - conversation.last_answer > kAnswerDeadline;
    const auto lost = std::erase_if(conversation.under_way, [&](const auto& sent) {
        const auto waits = now - sent.second.sent;
        return waits > kLastDeadline || (silent && waits > kAnswerDeadline);
    });
    if (lost > 0) {
        conversation.cursor = 0;
    }
}

}  // namespace lapx::daemon
