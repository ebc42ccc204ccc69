#pragma once
// Messages that were read and wait to be dealt with. Who had least of the node's work so far is
// next, in the units in which protocol.md 8.5 counts frames: neither who has more waiting, or more
// connections, nor whose messages are larger is dealt with the more for it.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/transport/transport.hpp"
#include "schema/limits.hpp"

namespace lapx::transport {

// Only for admitted peers: memory grows with their number.
class Turns {
  public:
    // How many of its peer wait now.
    std::size_t add(Inbound inbound) {
        Peer& peer = peers_[inbound.from];
        if (peer.waiting.empty()) {
            // Who had nothing to say for a while has saved nothing up.
            peer.had = std::max(peer.had, least_);
            next_.emplace(peer.had, inbound.from);
        }
        peer.waiting.push_back(std::move(inbound));
        return peer.waiting.size();
    }

    // The oldest of the peer whose turn it is.
    std::optional<Inbound> next() {
        if (next_.empty()) {
            return std::nullopt;
        }
        const auto [had, agency] = *next_.begin();
        next_.erase(next_.begin());
        Peer& peer = peers_[agency];
        Inbound inbound = std::move(peer.waiting.front());
        peer.waiting.pop_front();
        least_ = had;
        peer.had += schema::quota_units(inbound.payload.size());
        if (!peer.waiting.empty()) {
            next_.emplace(peer.had, agency);
        }
        return inbound;
    }

    // What came over a connection that ended.
    void drop(const Agency& agency, Route route) {
        const auto found = peers_.find(agency);
        if (found == peers_.end()) {
            return;
        }
        Peer& peer = found->second;
        std::erase_if(peer.waiting, [&](const Inbound& one) { return one.route == route; });
        if (peer.waiting.empty()) {
            next_.erase({peer.had, agency});
        }
    }

  private:
    struct Peer {
        std::deque<Inbound> waiting;
        std::uint64_t had = 0;  // units
    };
    std::map<Agency, Peer> peers_;
    std::set<std::pair<std::uint64_t, Agency>> next_;  // by what they had; those for whom some wait
    std::uint64_t least_ = 0;                          // what the last of them had before
};

}  // namespace lapx::transport
