#pragma once
// Who may let a draft go, and whether their word still holds: the approval of a person, or the
// standing one of a feed. What it binds is each recipient's view (protocol.md 6).

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/parts.hpp"

namespace lapx::daemon {

// Of all recipients, in the order of Draft::to.
using Proposals = std::vector<model::Proposal>;

// Whether an error says no more than that this approver, or standing approval, does not do: the
// referral waits for a person who may.
bool asks_for_an_approver(Code code);

class Approvals {
  public:
    // `parts` outlives it.
    Approvals(const PipelineParts& parts, LogEntry log) : parts_(parts), log_(std::move(log)) {}

    // What a recipient would see. Errors: kUnknownAgency, those of check_passing_on and
    // disclosure::propose.
    Result<model::Proposal> propose(const model::Draft& draft,
                                    std::span<const model::SealedExhibit> exhibits,
                                    const Desk& to) const;
    // The same for all.
    Result<Proposals> propose_all(const model::Draft& draft,
                                  std::span<const model::SealedExhibit> exhibits) const;
    // Whether what was made of something that came in may go on to `to`. Errors:
    // kPassingOnForbidden, kUnknownReferral.
    Result<void> check_passing_on(const model::Draft& draft, const Desk& to) const;

    // Approves the views of all recipients, again if need be, and gives them; the caller saves the
    // case. Errors: those of Contacts::recipient and propose; kNotPermitted for who is no approver
    // of its desk or does not see it; that and kFourEyes where configuration or policy ask for
    // another person than who had a hand in the draft.
    Result<Proposals> approve(cases::Case& value, std::span<const model::SealedExhibit> exhibits,
                              const config::Operator& approver);
    // Likewise under the standing approval of the case's feed, which counts it. Further errors:
    // kNoStandingApproval, those of disclosure::check_in_force and check_covers.
    Result<Proposals> approve_standing(cases::Case& value,
                                       std::span<const model::SealedExhibit> exhibits);
    // Whether the approval that was given still holds. Errors: kWrongState where there is none,
    // kApprovalStale, those of approving.
    Result<void> check(const cases::Case& value) const;

    // A standing approval begins. Errors: those of Contacts::recipient, kInvalidArgument,
    // kWrongState if the feed has one.
    Result<void> add_standing(const schema::StandingRecord& record);
    // That of a feed ends. Errors: kNotFound, kWrongState.
    Result<cases::Standing> end_standing(const std::string& feed, const config::Operator& who);
    // Whether one lets anything go. Errors: kNoStandingApproval, those of
    // disclosure::check_in_force.
    Result<void> check_standing(const cases::Standing& standing) const;

  private:
    Result<void> check_self_approval(bool self) const;
    Result<void> check_may_approve(const model::Draft& draft, const std::string& approver) const;
    Result<Proposals> approve_as(cases::Case& value, std::span<const model::SealedExhibit> exhibits,
                                 model::Approval approval);
    Result<cases::Standing> standing_of(const std::string& feed) const;

    const PipelineParts& parts_;
    LogEntry log_;
};

}  // namespace lapx::daemon
