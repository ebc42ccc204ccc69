#include "daemon/pipeline.hpp"

#include <algorithm>

#include "daemon/disclosure/disclosure.hpp"
#include "daemon/log/log.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

constexpr std::uint32_t kRetrySoon = 2;  // seconds
constexpr std::size_t kReceiptsFrame =
    std::size_t{128} * 1024;                // proofs in one frame, in octets; kMaxFrame is far
constexpr std::uint32_t kRetryLater = 300;  // what takes a person to mend

std::uint32_t retry_after(Code code) {
    if (severity(code) != Severity::kTransient) {
        return 0;
    }
    return code == Code::kQuarantine || code == Code::kCardExpired || code == Code::kClock
               ? kRetryLater
               : kRetrySoon;
}

// The decided record of one release and, apart from it, its texts with their salt.
struct Decided {
    std::string record;
    Bytes texts;
};

schema::OperatorWords words_of(const config::Config& config, const std::string& id) {
    for (const config::Operator& person : config.operators) {
        if (person.id == id) {
            return {id, person.name, person.position.empty() ? "-" : person.position};
        }
    }
    return {id, id, "-"};
}

Decided decided(const model::Covered& covered, const model::Approval& approval,
                const config::Config& config, Random& random) {
    const model::ProposalContent& content = covered.content();
    schema::DecidedTexts texts;
    std::set<std::string> people{approval.approver};
    schema::DecidedRecord record{.referral = content.referral,
                                 .message = covered.cover().message,
                                 .to = covered.cover().to,
                                 .cover = covered.digest(),
                                 .view = content.digest,
                                 .policy = {},
                                 .approver = approval.approver,
                                 .self_approved = approval.self_approved,
                                 .texts = {},
                                 .items = {}};
    std::uint16_t number = 0;
    for (const model::Ruling& ruling : content.rulings) {
        ++number;
        record.items.push_back(ruling.decided);
        if (const auto* withheld = std::get_if<schema::Withholding>(&ruling.decided.inward)) {
            people.insert(withheld->decider);
        }
        if (!ruling.basis.empty()) {
            texts.bases.push_back({number, ruling.basis});
        }
    }
    for (const std::string& id : people) {
        texts.operators.push_back(words_of(config, id));
    }
    const std::string text = schema::print_decided_texts(texts);
    keys::Salt salt{};
    random.fill(salt);
    record.texts = keys::texts_digest(salt, as_bytes(text));
    Bytes kept(salt.begin(), salt.end());
    kept.insert(kept.end(), text.begin(), text.end());
    return {schema::print_decided_record(record), std::move(kept)};
}

}  // namespace

Pipeline::Pipeline(const PipelineParts& parts, std::function<void()> admissions_changed)
    : parts_(parts),
      ledgers_(parts.database),
      inbound_(parts.self, parts.contacts, parts.delivery, ledgers_, parts.clock),
      admissions_changed_(std::move(admissions_changed)),
      started_(parts.monotonic.now()) {}

Result<std::uint64_t> Pipeline::log(schema::EntryKind kind, std::string_view data) {
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(const ledger::Appended appended, parts_.log.append(kind, as_bytes(data)));
    return appended.index;
}

Result<void> Pipeline::approve(cases::Case& value, std::span<const model::SealedExhibit> exhibits,
                               const config::Operator& approver) {
    if (value.state != cases::State::kDraft) {
        return fail(Code::kWrongState, "only a draft can be approved");
    }
    if (value.draft.to.empty()) {
        return fail(Code::kNoRecipient);
    }
    const bool self = approver.id == value.drafter;
    if (self && !parts_.config.policy.self_approval) {
        return fail(Code::kNotPermitted, "the policy asks for an approver other than the drafter");
    }
    model::Approval approval{approver.id, self, {}};
    for (const Desk& to : value.draft.to) {
        LAPX_TRY(parts_.contacts.recipient(to, parts_.clock.seconds()));
        LAPX_TRY_ASSIGN(const model::Proposal proposal,
                        disclosure::propose(value.draft, exhibits, to));
        approval.views.push_back(proposal.content().digest);
    }
    LAPX_TRY(log(schema::EntryKind::kApproved,
                 schema::print_approved_record({value.draft.id, approval.views, approver.id})));
    value.approval = std::move(approval);
    value.state = cases::State::kApproved;
    value.changed = parts_.clock.seconds();
    return {};
}

Result<std::vector<MessageId>> Pipeline::send(cases::Case& value,
                                              std::span<const model::SealedExhibit> exhibits) {
    if (value.state != cases::State::kApproved || !value.approval) {
        return fail(Code::kWrongState, "only an approved referral can be sent");
    }
    const Time now = parts_.clock.seconds();
    std::vector<Share> shares;
    for (const Desk& to : value.draft.to) {
        LAPX_TRY_ASSIGN(auto recipient, parts_.contacts.recipient(to, now));
        LAPX_TRY_ASSIGN(auto proposal, disclosure::propose(value.draft, exhibits, to));
        LAPX_TRY_ASSIGN(auto disclosed, disclosure::release(std::move(proposal), *value.approval));
        shares.push_back({recipient, std::move(disclosed)});
    }
    value.state = cases::State::kSent;
    value.changed = now;
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(value.seq, parts_.cases.save(value));
    std::vector<MessageId> sent;
    for (Share& share : shares) {
        LAPX_TRY_ASSIGN(const MessageId message, release(value, std::move(share), now));
        sent.push_back(message);
    }
    return sent;
}

// Covered and logged; sealed once the checkpoint over it is signed.
Result<MessageId> Pipeline::release(const cases::Case& value, Share share, Time now) {
    std::array<std::uint8_t, 10> random{};
    parts_.random.fill(random);
    const MessageId message{
        uuid7(static_cast<std::uint64_t>(parts_.clock.now().time_since_epoch().count()), random)};
    const sealing::CoverOrder order{.from = value.draft.from,
                                    .key = keys::desk_key_fingerprint(share.recipient),
                                    .message = message,
                                    .created = now,
                                    .expires = now + schema::kMaxCoverLife};
    model::Covered covered = sealing::cover(std::move(share.disclosed), order,
                                            parts_.self.sign_name, parts_.self.keys.sign);
    const Decided record = decided(covered, *value.approval, parts_.config, parts_.random);
    LAPX_TRY(parts_.log.append(schema::EntryKind::kDecided, as_bytes(record.record), record.texts));
    LAPX_TRY_ASSIGN(const std::uint64_t leaf,
                    log(schema::EntryKind::kSent, schema::print_sent_record({covered.digest()})));
    outgoing_.push_back({std::move(covered), share.recipient, value.seq, leaf});
    return message;
}

Result<void> Pipeline::store_outgoing(const Outgoing& outgoing,
                                      const ledger::SignedCheckpoint& head) {
    const schema::Cover& cover = outgoing.covered.cover();
    LAPX_TRY_ASSIGN(const std::string proof, parts_.log.proof(outgoing.leaf, head.checkpoint.size));
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
    const delivery::Message message{.seq = 0,
                                    .agency = parts_.self.agency(),
                                    .id = cover.message,
                                    .referral = outgoing.referral,
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
    LAPX_TRY(parts_.delivery.enqueue(seq, cover.to.agency(), sealed, head.checkpoint.size, now));
    to_pump_.insert(cover.to.agency());
    return {};
}

void Pipeline::receive(const transport::Inbound& inbound) {
    if (fatal_) {
        return;
    }
    if (const Result<void> taken = take(inbound); !taken) {
        if (severity(taken.error().code) == Severity::kFatal) {
            fatal_ = taken.error();
        }
        parts_.round.fail_with(taken.error());
    }
}

Result<void> Pipeline::take_parcel(const transport::Inbound& inbound,
                                   const schema::ParcelFrame& frame) {
    Answer& answer = answers_[inbound.from];
    if (!may_sign()) {
        refuse(inbound.from, frame.message, Code::kStarting);
        return {};
    }
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(Verdict verdict, inbound_.examine(inbound.from, frame));
    if (auto* accepted = std::get_if<Accepted>(&verdict)) {
        return store_accepted(inbound, *accepted);
    }
    if (auto* turned_away = std::get_if<TurnedAway>(&verdict)) {
        return store_turned_away(inbound, *turned_away);
    }
    if (auto* repeated = std::get_if<Repeated>(&verdict)) {
        answer.entries.emplace_back(repeated->message.id, repeated->message.leaf);
        return {};
    }
    if (auto* reused = std::get_if<Reused>(&verdict)) {
        refuse(inbound.from, frame.message, Code::kMessageIdReused);
        LAPX_TRY(parts_.round.begin());
        LAPX_TRY(parts_.delivery.keep_disputed(inbound.from, frame.message, reused->cover,
                                               parts_.clock.seconds()));
        return conflict(
            inbound.from, Code::kMessageIdReused,
            {ContentDigest{reused->held.bytes}, keys::digest_of<ContentDigest>(reused->cover)});
    }
    const auto& refused = std::get<Refused>(verdict);
    log::warn({"parcel from ", inbound.from.text(), " refused: ", to_string(refused.code), ": ",
               refused.detail});
    refuse(inbound.from, frame.message, refused.code);
    return {};
}

namespace {

delivery::Message incoming_message(const model::Unsealed& parcel, std::uint64_t leaf, Time now) {
    const schema::Cover& cover = parcel.cover;
    return {.seq = 0,
            .agency = cover.from.agency(),
            .id = cover.message,
            .referral = {},
            .peer = cover.from.agency(),
            .desk = cover.to.id(),
            .act = cover.act,
            .cover = parcel.digest,
            .created = cover.created,
            .expires = cover.expires,
            .state = delivery::State::kReceived,
            .changed = now,
            .outcome = {},
            .leaf = leaf};
}

}  // namespace

Result<void> Pipeline::store_accepted(const transport::Inbound& inbound, const Accepted& accepted) {
    const model::Unsealed& parcel = accepted.opened.parcel();
    const Time now = parts_.clock.seconds();
    LAPX_TRY_ASSIGN(const std::uint64_t leaf,
                    log(schema::EntryKind::kReceived,
                        schema::print_received_record({parcel.digest, std::nullopt})));
    LAPX_TRY_ASSIGN(const std::int64_t referral, parts_.cases.add_incoming(accepted.opened, now));
    delivery::Message message = incoming_message(parcel, leaf, now);
    message.referral = referral;
    LAPX_TRY(parts_.delivery.add(message, parcel.content.cover, parcel.content.proof));
    answers_[inbound.from].entries.emplace_back(message.id, leaf);
    return {};
}

Result<void> Pipeline::store_turned_away(const transport::Inbound& inbound,
                                         const TurnedAway& turned_away) {
    const Time now = parts_.clock.seconds();
    log::warn({"parcel ", to_string(turned_away.parcel.cover.message), " from ",
               inbound.from.text(), " turned away: ", to_string(turned_away.code)});
    LAPX_TRY_ASSIGN(
        const std::uint64_t leaf,
        log(schema::EntryKind::kReceived,
            schema::print_received_record({turned_away.parcel.digest, turned_away.code})));
    delivery::Message message = incoming_message(turned_away.parcel, leaf, now);
    message.state = delivery::State::kTurnedAway;
    message.outcome = turned_away.code;
    LAPX_TRY(parts_.delivery.add(message, turned_away.parcel.content.cover,
                                 turned_away.parcel.content.proof));
    answers_[inbound.from].entries.emplace_back(message.id, leaf);
    if (turned_away.code == Code::kLedgerConflict) {
        return conflict(inbound.from, turned_away.code, ledgers_.evidence());
    }
    return {};
}

Result<void> Pipeline::finish_round() {
    if (fatal_) {
        return tl::unexpected<Error>(*fatal_);
    }
    LAPX_TRY_ASSIGN(const RoundOutcome outcome,
                    parts_.round.finish(
                        [this](const ledger::SignedCheckpoint& head) { return prepare(head); }));
    if (outcome == RoundOutcome::kNeverHappened) {
        give_up();
    } else {
        let_go();
    }
    return {};
}

// Before the commit: what the database must hold of what leaves.
Result<void> Pipeline::prepare(const ledger::SignedCheckpoint& head) {
    for (const auto& [agency, frame] : std::exchange(cosignatures_, {})) {
        LAPX_TRY(keep_cosignature(agency, frame));
    }
    for (const Outgoing& outgoing : outgoing_) {
        LAPX_TRY(store_outgoing(outgoing, head));
    }
    return {};
}

// After the commit: answers, parcels, and what else waited for it.
void Pipeline::let_go() {
    outgoing_.clear();
    const auto answers = std::exchange(answers_, {});
    auto to_cosign = ledgers_.due();
    if (answers.empty() && std::exchange(admissions_dirty_, false)) {
        admissions_changed_();  // nobody waits for an answer on a connection that this may cut
    }
    const auto head = parts_.log.head();
    for (const auto& [peer, answer] : answers) {
        auto due = to_cosign.extract(peer);
        if (head) {
            tell(peer, answer, head->newest, due ? std::optional(due.mapped()) : std::nullopt);
        }
    }
    for (const auto& [peer, checkpoint] : to_cosign) {
        parts_.transport.send(peer, schema::encode_frame(cosign(checkpoint)));
    }
    for (const Agency& peer : std::exchange(to_pump_, {})) {
        pump(peer);
    }
}

// The round never happened: its parcels are to come again, and memory is what the database says.
void Pipeline::give_up() {
    outgoing_.clear();
    to_pump_.clear();
    admissions_dirty_ = false;
    ledgers_.forget();
    auto answers = std::exchange(answers_, {});
    for (const auto& [peer, answer] : answers) {
        for (const auto& [message, leaf] : answer.entries) {
            refuse(peer, message, Code::kDiskFull);
        }
    }
    for (const auto& [peer, answer] : std::exchange(answers_, {})) {
        for (const schema::RefusalFrame& refusal : answer.refusals) {
            parts_.transport.send(peer, schema::encode_frame(refusal));
        }
    }
    if (const auto loaded = parts_.contacts.load(); !loaded) {
        fatal_ = loaded.error();
    }
}

void Pipeline::refuse(const Agency& peer, const MessageId& message, Code code) {
    std::uint64_t seen = 0;
    if (const contacts::Contact* contact = parts_.contacts.find(peer)) {
        if (const auto held = ledgers_.held(*contact); held && *held) {
            seen = (*held)->checkpoint.size;
        }
    }
    answers_[peer].refusals.push_back({.message = message,
                                       .code = code,
                                       .final = severity(code) != Severity::kTransient,
                                       .retry_after = retry_after(code),
                                       .seen_size = seen});
}

void Pipeline::tell(const Agency& peer, const Answer& answer, const ledger::SignedCheckpoint& head,
                    std::optional<schema::Checkpoint> to_cosign) {
    for (const schema::RefusalFrame& refusal : answer.refusals) {
        parts_.transport.send(peer, schema::encode_frame(refusal));
    }
    std::optional<schema::CosignatureFrame> cosignature;
    if (to_cosign) {
        cosignature = cosign(*to_cosign);
    }
    schema::ReceiptsFrame frame{
        .checkpoint = head.note, .link = {}, .entries = {}, .cosignature = {}};
    std::size_t octets = 0;
    const auto flush = [&] {
        frame.link = link_for(conversations_[peer], head.checkpoint.size);
        frame.cosignature = std::exchange(cosignature, std::nullopt);
        parts_.transport.send(peer, schema::encode_frame(frame));
        frame.entries.clear();
        octets = 0;
    };
    for (const auto& [message, leaf] : answer.entries) {
        auto proof = parts_.log.proof_head(leaf, head.checkpoint.size);
        if (!proof) {
            log::error(
                {"no proof for entry ", std::to_string(leaf), ": ", to_string(proof.error().code)});
            continue;
        }
        octets += proof->size();
        frame.entries.push_back({message, std::move(*proof)});
        if (frame.entries.size() == schema::kMaxReceipts || octets > kReceiptsFrame) {
            flush();
        }
    }
    if (!frame.entries.empty()) {
        flush();
    } else if (cosignature) {
        parts_.transport.send(peer, schema::encode_frame(*cosignature));
    }
}

}  // namespace lapx::daemon
