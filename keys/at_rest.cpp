#include "keys/at_rest.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "keys/domains.hpp"

namespace lapx::keys {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kKey = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kLength = 4;
constexpr std::array<std::uint8_t, kNonce> kPartNonce{};
static_assert(kAtRestSlot == kNonce + kKey + kTag);

std::array<std::uint8_t, 4> u32be(std::size_t value) {
    return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
            static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

std::size_t from_u32be(BytesView octets) {
    return std::size_t{octets[0]} << 24 | std::size_t{octets[1]} << 16 |
           std::size_t{octets[2]} << 8 | octets[3];
}

void encrypt(BytesView plain, BytesView associated, const std::uint8_t* nonce,
             const std::uint8_t* key, std::uint8_t* out) {
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, nullptr, plain.data(), plain.size(),
                                               associated.data(), associated.size(), nullptr, nonce,
                                               key);
}

bool decrypt(BytesView sealed, BytesView associated, const std::uint8_t* nonce,
             const std::uint8_t* key, std::uint8_t* out) {
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, nullptr, nullptr, sealed.data(),
                                                      sealed.size(), associated.data(),
                                                      associated.size(), nonce, key) == 0;
}

tl::unexpected<Error> broken() { return fail(Code::kDatabaseBroken, "sealed parts"); }

// Where the ciphertext of a part lies. Errors: kDatabaseBroken.
Result<BytesView> find_part(std::size_t count, BytesView data, std::size_t index) {
    if (data.size() < count * kLength) {
        return broken();
    }
    std::size_t begin = count * kLength;
    for (std::size_t i = 0; i < index; ++i) {
        begin += from_u32be(data.subspan(i * kLength)) + kTag;
    }
    const std::size_t size = from_u32be(data.subspan(index * kLength)) + kTag;
    if (begin > data.size() || size > data.size() - begin) {
        return broken();
    }
    return data.subspan(begin, size);
}

}  // namespace

SealedParts seal_parts(const MasterKey& master, std::span<const BytesView> parts, Random& random) {
    std::size_t total = 0;
    for (const BytesView part : parts) {
        total += kLength + part.size() + kTag;
    }
    SealedParts out{Bytes(parts.size() * kAtRestSlot), Bytes(total)};
    // One request for all nonces and keys; the keys are wrapped in place.
    random.fill(out.keys);
    std::uint8_t* const lengths = out.data.data();
    std::uint8_t* sealed = lengths + parts.size() * kLength;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        std::uint8_t* const nonce = out.keys.data() + i * kAtRestSlot;
        const std::span<std::uint8_t, kKey> key(nonce + kNonce, kKey);
        encrypt(parts[i], u32be(i), kPartNonce.data(), key.data(), sealed);
        encrypt(key, as_bytes(label::kAtRest), nonce, master.view().data(), key.data());
        const auto length = u32be(parts[i].size());
        std::copy(length.begin(), length.end(), lengths + i * kLength);
        sealed += parts[i].size() + kTag;
    }
    return out;
}

Result<Bytes> open_part(const MasterKey& master, BytesView keys, BytesView data,
                        std::size_t index) {
    if (index >= part_count(keys)) {
        return fail(Code::kNotFound, "part");
    }
    if (is_part_erased(keys, index)) {
        return fail(Code::kErased, "part");
    }
    if (keys.size() % kAtRestSlot != 0) {
        return broken();
    }
    LAPX_TRY_ASSIGN(const BytesView sealed, find_part(part_count(keys), data, index));
    const BytesView slot = keys.subspan(index * kAtRestSlot, kAtRestSlot);
    Wiped<kKey> key;
    if (!decrypt(slot.subspan(kNonce), as_bytes(label::kAtRest), slot.data(), master.view().data(),
                 key.bytes().data())) {
        return broken();
    }
    Bytes plain(sealed.size() - kTag);
    if (!decrypt(sealed, u32be(index), kPartNonce.data(), key.view().data(), plain.data())) {
        return broken();
    }
    return plain;
}

std::size_t part_count(BytesView keys) { return keys.size() / kAtRestSlot; }

bool is_part_erased(BytesView keys, std::size_t index) {
    if (index >= part_count(keys)) {
        return false;
    }
    const BytesView slot = keys.subspan(index * kAtRestSlot, kAtRestSlot);
    return std::all_of(slot.begin(), slot.end(), [](std::uint8_t octet) { return octet == 0; });
}

void erase_part(Bytes& keys, std::size_t index) {
    if (index < part_count(keys)) {
        wipe(std::span(keys).subspan(index * kAtRestSlot, kAtRestSlot));
    }
}

}  // namespace lapx::keys
