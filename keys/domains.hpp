#pragma once
// The one table of labels (protocol.md 1.3) and the digests that begin with them. Nothing in lapx
// hashes, signs or derives under a label that is not here.

#include <array>
#include <cstdint>
#include <string_view>

#include "keys/hash.hpp"
#include "schema/base/id.hpp"

namespace lapx::keys {

class Recipient;

namespace label {
inline constexpr std::string_view kItem = "lapx/item@v1\n";                   // 4.2
inline constexpr std::string_view kCommit = "lapx/commit@v1\n";               // 6.2
inline constexpr std::string_view kTexts = "lapx/texts@v1\n";                 // 6.5
inline constexpr std::string_view kSafetyNumber = "lapx/safety-number@v1\n";  // 3.5
inline constexpr std::string_view kRosterNumber = "lapx/roster-number@v1\n";  // 3.10
inline constexpr std::string_view kDeskKey = "lapx/desk-key@v1\n";            // 4.5
inline constexpr std::string_view kAuditSample = "lapx/audit-sample@v1\n";    // 9.1
inline constexpr std::string_view kAtRest = "lapx/at-rest@v1\n";              // keys/at_rest
inline constexpr std::string_view kKeyring = "lapx/keyring@v1\n";             // keys/keyring
}  // namespace label

using Salt = std::array<std::uint8_t, 32>;

// protocol.md 4.2, over the item's octets.
ItemDigest item_digest(BytesView item);
// protocol.md 6.2. `kind` is the entry's kind, e.g. "sent".
Commitment commitment(std::string_view kind, const Salt& salt, BytesView data);
// protocol.md 6.5, over the texts kept apart from a decided record.
TextsDigest texts_digest(const Salt& salt, BytesView texts);
// protocol.md 4.5: which key of the desk a cover was made for.
KeyFingerprint desk_key_fingerprint(const Recipient& desk_key);

// protocol.md 9.1: what an auditor's seed draws, the counter-th time.
Sha256Value sample_digest(std::string_view seed, std::uint64_t size, std::uint64_t counter);

// The plain SHA-256 of exact octets: of a whole note (CardDigest, NoticeDigest, CoverDigest), a
// text (ManifestDigest, ViewDigest) or content (ContentDigest).
template <typename D>
D digest_of(BytesView octets) {
    return D{sha256(octets)};
}
template <typename D>
D digest_of(std::string_view text) {
    return D{sha256(as_bytes(text))};
}

}  // namespace lapx::keys
