#pragma once
// The directory of other agencies: cards, notices, trust (protocol.md 3.4–3.7). Owns the tables `contact`, `card_history` and
// `revocation`; keys/directory decides what is admitted. Held in memory too, for every message asks it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/database.hpp"
#include "keys/age_key.hpp"
#include "keys/note.hpp"
#include "schema/notes/card.hpp"
#include "schema/notes/records.hpp"

namespace lapx::contacts {

struct Contact {
    schema::TrustState state;
    Time state_at;
    std::string state_by;  // operator id, or "card" where the card itself changed it
    schema::Card card;
    std::string card_note;
    std::optional<schema::Notice> notice;
    std::string notice_note;
    std::uint64_t cosigned_size = 0;  // of the largest of our checkpoints that they cosigned
    std::vector<keys::VerifierKey> sign_keys;
    std::vector<keys::VerifierKey> ledger_keys;
    keys::VerifierKey witness_key;

    const Agency& agency() const { return card.agency; }
    std::string safety_number() const;
    // Whether anything may be sealed to them, or accepted from them.
    bool is_trusted() const;
};

class Contacts {
  public:
    explicit Contacts(store::Database& database) : database_(database) {}
    // Reads everything anew: at start, and after a transaction that did not come about.
    Result<void> load();

    const Contact* find(const Agency& agency) const;
    const std::map<std::string, Contact>& all() const { return contacts_; }

    // What changed, as records for `card` entries of the ledger; empty if nothing did.
    using Changes = std::vector<schema::AdmittedRecord>;
    // A card and its notice; the notice may be empty. Errors: those of keys/directory; kInvalidArgument for our own card.
    Result<Changes> admit(const Agency& self, std::string_view card_note, std::string_view notice_note, Time now);
    Result<Changes> revoke(std::string_view revocation_note, Time now);
    // Errors: kUnknownAgency, kSafetyNumberMismatch, kRevoked.
    Result<Changes> verify(const Agency& agency, std::string_view safety_number, std::string_view by, Time now);
    Result<Changes> suspend(const Agency& agency, std::string_view by, Time now);
    Result<void> remove(const Agency& agency);
    Result<void> set_cosigned(const Agency& agency, std::uint64_t size);

    // The desk's key, if anything may be sealed to it now. Errors: kUnknownAgency, kNotVerified, kSuspended, kRevoked, kCardExpired,
    // kNoticeExpired, kUnknownDesk.
    Result<keys::Recipient> recipient(const Desk& desk, Time now) const;

  private:
    Result<Changes> set_state(Contact& contact, schema::TrustState state, std::string_view by, Time now);
    Result<std::vector<keys::VerifierKey>> revoked_keys() const;

    store::Database& database_;
    std::map<std::string, Contact> contacts_;
    std::vector<std::string> revoked_;  // vkeys
};

}  // namespace lapx::contacts
