#pragma once
// Dossiers that follow another one: drafts like any other, begun with what they follow (protocol.md
// 4.6).

#include <string>
#include <vector>

#include "daemon/cases/cases.hpp"

namespace lapx::cases {

// Of a dossier of ours that was sent.
struct Followed {
    Case newest;                       // its newest version
    std::vector<model::Permit> later;  // what was disclosed of that version since
    std::vector<Desk> holders;         // who got it
};

// The next version, for those who hold this one: its items and what was decided on them stay as
// they are until they are changed; of a withdrawal only who gets it.
Case next_version(const Followed& before, schema::Act act, const std::string& drafter);

// More of the version that is there, for one of its holders: `permits` with their basis. Its
// manifest is the one that they hold. Errors: those of permit.
Result<Case> later_disclosure(const Followed& before, const Desk& to,
                              const std::vector<model::Permit>& permits, const std::string& drafter,
                              Time now);

// A dossier of our own on what came in, from the desk that it came to.
Case reply(const Row& to, const schema::Cover& cover, schema::Act act, ReferralId id,
           const std::string& drafter);

// A referral of our own, made from one that came in, under the handling that it came under.
Case made_from(const Row& came, const schema::Cover& cover, ReferralId id,
               const std::string& drafter);

}  // namespace lapx::cases
