#pragma once
// Randomness as an interface; keys/ has the real one, tests a repeatable one.

#include <cstdint>
#include <span>

namespace lapx {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;
};

}  // namespace lapx
