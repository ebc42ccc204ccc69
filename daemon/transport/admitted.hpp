#pragma once
// Which CURVE keys are admitted, and whose they are (protocol.md 8.1). A value: whoever holds one
// may read it from any thread.

#include <algorithm>
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
    // Connections that are made with a key that stands twice are those of the agency that comes
    // first; all may be dialled with it.
    explicit Admitted(const std::vector<PeerKey>& keys) {
        for (const PeerKey& key : keys) {
            agencies_[key.curve].push_back(key.agency);
        }
    }

    // Whose connections these are; null if the key is not admitted.
    const Agency* find(const Key& key) const {
        const auto found = agencies_.find(key);
        return found == agencies_.end() ? nullptr : &found->second.front();
    }
    bool holds(const Agency& agency, const Key& key) const {
        const Agency* found = find(key);
        return found != nullptr && *found == agency;
    }
    // Whether the agency may be dialled with the key.
    bool names(const Agency& agency, const Key& key) const {
        const auto found = agencies_.find(key);
        return found != agencies_.end() &&
               std::find(found->second.begin(), found->second.end(), agency) != found->second.end();
    }
    void remove(const Key& key) { agencies_.erase(key); }

  private:
    std::unordered_map<Key, std::vector<Agency>, KeyHash> agencies_;
};

}  // namespace lapx::transport
