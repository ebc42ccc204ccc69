#pragma once
// The directory of other agencies: cards, notices, trust (protocol.md 3.4–3.7). Owns the tables
// `contact`, `card_history`, `revocation` and `voucher`; keys/directory decides what is admitted.
// Held in memory too, for every message asks it.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/addressee.hpp"
#include "daemon/store/database.hpp"
#include "keys/directory.hpp"
#include "schema/notes/records.hpp"

namespace lapx::contacts {

struct Contact {
    schema::TrustState state;
    Time state_at;
    std::string state_by;  // operator id, "card" or "node"
    keys::OpenedCard card;
    std::optional<keys::OpenedNotice> notice;
    std::uint64_t cosigned_size = 0;  // of the largest of our checkpoints that they cosigned
    std::vector<keys::VerifierKey> sign_keys;    // of the card, without revoked ones
    std::vector<keys::VerifierKey> ledger_keys;  // likewise

    const Agency& agency() const { return card.card.agency; }
    std::string safety_number() const { return keys::safety_number(card.root); }
    // Whether anything may be sealed to them, or accepted from them.
    bool is_trusted() const;
};

class Contacts {
  public:
    explicit Contacts(store::Database& database) : database_(database) {}
    // Reads everything anew: at start, and after a transaction that did not come about.
    Result<void> load();

    // Null if there is no such agency.
    const Contact* find(const Agency& agency) const;
    // Nor if nobody verified or vouched for it.
    const Contact* trusted(const Agency& agency) const;
    const std::map<std::string, Contact>& all() const { return contacts_; }

    // What changed, as records for `card` entries of the ledger; empty if nothing did. All within
    // the caller's transaction.
    using Changes = std::vector<schema::AdmittedRecord>;
    // What of a card and its notice, which may be empty, would be admitted. Errors: those of admit.
    struct Papers {
        keys::CardAdmission card;
        std::optional<keys::NoticeAdmission> notice;
    };
    Result<Papers> examine(const Agency& self, std::string_view card_note,
                           std::string_view notice_note, Time now) const;
    // A card and its notice, which may be empty. Errors: those of keys/directory; kInvalidArgument
    // for our own card; kKeyInvalid for a connection key that another, trusted agency has shown.
    Result<Changes> admit(const Agency& self, std::string_view card_note,
                          std::string_view notice_note, Time now);
    // What one that is verified says of another that is known. Errors: kUnknownAgency of either;
    // kNotVerified of who says it; kNoteMalformed, kSignatureInvalid; kKeyInvalid for another root
    // than that of the card; kExpired, kClock.
    Result<Changes> vouch(std::string_view vouch_note, Time now);
    // Strangers for whom enough vouch become vouched, and those for whom not enough do any more
    // strangers.
    Result<Changes> settle_vouched(Time now);
    // Errors: kUnknownAgency; those of keys/directory.
    Result<Changes> revoke(std::string_view revocation_note, Time now);
    // One of our own keys. Errors: those of keys/directory.
    Result<Changes> revoke_own(std::string_view revocation_note, const keys::VerifierKey& root);
    // Keys of anybody, ours too.
    std::span<const keys::VerifierKey> revoked() const { return revoked_; }
    // Errors: kUnknownAgency, kSafetyNumberMismatch, kRevoked; kKeyRevoked if the card has no key
    // left to sign or log with; kKeyInvalid as with admit().
    Result<Changes> verify(const Agency& agency, std::string_view safety_number,
                           std::string_view by, Time now);
    // Errors: kUnknownAgency, kRevoked.
    Result<Changes> suspend(const Agency& agency, std::string_view by, Time now);
    // Errors: kUnknownAgency; kRevoked, for that has to be remembered.
    Result<void> remove(const Agency& agency);
    Result<void> set_cosigned(const Agency& agency, std::uint64_t size);
    // It may hold our checkpoint of that size, which it did not cosign yet.
    Result<void> add_shown(const Agency& agency, std::uint64_t size);
    // The last of those, newest first; at most kMaxLinks.
    Result<std::vector<std::uint64_t>> shown(const Agency& agency) const;

    // `agency` said who it is over a connection with that key: where its notice names the key, the
    // key is its own from now on, whoever else publishes it (protocol.md 8.2). True if that was not
    // known.
    bool show_key(const Agency& agency, const keys::CurvePublicKey& key);
    // Whose it is. Null if nobody has shown it, or its owner's notice names it no more.
    const Contact* shown_by(const keys::CurvePublicKey& key) const;
    // Who publishes a connection key; never empty. Who has shown it comes first, then who is
    // trusted.
    struct Claims {
        std::vector<const Contact*> by;
        bool shown = false;
    };
    // Of those with a notice in force that are neither suspended nor revoked; without a time, with
    // any notice.
    std::map<keys::CurvePublicKey, Claims> connection_keys(std::optional<Time> now) const;

    // The desk's key, if anything may be sealed to it now. Errors: kUnknownAgency, kNotVerified,
    // kSuspended, kRevoked, kCardExpired, kNoticeExpired, kUnknownDesk.
    Result<keys::Recipient> recipient(const Desk& desk, Time now) const;

    // What a policy may ask about it. Errors: kUnknownAgency.
    Result<model::Addressee> addressee(const Desk& desk) const;

  private:
    Result<Contact*> known(const Agency& agency);
    // Nothing if it is kept already.
    Result<std::optional<keys::OpenedRevocation>> keep_revocation(std::string_view note,
                                                                  const keys::VerifierKey& root);
    Result<void> forget_shown(const Agency& agency, std::uint64_t below);
    Result<void> load_vouches();
    bool counts(const schema::Vouch& vouch, const Contact& of, Time now) const;
    bool is_vouched_for(const Contact& contact, Time now) const;
    Result<void> check_connection_key(const Agency& of, const keys::OpenedNotice& notice) const;
    Result<Changes> set_state(Contact& contact, schema::TrustState state, std::string_view by,
                              Time now);
    Result<void> store(const Contact& contact);
    Result<void> load_contacts();
    void drop_revoked(Contact& contact) const;

    store::Database& database_;
    std::map<std::string, Contact> contacts_;
    std::vector<keys::VerifierKey> revoked_;
    std::vector<schema::Vouch> vouches_;
    // Of connections: a round that fails takes none of it back.
    std::map<keys::CurvePublicKey, Agency> shown_keys_;
};

}  // namespace lapx::contacts
