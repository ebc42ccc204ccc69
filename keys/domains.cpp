#include "keys/domains.hpp"

#include "keys/age_key.hpp"

namespace lapx::keys {

ItemDigest item_digest(BytesView item) { return {sha256({as_bytes(label::kItem), item})}; }

Commitment commitment(std::string_view kind, const Salt& salt, BytesView data) {
    std::array<std::uint8_t, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
        length.at(i) = static_cast<std::uint8_t>(std::uint64_t{data.size()} >> (56 - 8 * i));
    }
    return {sha256(
        {as_bytes(label::kCommit), as_bytes(kind), as_bytes("\n"), BytesView(salt), length, data})};
}

TextsDigest texts_digest(const Salt& salt, BytesView texts) {
    return {sha256({as_bytes(label::kTexts), BytesView(salt), texts})};
}

KeyFingerprint desk_key_fingerprint(const Recipient& desk_key) {
    return {sha256({as_bytes(label::kDeskKey), desk_key.bytes()})};
}

}  // namespace lapx::keys
