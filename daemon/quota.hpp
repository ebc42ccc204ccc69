#pragma once
// How much work without effect one peer may cause (protocol.md 8.5): replays, what is refused, what
// is no frame. What is taken costs nothing, however much it is: a peer that catches up is welcome.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "daemon/loop/monotonic.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {

class Quota {
  public:
    // A frame of so many octets came; until it shows, it is without effect.
    void charge(std::size_t octets, loop::Instant now) {
        const std::chrono::duration<double> passed = now - at_;
        left_ += passed.count() * static_cast<double>(schema::kQuotaPerSecond);
        left_ = std::min(left_, static_cast<double>(schema::kQuota)) - units(octets);
        at_ = now;
        if (left_ < -static_cast<double>(schema::kQuotaOverdraft)) {
            shut_out_until_ = now + schema::kShutOut;
        }
    }
    // It had one.
    void give_back(std::size_t octets) { left_ += units(octets); }

    // Parcels are not opened any more.
    bool is_spent() const { return left_ < 0; }
    // The peer went on nevertheless, and is not heard for a while, by whichever of its keys.
    bool is_overdrawn() const { return at_ < shut_out_until_; }
    // Until half of it is there again.
    std::chrono::seconds recovery() const {
        const double missing = static_cast<double>(schema::kQuota) / 2 - left_;
        return std::chrono::ceil<std::chrono::seconds>(std::chrono::duration<double>(
            std::max(missing, 0.0) / static_cast<double>(schema::kQuotaPerSecond)));
    }

  private:
    static double units(std::size_t octets) {
        return static_cast<double>(schema::quota_units(octets));
    }

    double left_ = static_cast<double>(schema::kQuota);
    loop::Instant at_{};
    loop::Instant shut_out_until_{};
};

}  // namespace lapx::daemon
