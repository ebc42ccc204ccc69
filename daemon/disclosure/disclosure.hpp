#pragma once
// The one place that decides who may see what. A pure function of the draft and the recipient.
//
//     propose(draft, exhibits, to)   for preview and approval
//     release(proposal, approval)    at the moment of sending
//
// Deny by default: classes AS and SH go; PD, CF and CS go only where a person permitted the item;
// PV never goes.

#include <span>
#include <string>
#include <vector>

#include "daemon/model/disclosed.hpp"
#include "daemon/model/draft.hpp"

namespace lapx::disclosure {

// What becomes of each item for this recipient, in manifest order.
std::vector<model::Ruling> rule(const model::Draft& draft, const Desk& to);

// Whether an exhibit's octets go with its description, to those who get that: they are CF, so only
// where a person permitted it.
bool octets_go(const model::Draft& draft, std::uint16_t element);

// Labels that the draft's kind asks for and that are absent (protocol.md 5.2).
std::vector<schema::Label> missing_items(const model::Draft& draft);

// What one recipient would see. Errors: kNoRecipient if `to` is not among the draft's recipients,
// kItemMissing, kTooLarge; kSilenceShows where what is withheld silently would leave a trace.
Result<model::Proposal> propose(const model::Draft& draft,
                                std::span<const model::SealedExhibit> exhibits, const Desk& to);

// The proposal as something that may be sealed. Errors: kApprovalStale unless the approval names
// exactly this view.
Result<model::Disclosed> release(model::Proposal proposal, const model::Approval& approval);

}  // namespace lapx::disclosure
