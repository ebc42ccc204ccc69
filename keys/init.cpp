#include "keys/init.hpp"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "keys/sign.hpp"

namespace lapx::keys {

Result<void> initialize() {
    if (sodium_init() < 0) {
        return fail(Code::kSelfTestFailed, "libsodium does not start");
    }
    // On the curve and canonical, but outside the prime-order group: releases of libsodium without
    // the fix of CVE-2025-69277 admit it.
    PublicKey outside;
    outside.bytes.fill(0x99);
    outside.bytes.front() = 0x95;
    if (is_admissible(outside)) {
        return fail(Code::kSelfTestFailed, "libsodium admits points outside the prime-order group");
    }
    return {};
}

void protect_process() {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
    if (!out.empty()) {
        randombytes_buf(out.data(), out.size());
    }
}

}  // namespace lapx::keys
