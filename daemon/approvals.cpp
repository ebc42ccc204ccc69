#include "daemon/approvals.hpp"

#include <algorithm>
#include <array>

#include "daemon/origins.hpp"

namespace lapx::daemon {
namespace {

// Nothing where that is none.
const config::Operator* approver_of(const config::Config& config, const std::string& id) {
    const auto found = std::find_if(
        config.operators.begin(), config.operators.end(), [&](const config::Operator& person) {
            return person.id == id && person.has(config::Role::kApprover);
        });
    return found == config.operators.end() ? nullptr : &*found;
}

}  // namespace

bool asks_for_an_approver(Code code) {
    constexpr auto kCodes = std::to_array<Code>({Code::kNotPermitted, Code::kFourEyes,
                                                 Code::kNoStandingApproval, Code::kStandingExpired,
                                                 Code::kStandingPolicy, Code::kStandingRecipients,
                                                 Code::kStandingTerms, Code::kStandingQuota});
    return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

Result<void> Approvals::check_passing_on(const model::Draft& draft, const Desk& to) const {
    // A withdrawal only takes back what went out.
    if (!draft.origin || draft.act == schema::Act::kWithdraw || draft.wholly_from(to) != nullptr) {
        return {};
    }
    LAPX_TRY_ASSIGN(const disclosure::Source source,
                    source_of(parts_.cases, parts_.moves, parts_.delivery, *draft.origin));
    LAPX_TRY_ASSIGN(const model::Addressee addressee, parts_.contacts.addressee(to));
    return disclosure::may_pass_on(source, draft, addressee, parts_.clock.seconds());
}

Result<model::Proposal> Approvals::propose(const model::Draft& draft,
                                           std::span<const model::SealedExhibit> exhibits,
                                           const Desk& to) const {
    LAPX_TRY(check_passing_on(draft, to));
    LAPX_TRY_ASSIGN(const model::Addressee addressee, parts_.contacts.addressee(to));
    return disclosure::propose(parts_.policy, draft, exhibits, addressee);
}

Result<Proposals> Approvals::propose_all(const model::Draft& draft,
                                         std::span<const model::SealedExhibit> exhibits) const {
    Proposals out;
    for (const Desk& to : draft.to) {
        LAPX_TRY_ASSIGN(model::Proposal proposal, propose(draft, exhibits, to));
        out.push_back(std::move(proposal));
    }
    return out;
}

Result<void> Approvals::check_self_approval(bool self) const {
    if (self && !parts_.config.policy.self_approval) {
        return fail(Code::kNotPermitted,
                    "the policy asks for an approver other than who drafted or edited it");
    }
    return {};
}

// Asked again at the release: roles, desks and restrictions may have changed since.
Result<void> Approvals::check_may_approve(const model::Draft& draft,
                                          const std::string& approver) const {
    const config::Operator* person = approver_of(parts_.config, approver);
    if (person == nullptr || !person->serves(draft.from.id())) {
        return fail(Code::kNotPermitted, approver + " is no approver of " + draft.from.text());
    }
    LAPX_TRY_ASSIGN(const auto officers, parts_.cases.restricted_to(draft.case_name().id));
    return officers.empty() ||
                   std::find(officers.begin(), officers.end(), approver) != officers.end()
               ? Result<void>{}
               : fail(Code::kNotPermitted, "it is restricted to others than " + approver);
}

Result<Proposals> Approvals::approve(cases::Case& value,
                                     std::span<const model::SealedExhibit> exhibits,
                                     const config::Operator& approver) {
    return approve_as(value, exhibits,
                      {approver.id, cases::had_a_hand(value, approver.id), {}, {}, {}});
}

Result<Proposals> Approvals::approve_as(cases::Case& value,
                                        std::span<const model::SealedExhibit> exhibits,
                                        model::Approval approval) {
    if (value.state != cases::State::kDraft && value.state != cases::State::kApproved) {
        return fail(Code::kWrongState, "only a draft can be approved");
    }
    if (value.draft.to.empty()) {
        return fail(Code::kNoRecipient);
    }
    LAPX_TRY(parts_.erasing.check_whole(value));
    LAPX_TRY(check_may_approve(value.draft, approval.approver));
    LAPX_TRY(check_self_approval(approval.self_approved));
    for (const Desk& to : value.draft.reached()) {
        LAPX_TRY(parts_.contacts.recipient(to, parts_.clock.seconds()));
    }
    LAPX_TRY_ASSIGN(Proposals proposals, propose_all(value.draft, exhibits));
    for (const model::Proposal& proposal : proposals) {
        LAPX_TRY(disclosure::check_approver(proposal, approval.self_approved));
        approval.views.push_back(proposal.content().digest);
    }
    LAPX_TRY(log_(schema::EntryKind::kApproved,
                  schema::print_approved_record(
                      {value.draft.id, approval.views, approval.approver, approval.standing})));
    value.changed = parts_.clock.seconds();
    approval.at = value.changed;
    value.approval = std::move(approval);
    value.returned.reset();
    value.state = cases::State::kApproved;
    return proposals;
}

Result<void> Approvals::check_standing(const cases::Standing& standing) const {
    if (standing.ended) {
        return fail(Code::kNoStandingApproval, "the standing approval was ended");
    }
    LAPX_TRY(disclosure::check_in_force(standing.record, parts_.policy, parts_.clock.seconds()));
    return approver_of(parts_.config, standing.record.approver) != nullptr
               ? Result<void>{}
               : fail(Code::kNoStandingApproval, "who gave the standing approval is no approver");
}

Result<cases::Standing> Approvals::standing_of(const std::string& feed) const {
    LAPX_TRY_ASSIGN(auto newest, parts_.standings.newest(feed));
    if (!newest) {
        return fail(Code::kNoStandingApproval, "there is no standing approval of this feed");
    }
    LAPX_TRY(check_standing(*newest));
    return std::move(*newest);
}

Result<Proposals> Approvals::approve_standing(cases::Case& value,
                                              std::span<const model::SealedExhibit> exhibits) {
    const Time now = parts_.clock.seconds();
    LAPX_TRY_ASSIGN(const cases::Standing standing, standing_of(value.feed));
    LAPX_TRY_ASSIGN(const std::uint64_t used, parts_.standings.used(standing.seq, now));
    LAPX_TRY(disclosure::check_covers(standing.record, value.draft, used));
    const std::string& approver = standing.record.approver;
    LAPX_TRY_ASSIGN(
        Proposals proposals,
        approve_as(value, exhibits,
                   {approver, cases::had_a_hand(value, approver), {}, {}, standing.record.id}));
    LAPX_TRY(parts_.standings.count(standing.seq, now));
    return proposals;
}

Result<void> Approvals::add_standing(const schema::StandingRecord& record) {
    const Time now = parts_.clock.seconds();
    if (record.expires <= now) {
        return fail(Code::kInvalidArgument, "it would end before it begins");
    }
    for (const Desk& to : record.to) {
        LAPX_TRY(parts_.contacts.recipient(to, now));
    }
    LAPX_TRY_ASSIGN(const auto before, parts_.standings.newest(record.feed));
    if (before && !before->ended && now < before->record.expires) {
        return fail(Code::kWrongState, "this feed has one already: lapx standing end ends it");
    }
    LAPX_TRY(log_(schema::EntryKind::kApproved, schema::print_standing_record(record)));
    return parts_.standings.add(record);
}

Result<cases::Standing> Approvals::end_standing(const std::string& feed,
                                                const config::Operator& who) {
    LAPX_TRY_ASSIGN(auto newest, parts_.standings.newest(feed));
    if (!newest) {
        return fail(Code::kNotFound, "there is no standing approval of this feed");
    }
    if (newest->ended) {
        return fail(Code::kWrongState, "it was ended before");
    }
    LAPX_TRY(log_(schema::EntryKind::kApproved,
                  schema::print_standing_ended_record({newest->record.id, who.id})));
    newest->ended = parts_.clock.seconds();
    LAPX_TRY(parts_.standings.end(newest->seq, *newest->ended));
    return std::move(*newest);
}

Result<void> Approvals::check(const cases::Case& value) const {
    if (!value.approval) {
        return fail(Code::kWrongState, "only an approved referral can be sent");
    }
    LAPX_TRY(parts_.erasing.check_whole(value));
    LAPX_TRY(check_may_approve(value.draft, value.approval->approver));
    LAPX_TRY(check_self_approval(value.approval->self_approved));
    if (value.approval->standing) {
        LAPX_TRY_ASSIGN(const cases::Standing standing, standing_of(value.feed));
        if (standing.record.id != *value.approval->standing) {
            return fail(Code::kApprovalStale, "the standing approval is another one by now");
        }
    }
    return {};
}

}  // namespace lapx::daemon
