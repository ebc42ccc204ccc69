// How an approved referral leaves: at once or told to leave later, and then once more held against
// what was approved.

#include <array>

#include "daemon/decisions.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kReleases = 64;  // in one round
// Who gave a referral back where no person did.
constexpr std::string_view kNode = "lapxd";

}  // namespace

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
    LAPX_TRY(approvals_.check(value));
    LAPX_TRY_ASSIGN(Proposals proposals, approvals_.propose_all(value.draft, exhibits));
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
    LAPX_TRY(approvals_.check(value));
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
