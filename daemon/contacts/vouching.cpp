// Agencies that others vouch for (protocol.md 3.9).

#include <algorithm>

#include "daemon/contacts/contacts.hpp"

namespace lapx::contacts {
namespace {

using schema::TrustState;

// Verified members of the enforcement sector, beside the agency itself.
constexpr std::ptrdiff_t kEnough = 2;
constexpr std::chrono::minutes kClockTolerance{10};

Result<schema::Vouch> parsed(std::string_view note) {
    LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(note));
    return schema::parse_vouch(split.text);
}

}  // namespace

Result<void> Contacts::load_vouches() {
    LAPX_TRY_ASSIGN(auto rows, database_.query("SELECT note FROM voucher"));
    LAPX_TRY_ASSIGN(vouches_, store::all(std::move(rows), [](const store::Statement& row) {
                        return parsed(as_text(row.blob(0)));
                    }));
    return {};
}

bool Contacts::counts(const schema::Vouch& vouch, const Contact& of, Time now) const {
    const Contact* from = find(vouch.from);
    return vouch.agency == of.agency() && vouch.root == of.card.card.root && now < vouch.expires &&
           from != nullptr && from->state == TrustState::kVerified &&
           from->card.card.sector == schema::Sector::kEnforcement;
}

bool Contacts::is_vouched_for(const Contact& contact, Time now) const {
    return std::count_if(vouches_.begin(), vouches_.end(), [&](const schema::Vouch& vouch) {
               return counts(vouch, contact, now);
           }) >= kEnough;
}

Result<Contacts::Changes> Contacts::vouch(std::string_view vouch_note, Time now) {
    LAPX_TRY_ASSIGN(schema::Vouch vouch, parsed(vouch_note));
    LAPX_TRY_ASSIGN(const Contact* from, known(vouch.from));
    LAPX_TRY_ASSIGN(const Contact* contact, known(vouch.agency));
    if (from->state != TrustState::kVerified) {
        return fail(Code::kNotVerified, vouch.from.text() + " is not verified");
    }
    LAPX_TRY(keys::open_note_signed_once(vouch_note, from->sign_keys));
    if (vouch.root != contact->card.card.root) {
        return fail(Code::kKeyInvalid, "its card has another root");
    }
    if (now >= vouch.expires) {
        return fail(Code::kExpired, "nobody vouches any more");
    }
    if (vouch.created - kClockTolerance > now) {
        return fail(Code::kClock, "created " + to_string(vouch.created));
    }
    LAPX_TRY(
        database_.run("INSERT INTO voucher(agency, voucher, note) VALUES(?, ?, ?) "
                      "ON CONFLICT(agency, voucher) DO UPDATE SET note = excluded.note",
                      std::string_view(vouch.agency.text()), std::string_view(vouch.from.text()),
                      as_bytes(vouch_note)));
    std::erase_if(vouches_, [&](const schema::Vouch& other) {
        return other.from == vouch.from && other.agency == vouch.agency;
    });
    vouches_.push_back(std::move(vouch));
    return settle_vouched(now);
}

Result<Contacts::Changes> Contacts::settle_vouched(Time now) {
    Changes changes;
    for (auto& [name, contact] : contacts_) {
        const bool vouched_for = is_vouched_for(contact, now);
        const bool rises = contact.state == TrustState::kStranger && vouched_for;
        const bool falls = contact.state == TrustState::kVouched && !vouched_for;
        if (!rises && !falls) {
            continue;
        }
        // As for one that a person verifies.
        if (rises && contact.notice && !check_connection_key(contact.agency(), *contact.notice)) {
            continue;
        }
        LAPX_TRY_ASSIGN(
            const Changes change,
            set_state(contact, rises ? TrustState::kVouched : TrustState::kStranger, "vouch", now));
        changes.insert(changes.end(), change.begin(), change.end());
    }
    return changes;
}

}  // namespace lapx::contacts
