#pragma once
// Covers and envelopes, and their inverse (protocol.md 4.5, 7).
//
//     auto covered = sealing::cover(std::move(disclosed), order, sign_key);   // then the ledger
//     takes covered.digest() auto sealed  = sealing::seal(covered, proof, consistency, recipient,
//     random);
//
//     auto unsealed = sealing::unseal(octets, desk, identities);              // 7.4 steps 1 and 2
//     auto refusal  = sealing::check_signature(*unsealed, vkeys);             // step 5
//     auto opened   = sealing::open(*unsealed);                               // steps 8 and 10

#include <span>
#include <string>
#include <string_view>

#include "daemon/model/disclosed.hpp"
#include "daemon/model/sealed.hpp"
#include "keys/age.hpp"
#include "keys/note.hpp"
#include "schema/base/random.hpp"
#include "schema/notes/move.hpp"

namespace lapx::sealing {

// What a cover says beside its view.
struct CoverOrder {
    Desk from;
    KeyFingerprint key;
    MessageId message;
    Time created;
    Time expires;
};

model::Covered cover(model::Disclosed disclosed, const CoverOrder& order, std::string_view key_name,
                     const keys::SigningKey& sign_key);
// A move has no words but fixed ones, so that nothing of it needs a decision.
model::Covered cover(const schema::MoveBody& body, const Desk& to, const ReferralId& case_id,
                     const CoverOrder& order, std::string_view key_name,
                     const keys::SigningKey& sign_key);

// Errors: kTooLarge.
Result<model::Sealed> seal(const model::Covered& covered, std::string_view sent_proof,
                           std::string_view consistency, const keys::Recipient& recipient,
                           Random& random);

// Errors: kParcelUnreadable, kParcelMalformed, kNotAddressedHere.
Result<model::Unsealed> unseal(BytesView octets, const Desk& desk, const keys::Identity& identity);

// Whether one of these `sign` keys signed the cover. Errors: kSignatureInvalid.
Result<void> check_signature(const model::Unsealed& unsealed,
                             std::span<const keys::VerifierKey> sign_keys);

// Takes `unsealed` over on success and leaves it alone otherwise. Errors: kManifestMismatch,
// kItemMismatch, kExhibitMismatch, kItemMalformed, kParcelMalformed.
Result<model::Opened> open(model::Unsealed& unsealed);

// The same for a move. Errors: kParcelMalformed.
Result<schema::MoveBody> open_move(const model::Unsealed& unsealed);

}  // namespace lapx::sealing
