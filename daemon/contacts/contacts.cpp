#include "daemon/contacts/contacts.hpp"

#include <algorithm>
#include <limits>

namespace lapx::contacts {
namespace {

using schema::TrustState;

std::int64_t seconds(Time time) { return time.time_since_epoch().count(); }

// The notice, if a key on the agency's card signed it that is not revoked; one that a newer card
// disowns, or that may be a thief's, counts as none until the agency sends another.
std::optional<keys::OpenedNotice> signed_notice(std::string_view note, const Contact& contact) {
    auto notice = keys::open_notice(note, contact.agency(), contact.sign_keys);
    return notice ? std::optional(std::move(*notice)) : std::nullopt;
}

std::optional<keys::OpenedNotice> still_signed(const Contact& contact) {
    return contact.notice ? signed_notice(contact.notice->note, contact) : std::nullopt;
}

}  // namespace

bool Contact::is_trusted() const {
    return state == TrustState::kVerified || state == TrustState::kVouched;
}

Result<void> Contacts::load() {
    contacts_.clear();
    LAPX_TRY_ASSIGN(auto rows, database_.query("SELECT vkey FROM revocation"));
    LAPX_TRY_ASSIGN(revoked_, store::all(std::move(rows), [](const store::Statement& row) {
                        return keys::VerifierKey::parse(row.text(0));
                    }));
    LAPX_TRY(load_contacts());
    return load_vouches();
}

Result<void> Contacts::load_contacts() {
    LAPX_TRY_ASSIGN(
        auto rows,
        database_.query(
            "SELECT state, state_at, state_by, card, notice, cosigned_size FROM contact"));
    return store::for_each(rows, [this](const store::Statement& row) -> Result<void> {
        LAPX_TRY_ASSIGN(keys::OpenedCard card, keys::open_card(as_text(row.blob(3))));
        Contact contact{.state = static_cast<TrustState>(row.integer(0)),
                        .state_at = Time{std::chrono::seconds{row.integer(1)}},
                        .state_by = std::string(row.text(2)),
                        .card = std::move(card),
                        .notice = {},
                        .cosigned_size = static_cast<std::uint64_t>(row.integer(5)),
                        .sign_keys = {},
                        .ledger_keys = {}};
        drop_revoked(contact);
        if (!row.is_null(4)) {
            contact.notice = signed_notice(as_text(row.blob(4)), contact);
        }
        const std::string name = contact.agency().text();
        contacts_.emplace(name, std::move(contact));
        return {};
    });
}

void Contacts::drop_revoked(Contact& contact) const {
    contact.sign_keys = keys::without_revoked(contact.card.sign, revoked_);
    contact.ledger_keys = keys::without_revoked(contact.card.ledger, revoked_);
}

const Contact* Contacts::find(const Agency& agency) const {
    const auto found = contacts_.find(agency.text());
    return found == contacts_.end() ? nullptr : &found->second;
}

const Contact* Contacts::trusted(const Agency& agency) const {
    const Contact* found = find(agency);
    return found != nullptr && found->is_trusted() ? found : nullptr;
}

Result<Contact*> Contacts::known(const Agency& agency) {
    const auto found = contacts_.find(agency.text());
    if (found == contacts_.end()) {
        return fail(Code::kUnknownAgency, agency.text());
    }
    return &found->second;
}

Result<void> Contacts::store(const Contact& contact) {
    const std::optional<BytesView> notice =
        contact.notice ? std::optional(as_bytes(contact.notice->note)) : std::nullopt;
    return database_.run(
        "INSERT INTO contact(agency, state, state_at, state_by, card, notice, cosigned_size) "
        "VALUES(?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(agency) DO UPDATE SET state = excluded.state, state_at = excluded.state_at, "
        "state_by = excluded.state_by, card = excluded.card, notice = excluded.notice",
        std::string_view(contact.agency().text()), static_cast<int>(contact.state),
        seconds(contact.state_at), std::string_view(contact.state_by), as_bytes(contact.card.note),
        notice, contact.cosigned_size);
}

Result<Contacts::Papers> Contacts::examine(const Agency& self, std::string_view card_note,
                                           std::string_view notice_note, Time now) const {
    LAPX_TRY_ASSIGN(const keys::OpenedCard came, keys::open_card(card_note));
    if (came.card.agency == self) {
        return fail(Code::kInvalidArgument, "this is our own card");
    }
    const auto held = contacts_.find(came.card.agency.text());
    const bool is_known = held != contacts_.end();
    LAPX_TRY_ASSIGN(
        keys::CardAdmission card,
        keys::admit_card(card_note, is_known ? &held->second.card : nullptr, revoked_, now));
    std::optional<keys::NoticeAdmission> notice;
    if (!notice_note.empty()) {
        const bool has_notice = is_known && held->second.notice;
        LAPX_TRY_ASSIGN(notice, keys::admit_notice(notice_note, card.card,
                                                   has_notice ? &*held->second.notice : nullptr,
                                                   revoked_, now));
        LAPX_TRY(check_connection_key(came.card.agency, notice->notice));
    }
    return Papers{std::move(card), std::move(notice)};
}

Result<Contacts::Changes> Contacts::admit(const Agency& self, std::string_view card_note,
                                          std::string_view notice_note, Time now) {
    LAPX_TRY_ASSIGN(Papers papers, examine(self, card_note, notice_note, now));
    auto& [card, notice] = papers;
    const Agency agency = card.card.card.agency;
    const auto held = contacts_.find(agency.text());
    const bool is_known = held != contacts_.end();
    Contact contact = is_known ? held->second
                               : Contact{.state = TrustState::kStranger,
                                         .state_at = now,
                                         .state_by = "card",
                                         .card = card.card,
                                         .notice = {},
                                         .sign_keys = {},
                                         .ledger_keys = {}};
    Changes changes;
    if (card.admission != keys::Admission::kSame) {
        // Another root is another identity until somebody compared its safety number.
        if (contact.is_trusted() && contact.card.root != card.card.root) {
            contact.state = TrustState::kStranger;
            contact.state_at = now;
            contact.state_by = "card";
            changes.push_back({schema::TrustChange{agency, contact.state}});
        }
        changes.push_back({card.card.digest});
        contact.card = std::move(card.card);
        LAPX_TRY(
            database_.run("INSERT INTO card_history(agency, digest, note, admitted) VALUES(?, ?, "
                          "?, ?) ON CONFLICT DO NOTHING",
                          std::string_view(contact.agency().text()), contact.card.digest.view(),
                          as_bytes(contact.card.note), seconds(now)));
    }
    if (notice && notice->admission != keys::Admission::kSame) {
        changes.push_back({notice->notice.digest});
    }
    if (!changes.empty()) {
        drop_revoked(contact);
        if (notice) {
            contact.notice = std::move(notice->notice);
        } else {
            contact.notice = still_signed(contact);
        }
        LAPX_TRY(store(contact));
        contacts_.insert_or_assign(agency.text(), std::move(contact));
    }
    return changes;
}

Result<std::optional<keys::OpenedRevocation>> Contacts::keep_revocation(
    std::string_view note, const keys::VerifierKey& root) {
    LAPX_TRY_ASSIGN(keys::OpenedRevocation opened, keys::open_revocation(note, {&root, 1}));
    if (keys::is_revoked(opened.key, revoked_)) {
        return std::optional<keys::OpenedRevocation>{};
    }
    LAPX_TRY(database_.run("INSERT INTO revocation(vkey, agency, note) VALUES(?, ?, ?)",
                           std::string_view(opened.key.text()),
                           std::string_view(opened.revocation.agency.text()), as_bytes(note)));
    revoked_.push_back(opened.key);
    return std::optional(std::move(opened));
}

Result<Contacts::Changes> Contacts::revoke_own(std::string_view revocation_note,
                                               const keys::VerifierKey& root) {
    LAPX_TRY_ASSIGN(const auto revocation, keep_revocation(revocation_note, root));
    return revocation ? Changes{{revocation->digest}} : Changes{};
}

Result<Contacts::Changes> Contacts::revoke(std::string_view revocation_note, Time now) {
    LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(revocation_note));
    LAPX_TRY_ASSIGN(const schema::Revocation named, schema::parse_revocation(split.text));
    LAPX_TRY_ASSIGN(Contact * contact, known(named.agency));
    LAPX_TRY_ASSIGN(const auto revocation, keep_revocation(revocation_note, contact->card.root));
    if (!revocation) {
        return Changes{};
    }
    drop_revoked(*contact);
    contact->notice = still_signed(*contact);
    LAPX_TRY(store(*contact));
    Changes changes{{revocation->digest}};
    // Without its root an agency is gone for good; without any key to sign or log with it cannot be
    // dealt with until there is a card with others and a person verified it again.
    const bool rootless = revocation->key.key == contact->card.root.key;
    const bool keyless = contact->sign_keys.empty() || contact->ledger_keys.empty();
    if (rootless || (keyless && contact->state != TrustState::kRevoked)) {
        LAPX_TRY_ASSIGN(
            const Changes state,
            set_state(*contact, rootless ? TrustState::kRevoked : TrustState::kSuspended, "card",
                      now));
        changes.insert(changes.end(), state.begin(), state.end());
    }
    return changes;
}

Result<Contacts::Changes> Contacts::set_state(Contact& contact, TrustState state,
                                              std::string_view by, Time now) {
    if (contact.state == state) {
        return Changes{};
    }
    contact.state = state;
    contact.state_at = now;
    contact.state_by = by;
    LAPX_TRY(store(contact));
    return Changes{{schema::TrustChange{contact.agency(), state}}};
}

Result<Contacts::Changes> Contacts::verify(const Agency& agency, std::string_view safety_number,
                                           std::string_view by, Time now) {
    LAPX_TRY_ASSIGN(Contact * contact, known(agency));
    if (contact->state == TrustState::kRevoked) {
        return fail(Code::kRevoked, agency.text());
    }
    if (contact->sign_keys.empty() || contact->ledger_keys.empty()) {
        return fail(Code::kKeyRevoked, "no key on the card is left: ask the agency for a new card");
    }
    if (!keys::same_safety_number(safety_number, contact->safety_number())) {
        return fail(Code::kSafetyNumberMismatch, agency.text());
    }
    if (contact->notice) {
        LAPX_TRY(check_connection_key(agency, *contact->notice));
    }
    return set_state(*contact, TrustState::kVerified, by, now);
}

Result<Contacts::Changes> Contacts::suspend(const Agency& agency, std::string_view by, Time now) {
    LAPX_TRY_ASSIGN(Contact * contact, known(agency));
    if (contact->state == TrustState::kRevoked) {
        return fail(Code::kRevoked, agency.text());
    }
    return set_state(*contact, TrustState::kSuspended, by, now);
}

Result<void> Contacts::remove(const Agency& agency) {
    LAPX_TRY_ASSIGN(const Contact* contact, known(agency));
    if (contact->state == TrustState::kRevoked) {
        return fail(Code::kRevoked, "a revocation has to be remembered");
    }
    LAPX_TRY(
        database_.run("DELETE FROM contact WHERE agency = ?", std::string_view(agency.text())));
    LAPX_TRY(forget_shown(agency, std::numeric_limits<std::int64_t>::max()));
    contacts_.erase(agency.text());
    return {};
}

Result<void> Contacts::set_cosigned(const Agency& agency, std::uint64_t size) {
    LAPX_TRY_ASSIGN(Contact * contact, known(agency));
    LAPX_TRY(database_.run("UPDATE contact SET cosigned_size = ? WHERE agency = ?", size,
                           std::string_view(agency.text())));
    contact->cosigned_size = size;
    return forget_shown(agency, size);
}

Result<model::Addressee> Contacts::addressee(const Desk& desk) const {
    const Contact* contact = find(desk.agency());
    if (contact == nullptr) {
        return fail(Code::kUnknownAgency, desk.agency().text());
    }
    return model::Addressee{desk, contact->card.card.sector, contact->card.card.country,
                            contact->state};
}

Result<keys::Recipient> Contacts::recipient(const Desk& desk, Time now) const {
    const Contact* contact = find(desk.agency());
    if (contact == nullptr) {
        return fail(Code::kUnknownAgency, desk.agency().text());
    }
    switch (contact->state) {
        case TrustState::kStranger:
            return fail(Code::kNotVerified, desk.agency().text() + " is a stranger");
        case TrustState::kSuspended:
            return fail(Code::kSuspended, desk.agency().text());
        case TrustState::kRevoked:
            return fail(Code::kRevoked, desk.agency().text());
        case TrustState::kVouched:
        case TrustState::kVerified:
            break;
    }
    if (!keys::is_in_force(contact->card.card, now)) {
        return fail(Code::kCardExpired, "the card of " + desk.agency().text() + " is not in force");
    }
    if (!contact->notice || !keys::is_in_force(contact->notice->notice, now)) {
        return fail(Code::kNoticeExpired, desk.agency().text() + " has no notice in force");
    }
    const auto& desks = contact->notice->notice.desks;
    for (std::size_t i = 0; i < desks.size(); ++i) {
        if (desks[i].id == desk.id()) {
            return contact->notice->recipients.at(i);
        }
    }
    return fail(Code::kUnknownDesk, desk.text());
}

}  // namespace lapx::contacts
