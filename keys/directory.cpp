#include "keys/directory.hpp"

#include <algorithm>
#include <array>

namespace lapx::keys {
namespace {

constexpr std::chrono::minutes kClockTolerance{10};

Result<std::vector<VerifierKey>> parse_keys(const std::vector<std::string>& vkeys) {
    std::vector<VerifierKey> out;
    out.reserve(vkeys.size());
    for (const std::string& vkey : vkeys) {
        LAPX_TRY_ASSIGN(VerifierKey key, VerifierKey::parse(vkey));
        out.push_back(std::move(key));
    }
    return out;
}

bool is_in_force(Time not_before, Time expires, Time now) {
    return not_before - kClockTolerance <= now && now < expires;
}

// Whether that key is among those whose signatures on the note verify.
bool is_signed_by(std::string_view note, const VerifierKey& key) {
    return open_note(note, {&key, 1}).has_value();
}

// A card is signed once, by its root; one that changes the root also by the root before
// (protocol.md 2). Any other line would make a fork of it out of nothing.
Result<void> check_signature_lines(std::string_view note, std::size_t wanted) {
    LAPX_TRY_ASSIGN(const SplitNote split, split_note(note));
    if (split.signatures.size() != wanted) {
        return fail(Code::kSignatureInvalid,
                    "more or fewer signature lines than the card must have");
    }
    return {};
}

// Whether `next` may follow another card of its agency. Errors: those of admit_card.
Result<void> check_succession(const OpenedCard& next, const OpenedCard& held) {
    if (next.card.agency != held.card.agency) {
        return fail(Code::kInvalidArgument, "a card of another agency");
    }
    if (next.card.serial < held.card.serial) {
        return fail(Code::kCardSerialLower, "a newer card is held");
    }
    if (next.card.serial == held.card.serial) {
        // A fork is something an agency did: others can neither sign one with a root of their own
        // nor make one of a good card by another signature line.
        if (!is_signed_by(next.note, held.root) || next.card == held.card) {
            return fail(Code::kSignatureInvalid, "not signed as the card that is held");
        }
        return fail(Code::kCardFork, "another card with this serial is held");
    }
    const bool follows = next.card.serial == held.card.serial + 1;
    const bool same_root = next.root == held.root;
    if (follows && next.card.previous != held.digest) {
        return fail(Code::kCardChainBroken, "the card does not follow the one that is held");
    }
    if (!same_root && !(follows && is_signed_by(next.note, held.root))) {
        return fail(Code::kCardChainBroken, "the root that is held did not sign the new root");
    }
    return check_signature_lines(next.note, same_root ? 1 : 2);
}

Result<void> check_not_revoked(const OpenedCard& card, std::span<const VerifierKey> revoked) {
    if (is_revoked(card.root, revoked)) {
        return fail(Code::kRevoked, "the root of the card is revoked");
    }
    for (const auto* keys : {&card.sign, &card.ledger, &card.witness}) {
        for (const VerifierKey& key : *keys) {
            if (is_revoked(key, revoked)) {
                return fail(Code::kKeyRevoked, "a key on the card is revoked");
            }
        }
    }
    return {};
}

// protocol.md 3.5: what two people compare, of a digest under this label.
std::string number_of(std::string_view label, std::string_view text) {
    const Sha256Value digest = sha256({as_bytes(label), as_bytes(text)});
    std::string out;
    for (std::size_t i = 0; i < digest.size(); i += 4) {
        std::uint32_t number = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            number = number << 8 | digest.at(i + k);
        }
        const std::string digits = std::to_string(number % 100000);
        out.append(i == 0 ? "" : " ").append(5 - digits.size(), '0').append(digits);
    }
    return out;
}

}  // namespace

Result<OpenedCard> open_card(std::string_view note) {
    LAPX_TRY_ASSIGN(const SplitNote split, split_note(note));
    LAPX_TRY_ASSIGN(schema::Card card, schema::parse_card(split.text));
    LAPX_TRY_ASSIGN(VerifierKey root, VerifierKey::parse(card.root));
    LAPX_TRY_ASSIGN(auto sign, parse_keys(card.sign));
    LAPX_TRY_ASSIGN(auto ledger, parse_keys(card.ledger));
    LAPX_TRY_ASSIGN(auto witness, parse_keys(card.witness));
    LAPX_TRY_ASSIGN(const Recipient node, Recipient::parse(card.node));
    if (!is_signed_by(note, root)) {
        return fail(Code::kSignatureInvalid, "the card is not signed by its root");
    }
    return OpenedCard{
        std::string(note), digest_of<CardDigest>(note), std::move(card),    std::move(root),
        std::move(sign),   std::move(ledger),           std::move(witness), node};
}

Result<OpenedNotice> open_notice(std::string_view note, const Agency& agency,
                                 std::span<const VerifierKey> sign) {
    LAPX_TRY_ASSIGN(const OpenedNote opened, open_note_signed_once(note, sign));
    LAPX_TRY_ASSIGN(schema::Notice notice, schema::parse_notice(opened.text));
    if (notice.agency != agency) {
        return fail(Code::kSignatureInvalid, "the notice is of another agency");
    }
    std::vector<CurvePublicKey> curve;
    for (const auto& octets : notice.curve) {
        LAPX_TRY_ASSIGN(const CurvePublicKey key, CurvePublicKey::from(octets));
        curve.push_back(key);
    }
    std::vector<Recipient> recipients;
    recipients.reserve(notice.desks.size());
    for (const schema::DeskBlock& desk : notice.desks) {
        LAPX_TRY_ASSIGN(const Recipient recipient, Recipient::parse(desk.recipient));
        recipients.push_back(recipient);
    }
    return OpenedNotice{std::string(note), digest_of<NoticeDigest>(note), std::move(notice),
                        std::move(curve), std::move(recipients)};
}

Result<OpenedRevocation> open_revocation(std::string_view note,
                                         std::span<const VerifierKey> roots) {
    LAPX_TRY_ASSIGN(const OpenedNote opened, open_note_signed_once(note, roots));
    LAPX_TRY_ASSIGN(schema::Revocation revocation, schema::parse_revocation(opened.text));
    LAPX_TRY_ASSIGN(VerifierKey key, VerifierKey::parse(revocation.key));
    const std::string prefix = revocation.agency.text() + "/";
    if (std::none_of(opened.signers.begin(), opened.signers.end(),
                     [&](const std::string& signer) { return signer.starts_with(prefix); })) {
        return fail(Code::kSignatureInvalid, "the revocation is of another agency");
    }
    return OpenedRevocation{std::string(note), digest_of<RevocationDigest>(note),
                            std::move(revocation), std::move(key)};
}

bool is_revoked(const VerifierKey& key, std::span<const VerifierKey> revoked) {
    const auto agency_of = [](const VerifierKey& of) {
        return std::string_view(of.name).substr(0, of.name.find('/'));
    };
    return std::any_of(revoked.begin(), revoked.end(), [&](const VerifierKey& other) {
        return other.key == key.key && agency_of(other) == agency_of(key);
    });
}

std::vector<VerifierKey> without_revoked(std::span<const VerifierKey> keys,
                                         std::span<const VerifierKey> revoked) {
    std::vector<VerifierKey> out;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(out),
                 [&](const VerifierKey& key) { return !is_revoked(key, revoked); });
    return out;
}

bool is_in_force(const schema::Card& card, Time now) {
    return is_in_force(card.not_before, card.expires, now);
}

bool is_in_force(const schema::Notice& notice, Time now) {
    return is_in_force(notice.not_before, notice.expires, now);
}

Result<CardAdmission> admit_card(std::string_view note, const OpenedCard* held,
                                 std::span<const VerifierKey> revoked, Time now) {
    if (held != nullptr && held->note == note) {
        return CardAdmission{Admission::kSame, *held};
    }
    LAPX_TRY_ASSIGN(OpenedCard card, open_card(note));
    if (held != nullptr) {
        // Whoever has a revoked root could sign himself a successor.
        if (is_revoked(held->root, revoked)) {
            return fail(Code::kRevoked, "the root that is held is revoked");
        }
        LAPX_TRY(check_succession(card, *held));
    } else {
        LAPX_TRY(check_signature_lines(note, 1));
    }
    LAPX_TRY(check_not_revoked(card, revoked));
    if (!is_in_force(card.card, now)) {
        return fail(now < card.card.expires ? Code::kCardNotYetValid : Code::kCardExpired);
    }
    return CardAdmission{held == nullptr ? Admission::kFirst : Admission::kNewer, std::move(card)};
}

Result<NoticeAdmission> admit_notice(std::string_view note, const OpenedCard& card,
                                     const OpenedNotice* held, std::span<const VerifierKey> revoked,
                                     Time now) {
    LAPX_TRY_ASSIGN(OpenedNotice notice,
                    open_notice(note, card.card.agency, without_revoked(card.sign, revoked)));
    if (held != nullptr && held->notice == notice.notice) {
        // The same words, perhaps under another signature: that of a sign key which came later.
        return NoticeAdmission{Admission::kSame, std::move(notice)};
    }
    if (held != nullptr && notice.notice.serial < held->notice.serial) {
        return fail(Code::kNoticeSerialLower, "a newer notice is held");
    }
    if (held != nullptr && notice.notice.serial == held->notice.serial) {
        return fail(Code::kNoticeFork, "another notice with this serial is held");
    }
    if (!is_in_force(notice.notice, now)) {
        return fail(now < notice.notice.expires ? Code::kNoticeNotYetValid : Code::kNoticeExpired);
    }
    return NoticeAdmission{held == nullptr ? Admission::kFirst : Admission::kNewer,
                           std::move(notice)};
}

std::string safety_number(const VerifierKey& root) { return safety_number(root.text()); }

std::string safety_number(std::string_view root_vkey) {
    return number_of(label::kSafetyNumber, root_vkey);
}

std::string roster_number(std::string_view text) { return number_of(label::kRosterNumber, text); }

bool same_safety_number(std::string_view copy, std::string_view number) {
    const auto digits = [](std::string_view text) {
        std::string out;
        std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                     [](char c) { return c != ' ' && c != '-'; });
        return out;
    };
    constexpr std::size_t kDigits = 40;
    const std::string wanted = digits(number);
    return wanted.size() == kDigits && digits(copy) == wanted;
}

}  // namespace lapx::keys
