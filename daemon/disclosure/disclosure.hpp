#pragma once
// The one place that decides who may see what. A pure function of the policy, the draft and the
// recipient.
//
//     propose(policy, draft, exhibits, to)   for preview and approval
//     release(proposal, approval)            at the moment of sending
//
// Deny by default: for each class of an item the first rule of the policy that matches decides, and
// all classes must allow. Where the rules ask, a person has to have permitted the item. What is
// privileged never goes.

#include <span>
#include <string>
#include <vector>

#include "config/policy.hpp"
#include "daemon/model/addressee.hpp"
#include "daemon/model/disclosed.hpp"
#include "daemon/model/draft.hpp"

namespace lapx::disclosure {

struct Policy {
    config::DisclosurePolicy rules;
    PolicyDigest digest;  // of rules.text
};
Policy policy_of(config::DisclosurePolicy rules);

// What becomes of each item for this recipient, in manifest order. What was erased does not go.
std::vector<model::Ruling> rule(const Policy& policy, const model::Draft& draft,
                                const model::Addressee& to);

// Of a derivative: which item of the draft it stands for, both from 0. The number of items where it
// is none, or stands for nothing that is there.
std::size_t original_of(const model::Draft& draft, std::size_t index);

// What the policy says of one class of an item.
struct Finding {
    schema::ItemClass item_class;
    const config::Rule* rule;  // null: no rule matches, and it stays here
};
// For each class of the label, in the policy's order.
std::vector<Finding> findings(const Policy& policy, const model::Draft& draft,
                              const model::Addressee& to, schema::Label label);

// The same for the octets of exhibits.
std::vector<Finding> octets_findings(const Policy& policy, const model::Draft& draft,
                                     const model::Addressee& to);

// Whether an exhibit's octets go with its description, to those who get that.
bool octets_go(const Policy& policy, const model::Draft& draft, const model::Addressee& to,
               std::uint16_t element);

// Whether reading it is recorded: confidential, commercially sensitive or privileged. Personal data
// alone is not: nearly every referral has some. Nor are the addressees, whose class keeps them from
// each other.
bool is_confidential(const Policy& policy, schema::Label label);
// Likewise an exhibit's octets.
bool octets_are_confidential(const Policy& policy);

// Labels that the draft's kind asks for and that are absent (protocol.md 5.2).
std::vector<schema::Label> missing_items(const model::Draft& draft);

// What one recipient would see. Errors: kNoRecipient if `to` is not among the draft's recipients,
// kItemMissing, kTooLarge; kSilenceShows where what is withheld silently would leave a trace.
Result<model::Proposal> propose(const Policy& policy, const model::Draft& draft,
                                std::span<const model::SealedExhibit> exhibits,
                                const model::Addressee& to);

// Whether an approver may approve this; `self`: who had a hand in the draft. Errors: kFourEyes.
Result<void> check_approver(const model::Proposal& proposal, bool self);

// Whether a standing approval is in force. Errors: kStandingPolicy, kStandingExpired.
Result<void> check_in_force(const schema::StandingRecord& standing, const Policy& policy, Time now);

// Whether a standing approval that is in force lets this draft go too, where `used` went today.
// Errors: kStandingRecipients, kStandingTerms, kStandingQuota.
Result<void> check_covers(const schema::StandingRecord& standing, const model::Draft& draft,
                          std::uint64_t used);

// The proposal as something that may be sealed. Errors: kApprovalStale unless the approval names
// exactly this view; those of check_approver.
Result<model::Disclosed> release(model::Proposal proposal, const model::Approval& approval);

}  // namespace lapx::disclosure
