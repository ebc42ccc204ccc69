#include "daemon/contacts/rosters.hpp"

#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/values.hpp"

namespace lapx::contacts {
namespace {

using schema::RosterLine;
using schema::RosterMember;
using schema::TrustState;

constexpr std::size_t kMaxNamed = 8;  // agencies in one error

// Errors: kSuspended, kRevoked.
Result<void> check_not_shut_out(const Contact& contact) {
    switch (contact.state) {
        case TrustState::kSuspended:
            return fail(Code::kSuspended, contact.agency().text());
        case TrustState::kRevoked:
            return fail(Code::kRevoked, contact.agency().text());
        case TrustState::kStranger:
        case TrustState::kVouched:
        case TrustState::kVerified:
            break;
    }
    return {};
}

Result<const Contact*> known_contact(const Contacts& contacts, const Agency& agency) {
    const Contact* contact = contacts.find(agency);
    if (contact == nullptr) {
        return fail(Code::kUnknownAgency, agency.text());
    }
    return contact;
}

void put_in_order(std::vector<RosterMember>& members) {
    const auto before = [](const RosterMember& one, const RosterMember& other) {
        return one.agency < other.agency;
    };
    std::sort(members.begin(), members.end(), before);
    members.erase(std::unique(members.begin(), members.end()), members.end());
}

// Two roots of one agency: one of them is somebody else's.
Result<void> check_roots(const schema::Roster& roster, const Contacts& contacts,
                         const schema::Card& own) {
    if (schema::find_member(roster.members, own.agency) == nullptr) {
        return fail(Code::kRosterDiffers, own.agency.text() + ", this agency, is not on it");
    }
    std::vector<std::string> differing;
    for (const RosterLine& line : schema::side_by_side(roster.members, directory(contacts, own))) {
        if (line.first && line.second && line.first != line.second) {
            differing.push_back(line.agency.text() +
                                (line.agency == own.agency ? ", this agency" : ""));
        }
    }
    if (differing.empty()) {
        return {};
    }
    const std::size_t count = differing.size();
    differing.resize(std::min(count, kMaxNamed));
    return fail(
        Code::kRosterDiffers,
        "another root than here: " + join(differing, "; ") +
            (count > kMaxNamed ? "; and " + std::to_string(count - kMaxNamed) + " more" : ""));
}

// The keys of who made it that count here.
Result<std::vector<keys::VerifierKey>> keys_of_maker(const Agency& from, const Contacts& contacts,
                                                     const schema::Card& own) {
    if (from != own.agency) {
        LAPX_TRY_ASSIGN(const Contact* maker, known_contact(contacts, from));
        LAPX_TRY(check_not_shut_out(*maker));
        return maker->sign_keys;
    }
    std::vector<keys::VerifierKey> out;
    for (const std::string& vkey : own.sign) {
        LAPX_TRY_ASSIGN(keys::VerifierKey key, keys::VerifierKey::parse(vkey));
        out.push_back(std::move(key));
    }
    return keys::without_revoked(out, contacts.revoked());
}

Result<RosterOutcome> verify_member(const RosterMember& member, Contacts& contacts,
                                    std::string_view by, Time now, Contacts::Changes& changes) {
    const Contact* contact = contacts.find(member.agency);
    RosterOutcome out{member.agency, std::nullopt, false, std::nullopt};
    if (contact == nullptr) {
        return out;
    }
    if (contact->state == TrustState::kStranger || contact->state == TrustState::kVouched) {
        // Where it refuses it has written nothing.
        const auto verified =
            contacts.verify(member.agency, keys::safety_number(member.root), by, now);
        if (!verified && severity(verified.error().code) != Severity::kRefused) {
            return tl::unexpected<Error>(verified.error());
        }
        if (verified) {
            out.now_verified = true;
            changes.insert(changes.end(), verified->begin(), verified->end());
        } else {
            out.refused = verified.error().code;
        }
    }
    out.state = contact->state;
    return out;
}

}  // namespace

Result<schema::Roster> make_roster(std::string_view name, std::span<const Agency> members,
                                   const Contacts& contacts, const schema::Card& own, Time now) {
    LAPX_TRY_ASSIGN(std::string good_name, schema::name_from(name));
    schema::Roster out{own.agency, std::move(good_name), now, {{own.agency, own.root}}};
    for (const Agency& agency : members) {
        if (agency != own.agency) {
            LAPX_TRY_ASSIGN(const Contact* contact, known_contact(contacts, agency));
            LAPX_TRY(check_not_shut_out(*contact));
            out.members.push_back({agency, contact->card.card.root});
        }
    }
    for (const auto& [key, contact] : contacts.all()) {
        if (members.empty() && contact.state == TrustState::kVerified) {
            out.members.push_back({contact.agency(), contact.card.card.root});
        }
    }
    put_in_order(out.members);
    if (out.members.size() > schema::kMaxRosterMembers) {
        return fail(Code::kTooLarge, "a roster has at most " +
                                         std::to_string(schema::kMaxRosterMembers) + " members");
    }
    return out;
}

Result<OpenedRoster> open_roster(std::string_view note) {
    LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(note));
    LAPX_TRY_ASSIGN(schema::Roster roster, schema::parse_roster(split.text));
    return OpenedRoster{std::move(roster), keys::roster_number(split.text)};
}

std::vector<RosterMember> directory(const Contacts& contacts, const schema::Card& own) {
    std::vector<RosterMember> out{{own.agency, own.root}};
    for (const auto& [name, contact] : contacts.all()) {
        out.push_back({contact.agency(), contact.card.card.root});
    }
    put_in_order(out);
    return out;
}

Result<void> check_roster(std::string_view note, const OpenedRoster& opened,
                          const Contacts& contacts, const schema::Card& own) {
    LAPX_TRY(check_roots(opened.roster, contacts, own));
    LAPX_TRY_ASSIGN(const auto maker, keys_of_maker(opened.roster.from, contacts, own));
    LAPX_TRY(keys::open_note_signed_once(note, maker));
    return {};
}

Result<RosterVerified> verify_roster(std::string_view note, std::string_view number,
                                     Contacts& contacts, const schema::Card& own,
                                     std::string_view by, Time now) {
    LAPX_TRY_ASSIGN(OpenedRoster opened, open_roster(note));
    if (!keys::same_safety_number(number, opened.number)) {
        return fail(Code::kRosterMismatch, "the number is not that of this roster");
    }
    LAPX_TRY(check_roster(note, opened, contacts, own));
    RosterVerified out{std::move(opened), {}, {}};
    for (const RosterMember& member : out.opened.roster.members) {
        if (member.agency != own.agency) {
            LAPX_TRY_ASSIGN(RosterOutcome outcome,
                            verify_member(member, contacts, by, now, out.changes));
            out.outcomes.push_back(std::move(outcome));
        }
    }
    return out;
}

}  // namespace lapx::contacts
