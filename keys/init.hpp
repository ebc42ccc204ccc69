#pragma once
// What a program does before it touches a key.

#include "schema/base/random.hpp"
#include "schema/base/result.hpp"

namespace lapx::keys {

// Call first, once, before any other function of keys/. Errors: kSelfTestFailed if libsodium cannot
// start or is one that admits points outside the prime-order group (CVE-2025-69277).
Result<void> initialize();

// No core dumps, no ptrace by processes of the same user. For every program that holds keys.
void protect_process();

// The kernel's randomness.
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace lapx::keys
