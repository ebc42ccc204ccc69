#pragma once
// How many handshakes one key may make: a burst, then a steady rate. An honest peer needs one now
// and then; a hostile one must not keep the I/O thread busy, nor try out routing ids (a guessed one
// aborts libzmq 4.3.4: router_t asserts that an id it generates is free).

#include <algorithm>
#include <unordered_map>

#include "daemon/loop/monotonic.hpp"
#include "daemon/transport/admitted.hpp"

namespace lapx::transport {

class HandshakeQuota {
  public:
    static constexpr double kBurst = 60;
    static constexpr double kPerSecond = 2;

    // True if `key` may make one more at `now`, which is then counted. Ask for admitted keys only:
    // memory grows with their number.
    bool take(const Key& key, loop::Instant now) {
        const auto [it, fresh] = buckets_.try_emplace(key, Bucket{kBurst, now});
        Bucket& bucket = it->second;
        const std::chrono::duration<double> passed = now - bucket.at;
        bucket = {std::min(kBurst, bucket.left + passed.count() * kPerSecond), now};
        if (bucket.left < 1) {
            return false;
        }
        bucket.left -= 1;
        return true;
    }

  private:
    struct Bucket {
        double left;
        loop::Instant at;
    };
    std::unordered_map<Key, Bucket, KeyHash> buckets_;
};

}  // namespace lapx::transport
