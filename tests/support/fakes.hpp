#pragma once
// A clock that is set by hand, and randomness that repeats.

#include <chrono>
#include <random>

#include "schema/base/random.hpp"
#include "schema/base/time.hpp"

namespace lapx::test {

class ManualClock final : public Clock {
  public:
    explicit ManualClock(std::string_view start = "2026-11-21T18:38:17Z")
        : now_(time_from(start).value()) {}
    std::chrono::sys_time<std::chrono::milliseconds> now() const override { return now_; }
    void advance(std::chrono::milliseconds by) { now_ += by; }

  private:
    std::chrono::sys_time<std::chrono::milliseconds> now_;
};

class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& octet : out) {
            octet = static_cast<std::uint8_t>(engine_());
        }
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace lapx::test
