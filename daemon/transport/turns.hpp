#pragma once
// Messages that were read and wait to be dealt with. The key of which least was dealt with so far
// is next, in the units in which protocol.md 8.5 counts frames: neither who has more waiting, or
// more connections, nor whose messages are larger is dealt with the more for it.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/transport/transport.hpp"
#include "schema/limits.hpp"

namespace lapx::transport {

// Only for admitted keys: memory grows with their number.
class Turns {
  public:
    // How many of its key wait now.
    std::size_t add(Inbound inbound) {
        Peer& peer = peers_[inbound.key];
        if (peer.waiting.empty()) {
            // Who had nothing to say for a while has saved nothing up.
            peer.had = std::max(peer.had, least_);
            next_.emplace(peer.had, inbound.key);
        }
        peer.waiting.push_back(std::move(inbound));
        return peer.waiting.size();
    }

    // The oldest of the key whose turn it is.
    std::optional<Inbound> next() {
        if (next_.empty()) {
            return std::nullopt;
        }
        const auto [had, key] = *next_.begin();
        next_.erase(next_.begin());
        Peer& peer = peers_[key];
        Inbound inbound = std::move(peer.waiting.front());
        peer.waiting.pop_front();
        least_ = had;
        peer.had += schema::quota_units(inbound.payload.size());
        if (!peer.waiting.empty()) {
            next_.emplace(peer.had, key);
        }
        return inbound;
    }

    // What came over a connection that ended; how many.
    std::size_t drop(const Key& key, Route route) {
        const auto found = peers_.find(key);
        if (found == peers_.end()) {
            return 0;
        }
        Peer& peer = found->second;
        const std::size_t dropped =
            std::erase_if(peer.waiting, [&](const Inbound& one) { return one.route == route; });
        if (peer.waiting.empty()) {
            next_.erase({peer.had, key});
        }
        return dropped;
    }

  private:
    struct Peer {
        std::deque<Inbound> waiting;
        std::uint64_t had = 0;  // units
    };
    std::map<Key, Peer> peers_;
    std::set<std::pair<std::uint64_t, Key>> next_;  // by what they had; those of whom some wait
    std::uint64_t least_ = 0;                       // what the last of them had before
};

}  // namespace lapx::transport
