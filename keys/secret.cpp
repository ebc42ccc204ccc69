#include "keys/secret.hpp"

#include <sodium.h>

#include <algorithm>
#include <new>

namespace lapx::keys {

void wipe(std::span<std::uint8_t> octets) noexcept { sodium_memzero(octets.data(), octets.size()); }

bool same_octets(BytesView a, BytesView b) noexcept {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
    // The allocator is only sound after this; it costs nothing the second time.
    if (sodium_init() < 0) {
        throw std::bad_alloc();
    }
    memory_.reset(static_cast<std::uint8_t*>(sodium_malloc(size)));
    if (memory_ == nullptr) {
        throw std::bad_alloc();
    }
    std::fill_n(memory_.get(), size, std::uint8_t{0});
}

SecretBytes::SecretBytes(BytesView octets) : SecretBytes(octets.size()) {
    std::copy(octets.begin(), octets.end(), memory_.get());
}

void SecretBytes::Free::operator()(std::uint8_t* memory) const noexcept { sodium_free(memory); }

}  // namespace lapx::keys
