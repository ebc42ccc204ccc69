// libcrypto's SHA-256 rather than libsodium's: it uses the processor's SHA instructions. Its direct
// entry points rather than EVP's: the same code underneath, without EVP's allocated context and
// about 80 ns of dispatch, which is a third of a tree node's hash.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "keys/hash.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <type_traits>

#include "keys/secret.hpp"

namespace lapx::keys {
namespace {

constexpr std::size_t kBlock = 64;

SHA256_CTX* context(std::array<std::uint8_t, 112>& state) {
    static_assert(sizeof(SHA256_CTX) <= sizeof(state) && alignof(SHA256_CTX) <= 8 &&
                  std::is_trivially_copyable_v<SHA256_CTX>);
    return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

// An HMAC whose key is set, waiting for its message.
class Hmac {
  public:
    explicit Hmac(BytesView key) {
        Wiped<kBlock> pad;
        if (key.size() > kBlock) {
            Sha256Value hashed = sha256(key);
            std::copy(hashed.begin(), hashed.end(), pad.bytes().begin());
            wipe(hashed);
        } else {
            std::copy(key.begin(), key.end(), pad.bytes().begin());
        }
        for (std::uint8_t& octet : pad.bytes()) {
            octet ^= 0x36;
        }
        inner_.update(pad.view());
        for (std::uint8_t& octet : pad.bytes()) {
            octet ^= 0x36 ^ 0x5c;
        }
        outer_.update(pad.view());
    }

    Sha256& message() { return inner_; }
    Sha256Value finish() { return outer_.update(inner_.finish()).finish(); }

  private:
    Sha256 inner_;
    Sha256 outer_;
};

}  // namespace

Sha256::Sha256() { SHA256_Init(new (state_.data()) SHA256_CTX); }

Sha256& Sha256::update(BytesView octets) {
    SHA256_Update(context(state_), octets.data(), octets.size());
    return *this;
}

Sha256Value Sha256::finish() {
    Sha256Value out;
    // Wipes what is left of the message in the state.
    SHA256_Final(out.data(), context(state_));
    return out;
}

Sha256Value sha256(std::initializer_list<BytesView> parts) {
    Sha256 hash;
    for (const BytesView part : parts) {
        hash.update(part);
    }
    return hash.finish();
}

Sha256Value hmac_sha256(BytesView key, std::initializer_list<BytesView> parts) {
    Hmac hmac(key);
    for (const BytesView part : parts) {
        hmac.message().update(part);
    }
    return hmac.finish();
}

void hkdf_sha256(BytesView input, BytesView salt, BytesView info, std::span<std::uint8_t> out) {
    Sha256Value block{};
    if (out.size() > 255 * block.size()) {
        std::abort();
    }
    Sha256Value key = hmac_sha256(salt, {input});
    std::size_t previous = 0;
    for (std::uint8_t counter = 1; !out.empty(); ++counter) {
        block = hmac_sha256(key, {BytesView(block).first(previous), info, {&counter, 1}});
        previous = block.size();
        const std::size_t take = std::min(out.size(), block.size());
        std::copy_n(block.begin(), take, out.begin());
        out = out.subspan(take);
    }
    wipe(key);
    wipe(block);
}

}  // namespace lapx::keys
