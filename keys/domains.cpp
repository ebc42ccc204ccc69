#include "keys/domains.hpp"

#include "keys/age_key.hpp"

namespace lapx::keys {
namespace {

std::array<std::uint8_t, 8> u64be(std::uint64_t value) {
    std::array<std::uint8_t, 8> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out.at(i) = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    }
    return out;
}

}  // namespace

ItemDigest item_digest(BytesView item) { return {sha256({as_bytes(label::kItem), item})}; }

Commitment commitment(std::string_view kind, const Salt& salt, BytesView data) {
    return {sha256({as_bytes(label::kCommit), as_bytes(kind), as_bytes("\n"), BytesView(salt),
                    u64be(data.size()), data})};
}

TextsDigest texts_digest(const Salt& salt, BytesView texts) {
    return {sha256({as_bytes(label::kTexts), BytesView(salt), texts})};
}

Sha256Value sample_digest(std::string_view seed, std::uint64_t size, std::uint64_t counter) {
    return sha256({as_bytes(label::kAuditSample), as_bytes(seed), u64be(size), u64be(counter)});
}

KeyFingerprint desk_key_fingerprint(const Recipient& desk_key) {
    return {sha256({as_bytes(label::kDeskKey), desk_key.bytes()})};
}

}  // namespace lapx::keys
