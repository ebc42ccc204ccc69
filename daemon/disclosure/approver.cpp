#include <algorithm>

#include "daemon/disclosure/disclosure.hpp"

namespace lapx::disclosure {

Result<void> check_approver(const model::Proposal& proposal, bool self) {
    const std::string& rule = proposal.content().four_eyes;
    if (self && !rule.empty()) {
        return fail(Code::kFourEyes, "the rule \"" + rule +
                                         "\" asks for an approver other than who drafted or edited "
                                         "the referral");
    }
    return {};
}

Result<void> check_in_force(const schema::StandingRecord& standing, const Policy& policy,
                            Time now) {
    if (standing.policy != policy.digest) {
        return fail(Code::kStandingPolicy,
                    "the disclosure policy changed since the standing approval was given");
    }
    if (now >= standing.expires) {
        return fail(Code::kStandingExpired,
                    "the standing approval ended at " + to_string(standing.expires));
    }
    return {};
}

Result<void> check_covers(const schema::StandingRecord& standing, const model::Draft& draft,
                          std::uint64_t used) {
    for (const Desk& to : draft.to) {
        if (std::find(standing.to.begin(), standing.to.end(), to) == standing.to.end()) {
            return fail(Code::kStandingRecipients,
                        "the standing approval does not name " + to.text());
        }
    }
    if (standing.handling != draft.handling) {
        return fail(Code::kStandingTerms,
                    "the handling is not the one that the standing approval names");
    }
    if (used >= standing.per_day) {
        return fail(Code::kStandingQuota, "the standing approval is for " +
                                              std::to_string(standing.per_day) +
                                              " referrals a day");
    }
    return {};
}

}  // namespace lapx::disclosure
