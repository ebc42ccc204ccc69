#pragma once
// Which CURVE keys are admitted, and whose they are (protocol.md 8.1). A value: whoever holds one
// may read it from any thread.

#include <array>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "schema/base/address.hpp"

namespace lapx::transport {

// The octets of a CURVE public key.
using Key = std::array<std::uint8_t, 32>;

struct KeyHash {
    // The octets of a key are as good as random already.
    std::size_t operator()(const Key& key) const {
        std::size_t hash = 0;
        std::memcpy(&hash, key.data(), sizeof hash);
        return hash;
    }
};

struct PeerKey {
    Agency agency;
    Key curve;
};

class Admitted {
  public:
    Admitted() = default;
    // A key that stands twice belongs to the agency that comes first, so that nobody can take over
    // another's key by publishing it. Pass them in the order in which they were admitted.
    explicit Admitted(const std::vector<PeerKey>& keys) {
        for (const PeerKey& key : keys) {
            agencies_.try_emplace(key.curve, key.agency);
        }
    }

    // Null if the key is not admitted.
    const Agency* find(const Key& key) const {
        const auto found = agencies_.find(key);
        return found == agencies_.end() ? nullptr : &found->second;
    }
    bool holds(const Agency& agency, const Key& key) const {
        const Agency* found = find(key);
        return found != nullptr && *found == agency;
    }
    void remove(const Key& key) { agencies_.erase(key); }

  private:
    std::unordered_map<Key, Agency, KeyHash> agencies_;
};

}  // namespace lapx::transport
