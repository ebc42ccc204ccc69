#pragma once
// Who is who: what makes a card, notice or revocation good, and which of two replaces the other
// (protocol.md 3). Decisions only: nothing is stored here and no clock is read.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "keys/age_key.hpp"
#include "keys/curve.hpp"
#include "keys/domains.hpp"
#include "keys/note.hpp"
#include "schema/notes/card.hpp"

namespace lapx::keys {

// A card whose text, keys and root signature are good; nothing is said of its time.
struct OpenedCard {
    std::string note;
    CardDigest digest;
    schema::Card card;
    VerifierKey root;
    std::vector<VerifierKey> sign;     // the first signs
    std::vector<VerifierKey> ledger;   // the first is the log in use
    std::vector<VerifierKey> witness;  // the first cosigns
    Recipient node;
};
// Errors: kNoteMalformed, kKeyInvalid, kSignatureInvalid.
Result<OpenedCard> open_card(std::string_view note);

// A notice whose text, keys and signature are good.
struct OpenedNotice {
    std::string note;
    NoticeDigest digest;
    schema::Notice notice;
    std::vector<CurvePublicKey> curve;
    std::vector<Recipient> recipients;  // as the notice's desks
};
// Signed by one of `sign`, the keys of its agency's card. Errors: kNoteMalformed, kKeyInvalid,
// kSignatureInvalid.
Result<OpenedNotice> open_notice(std::string_view note, const Agency& agency,
                                 std::span<const VerifierKey> sign);

struct OpenedRevocation {
    std::string note;
    RevocationDigest digest;
    schema::Revocation revocation;
    VerifierKey key;  // final on sight: never trusted again
};
// Signed by one of `roots`: that of the agency's card, and earlier ones that are known. Errors:
// kNoteMalformed, kKeyInvalid, kSignatureInvalid.
Result<OpenedRevocation> open_revocation(std::string_view note, std::span<const VerifierKey> roots);

// Whatever its agency calls the key: it is the public key that is revoked, and only there; nobody
// revokes a key of somebody else by giving it a name.
bool is_revoked(const VerifierKey& key, std::span<const VerifierKey> revoked);
// Those not revoked, in order.
std::vector<VerifierKey> without_revoked(std::span<const VerifierKey> keys,
                                         std::span<const VerifierKey> revoked);

// not-before − 10 min ≤ now < expires.
bool is_in_force(const schema::Card& card, Time now);
bool is_in_force(const schema::Notice& notice, Time now);

// How what was admitted stands to what is held.
enum class Admission : std::uint8_t { kFirst, kSame, kNewer };
struct CardAdmission {
    Admission admission;
    OpenedCard card;
};
struct NoticeAdmission {
    Admission admission;
    OpenedNotice notice;
};

// protocol.md 3.4. `held` is null where no card of the agency is held; else a card of the same
// agency. What is held already is kSame whatever its time. Errors, in the order in which they are
// looked for: those of open_card; kRevoked if the held root is; kCardSerialLower; kCardFork for
// other words under the held root (keep both notes); kCardChainBroken; kSignatureInvalid for
// signature lines that should not be; kRevoked for the root on the card, kKeyRevoked for another
// key on it; kCardNotYetValid; kCardExpired.
Result<CardAdmission> admit_card(std::string_view note, const OpenedCard* held,
                                 std::span<const VerifierKey> revoked, Time now);
// Likewise for a notice of the agency of `card`; the same words as those held are kSame, with the
// signature that came. Errors:
// those of open_notice, where revoked sign keys count as unknown; kNoticeSerialLower; kNoticeFork
// (keep both notes); kNoticeNotYetValid; kNoticeExpired.
Result<NoticeAdmission> admit_notice(std::string_view note, const OpenedCard& card,
                                     const OpenedNotice* held, std::span<const VerifierKey> revoked,
                                     Time now);

// protocol.md 3.5: "01234 56789 …", eight groups.
std::string safety_number(const VerifierKey& root);
// The same of a root that is only text yet.
std::string safety_number(std::string_view root_vkey);
// protocol.md 3.10, in the same form: of a roster's text, without its signature.
std::string roster_number(std::string_view text);
// Whether a person's copy is the number. Spaces and '-' are passed over.
bool same_safety_number(std::string_view copy, std::string_view number);

}  // namespace lapx::keys
