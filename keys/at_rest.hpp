#pragma once
// Encryption of what the database holds. Each part (an item, a record's texts, a salt) has a random
// key of its own, wrapped by the master key in a slot of its own: to erase a part is to zero its
// slot, wherever the ciphertext was copied.
//
//     keys: one slot for each part: nonce 24 ‖ wrapped key 32 ‖ tag 16, or 72 zero octets
//     data: u32be length of each part, then the ciphertexts: each its part and a tag of 16
//
// XChaCha20-Poly1305 throughout. A slot's associated data is the label lapx/at-rest@v1; a part's is
// its index (u32be) and its nonce is zero, for its key is used once.

#include <cstdint>
#include <span>

#include "keys/secret.hpp"

namespace lapx::keys {

class MasterKey {
  public:
    explicit MasterKey(Secret<32> key) : key_(std::move(key)) {}
    static MasterKey generate(Random& random) { return MasterKey(Secret<32>::generate(random)); }
    std::span<const std::uint8_t, 32> view() const { return key_.view(); }

  private:
    Secret<32> key_;
};

inline constexpr std::size_t kAtRestSlot = 72;

struct SealedParts {
    Bytes keys;
    Bytes data;
};

// Each part is below 4 GiB.
SealedParts seal_parts(const MasterKey& master, std::span<const BytesView> parts, Random& random);
// Errors: kNotFound for an index that is not there, kErased, kDatabaseBroken if the octets are not
// what seal_parts made.
Result<Bytes> open_part(const MasterKey& master, BytesView keys, BytesView data, std::size_t index);
// How many parts there are, erased ones included.
std::size_t part_count(BytesView keys);
bool is_part_erased(BytesView keys, std::size_t index);
// For good. Nothing happens where there is no such part.
void erase_part(Bytes& keys, std::size_t index);

}  // namespace lapx::keys
