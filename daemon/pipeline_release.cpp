// How a referral leaves: approved by a person or under a standing approval, sent at once or told to
// leave later, and then once more held against what was approved.

#include <algorithm>
#include <array>

#include "daemon/decisions.hpp"
#include "daemon/log/log.hpp"
#include "daemon/origins.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kReleases = 64;  // in one round
// Who gave a referral back where no person did.
constexpr std::string_view kNode = "lapxd";

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

Result<void> Pipeline::check_passing_on(const model::Draft& draft, const Desk& to) const {
    // A withdrawal only takes back what went out.
    if (!draft.origin || draft.act == schema::Act::kWithdraw || draft.wholly_from(to) != nullptr) {
        return {};
    }
    LAPX_TRY_ASSIGN(const disclosure::Source source,
                    source_of(parts_.cases, parts_.moves, parts_.delivery, *draft.origin));
    LAPX_TRY_ASSIGN(const model::Addressee addressee, parts_.contacts.addressee(to));
    return disclosure::may_pass_on(source, draft, addressee, parts_.clock.seconds());
}

Result<model::Proposal> Pipeline::propose(const model::Draft& draft,
                                          std::span<const model::SealedExhibit> exhibits,
                                          const Desk& to) const {
    LAPX_TRY(check_passing_on(draft, to));
    LAPX_TRY_ASSIGN(const model::Addressee addressee, parts_.contacts.addressee(to));
    return disclosure::propose(parts_.policy, draft, exhibits, addressee);
}

Result<Proposals> Pipeline::propose_all(const model::Draft& draft,
                                        std::span<const model::SealedExhibit> exhibits) const {
    Proposals out;
    for (const Desk& to : draft.to) {
        LAPX_TRY_ASSIGN(model::Proposal proposal, propose(draft, exhibits, to));
        out.push_back(std::move(proposal));
    }
    return out;
}

Result<void> Pipeline::check_self_approval(bool self) const {
    if (self && !parts_.config.policy.self_approval) {
        return fail(Code::kNotPermitted,
                    "the policy asks for an approver other than who drafted or edited it");
    }
    return {};
}

// Asked again at the release: roles, desks and restrictions may have changed since.
Result<void> Pipeline::check_may_approve(const model::Draft& draft,
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

Result<Proposals> Pipeline::approve(cases::Case& value,
                                    std::span<const model::SealedExhibit> exhibits,
                                    const config::Operator& approver) {
    return approve_as(value, exhibits,
                      {approver.id, cases::had_a_hand(value, approver.id), {}, {}, {}});
}

Result<Proposals> Pipeline::approve_as(cases::Case& value,
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
    LAPX_TRY(log(schema::EntryKind::kApproved,
                 schema::print_approved_record(
                     {value.draft.id, approval.views, approval.approver, approval.standing})));
    value.changed = parts_.clock.seconds();
    approval.at = value.changed;
    value.approval = std::move(approval);
    value.returned.reset();
    value.state = cases::State::kApproved;
    return proposals;
}

Result<void> Pipeline::check_standing(const cases::Standing& standing) const {
    if (standing.ended) {
        return fail(Code::kNoStandingApproval, "the standing approval was ended");
    }
    LAPX_TRY(disclosure::check_in_force(standing.record, parts_.policy, parts_.clock.seconds()));
    return approver_of(parts_.config, standing.record.approver) != nullptr
               ? Result<void>{}
               : fail(Code::kNoStandingApproval, "who gave the standing approval is no approver");
}

Result<cases::Standing> Pipeline::standing_of(const std::string& feed) const {
    LAPX_TRY_ASSIGN(auto newest, parts_.standings.newest(feed));
    if (!newest) {
        return fail(Code::kNoStandingApproval, "there is no standing approval of this feed");
    }
    LAPX_TRY(check_standing(*newest));
    return std::move(*newest);
}

Result<Proposals> Pipeline::approve_standing(cases::Case& value,
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

Result<void> Pipeline::add_standing(const schema::StandingRecord& record) {
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
    LAPX_TRY(log(schema::EntryKind::kApproved, schema::print_standing_record(record)));
    return parts_.standings.add(record);
}

Result<cases::Standing> Pipeline::end_standing(const std::string& feed,
                                               const config::Operator& who) {
    LAPX_TRY_ASSIGN(auto newest, parts_.standings.newest(feed));
    if (!newest) {
        return fail(Code::kNotFound, "there is no standing approval of this feed");
    }
    if (newest->ended) {
        return fail(Code::kWrongState, "it was ended before");
    }
    LAPX_TRY(log(schema::EntryKind::kApproved,
                 schema::print_standing_ended_record({newest->record.id, who.id})));
    newest->ended = parts_.clock.seconds();
    LAPX_TRY(parts_.standings.end(newest->seq, *newest->ended));
    return std::move(*newest);
}

// Whether the approval that was given still holds.
Result<void> Pipeline::check_approval(const cases::Case& value) const {
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

// What goes to whom, where the approval names it. Writes nothing.
Result<std::vector<Pipeline::Share>> Pipeline::shares_of(const cases::Case& value,
                                                         Proposals proposals) const {
    std::vector<Share> shares;
    for (model::Proposal& proposal : proposals) {
        const Desk& to = proposal.content().view.view.to;
        std::optional<keys::Recipient> recipient;
        if (value.draft.wholly_from(to) == nullptr) {
            LAPX_TRY_ASSIGN(recipient, parts_.contacts.recipient(to, parts_.clock.seconds()));
        }
        LAPX_TRY_ASSIGN(auto disclosed, disclosure::release(std::move(proposal), *value.approval));
        shares.push_back({recipient, std::move(disclosed)});
    }
    return shares;
}

Result<std::vector<Pipeline::Share>> Pipeline::shares_anew(
    const cases::Case& value, std::span<const model::SealedExhibit> exhibits) const {
    LAPX_TRY(check_approval(value));
    LAPX_TRY_ASSIGN(Proposals proposals, propose_all(value.draft, exhibits));
    return shares_of(value, std::move(proposals));
}

Result<void> Pipeline::check_may_send(const cases::Case& value) const {
    if (value.state != cases::State::kApproved) {
        return fail(Code::kWrongState, "only an approved referral can be sent");
    }
    if (!may_sign()) {
        return fail(refusal_while_silent());
    }
    return {};
}

Result<std::vector<Sent>> Pipeline::send(cases::Case& value,
                                         std::span<const model::SealedExhibit> exhibits) {
    LAPX_TRY(check_may_send(value));
    LAPX_TRY_ASSIGN(std::vector<Share> shares, shares_anew(value, exhibits));
    return send_shares(value, std::move(shares));
}

Result<std::vector<Sent>> Pipeline::send(cases::Case& value, Proposals approved) {
    LAPX_TRY(check_may_send(value));
    LAPX_TRY(check_approval(value));
    LAPX_TRY_ASSIGN(std::vector<Share> shares, shares_of(value, std::move(approved)));
    return send_shares(value, std::move(shares));
}

Result<std::vector<Sent>> Pipeline::send_shares(cases::Case& value, std::vector<Share> shares) {
    const std::chrono::seconds delay = parts_.policy.rules.release_delay;
    if (delay == std::chrono::seconds{0}) {
        return let_out(value, std::move(shares));
    }
    value.state = cases::State::kReleasing;
    value.changed = parts_.clock.seconds();
    value.leaves = value.changed + delay;
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(value.seq, parts_.cases.save(value));
    return std::vector<Sent>{};
}

Result<std::vector<Sent>> Pipeline::let_out(cases::Case& value, std::vector<Share> shares) {
    value.state = value.draft.reached().empty() ? cases::State::kWithheld : cases::State::kSent;
    value.changed = parts_.clock.seconds();
    value.leaves.reset();
    LAPX_TRY(parts_.round.begin());
    // The manifest is the same for all recipients.
    LAPX_TRY_ASSIGN(value.seq,
                    parts_.cases.save(value, shares.front().disclosed.content().manifest));
    service_.look_again();  // a withdrawal ends what its dossier gave out
    std::vector<Sent> sent;
    for (Share& share : shares) {
        const Desk to = share.disclosed.content().view.view.to;
        if (!share.recipient) {
            LAPX_TRY(keep_back(value, share.disclosed, value.changed));
            continue;
        }
        LAPX_TRY_ASSIGN(const MessageId message, release(value, std::move(share), value.changed));
        sent.push_back({to, message});
    }
    return sent;
}

Result<void> Pipeline::release_due() {
    if (!may_sign()) {
        return {};
    }
    LAPX_TRY_ASSIGN(const auto due, parts_.cases.due(parts_.clock.seconds(), kReleases));
    for (const std::int64_t seq : due) {
        LAPX_TRY(release_later(seq));
    }
    return {};
}

// What was told to leave, now that its time has come. What cannot be read or may not go any more
// stays here; the others go on.
Result<void> Pipeline::release_later(std::int64_t seq) {
    LAPX_TRY(parts_.round.begin());
    auto value = parts_.cases.load(seq);
    if (!value) {
        if (value.error().code != Code::kDatabaseBroken) {
            return tl::unexpected<Error>(value.error());
        }
        log::error({"a referral that was to leave cannot be read, and stays here"});
        return parts_.cases.put_back(seq);
    }
    const auto exhibits = parts_.cases.exhibits(seq);
    auto shares = exhibits ? shares_anew(*value, *exhibits)
                           : Result<std::vector<Share>>(tl::unexpected<Error>(exhibits.error()));
    if (shares) {
        LAPX_TRY(let_out(*value, std::move(*shares)));
        return {};
    }
    const Error& error = shares.error();
    if (severity(error.code) == Severity::kFatal && error.code != Code::kDatabaseBroken) {
        return tl::unexpected<Error>(error);
    }
    const std::string code(to_string(error.code));
    log::warn(
        {"referral ", to_string(value->draft.id), " was not sent, and is a draft again: ", code});
    cases::give_back(*value, {std::string(kNode), parts_.clock.seconds(),
                              "It was not sent: " + code +
                                  (error.context.empty() ? "" : ", " + error.context) + "."});
    LAPX_TRY(parts_.cases.save(*value));
    return {};
}

// Decided and logged, and nothing goes.
Result<void> Pipeline::keep_back(const cases::Case& value, const model::Disclosed& disclosed,
                                 Time now) {
    const model::ProposalContent& content = disclosed.content();
    const Decided record = decided(content, std::nullopt, *value.approval, parts_.config,
                                   parts_.policy.digest, parts_.random);
    LAPX_TRY_ASSIGN(
        const ledger::Appended appended,
        parts_.log.append(schema::EntryKind::kDecided, as_bytes(record.record), record.texts));
    return parts_.cases.add_kept_back({value.seq, content.view.view.to, appended.index, now});
}

sealing::CoverOrder Pipeline::order_for(const Desk& from, const keys::Recipient& to, Time now) {
    std::array<std::uint8_t, 10> random{};
    parts_.random.fill(random);
    return {.from = from,
            .key = keys::desk_key_fingerprint(to),
            .message = MessageId{uuid7(
                static_cast<std::uint64_t>(parts_.clock.now().time_since_epoch().count()), random)},
            .created = now,
            .expires = now + schema::kMaxCoverLife};
}

// Covered and logged; sealed once the checkpoint over it is signed.
Result<MessageId> Pipeline::release(const cases::Case& value, Share share, Time now) {
    const sealing::CoverOrder order = order_for(value.draft.from, *share.recipient, now);
    model::Covered covered = sealing::cover(std::move(share.disclosed), order,
                                            parts_.self.sign_name, parts_.self.keys.sign);
    const Decided record =
        decided(covered.content(), CoverName{order.message, covered.digest()}, *value.approval,
                parts_.config, parts_.policy.digest, parts_.random);
    LAPX_TRY(parts_.log.append(schema::EntryKind::kDecided, as_bytes(record.record), record.texts));
    LAPX_TRY_ASSIGN(const std::uint64_t leaf,
                    log(schema::EntryKind::kSent, schema::print_sent_record({covered.digest()})));
    outgoing_.push_back({std::move(covered), *share.recipient, value.seq, leaf});
    return order.message;
}

Result<void> Pipeline::store_outgoing(const Outgoing& outgoing,
                                      const ledger::SignedCheckpoint& head) {
    const schema::Cover& cover = outgoing.covered.cover();
    LAPX_TRY_ASSIGN(std::string proof, parts_.log.proof_head(outgoing.leaf, head.checkpoint.size));
    proof += head.note;  // nobody can have cosigned it yet
    std::string consistency;
    const contacts::Contact* peer = parts_.contacts.find(cover.to.agency());
    if (peer != nullptr && peer->cosigned_size > 0) {
        LAPX_TRY_ASSIGN(auto hashes,
                        parts_.log.consistency(peer->cosigned_size, head.checkpoint.size));
        consistency = schema::print_consistency({peer->cosigned_size, std::move(hashes)});
    }
    LAPX_TRY_ASSIGN(const model::Sealed sealed, sealing::seal(outgoing.covered, proof, consistency,
                                                              outgoing.recipient, parts_.random));
    const Time now = parts_.clock.seconds();
    const delivery::Message message{
        .seq = 0,
        .agency = parts_.self.agency(),
        .id = cover.message,
        .referral = outgoing.move ? std::nullopt : std::optional(outgoing.referral),
        .peer = cover.to.agency(),
        .desk = cover.to.id(),
        .act = cover.act,
        .cover = outgoing.covered.digest(),
        .created = cover.created,
        .expires = cover.expires,
        .state = delivery::State::kSent,
        .changed = now,
        .outcome = {},
        .leaf = outgoing.leaf};
    LAPX_TRY_ASSIGN(const std::int64_t seq,
                    parts_.delivery.add(message, as_bytes(outgoing.covered.note()), {}));
    if (outgoing.move) {
        LAPX_TRY(parts_.moves.add(
            {seq, outgoing.referral, cases::Direction::kOut, cover.to, now, *outgoing.move}));
    }
    LAPX_TRY(parts_.delivery.enqueue(seq, cover.to.agency(), sealed, head.checkpoint.size, now));
    to_pump_.insert(cover.to.agency());
    return {};
}

}  // namespace lapx::daemon
