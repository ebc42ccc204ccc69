#pragma once
// Rosters (protocol.md 3.10): one is made of agencies that are known here, is compared with them,
// and verifies all its members at once. `own` is this agency's card.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/contacts/contacts.hpp"
#include "schema/notes/roster.hpp"

namespace lapx::contacts {

// Without members: of this agency and all that are verified; else of these and this agency.
// Errors: kUnknownAgency; kSuspended, kRevoked; kInvalidArgument for the name; kTooLarge.
Result<schema::Roster> make_roster(std::string_view name, std::span<const Agency> members,
                                   const Contacts& contacts, const schema::Card& own, Time now);

struct OpenedRoster {
    schema::Roster roster;
    std::string number;  // "01234 56789 …", to be read aloud
};
// Its words alone: nobody's signature is checked. Errors: kNoteMalformed.
Result<OpenedRoster> open_roster(std::string_view note);

// This agency and all that are known here, as a roster lists them.
std::vector<schema::RosterMember> directory(const Contacts& contacts, const schema::Card& own);

// Whether it may verify anybody, its number aside. Errors, in the order in which they are looked
// for: kRosterDiffers where this agency is missing, or a member that is known here, or this
// agency, is there with another root; of who made it, kUnknownAgency, kSuspended, kRevoked;
// kSignatureInvalid.
Result<void> check_roster(std::string_view note, const OpenedRoster& opened,
                          const Contacts& contacts, const schema::Card& own);

struct RosterOutcome {
    Agency agency;
    std::optional<schema::TrustState> state;  // as it is now; nothing where it is not known
    bool now_verified = false;
    std::optional<Code> refused;  // why Contacts::verify did not verify it
};
struct RosterVerified {
    OpenedRoster opened;
    std::vector<RosterOutcome> outcomes;  // of all members but this agency
    Contacts::Changes changes;
};
// A person heard the number from the others: each member that is a stranger or vouched here
// becomes verified, as by Contacts::verify. Nothing is changed on an error: kNoteMalformed,
// kRosterMismatch for another number, those of check_roster. All in one step of the loop, for it is
// all or nothing: some 40 ms where a roster of 1,000 verifies everybody.
Result<RosterVerified> verify_roster(std::string_view note, std::string_view number,
                                     Contacts& contacts, const schema::Card& own,
                                     std::string_view by, Time now);

}  // namespace lapx::contacts
