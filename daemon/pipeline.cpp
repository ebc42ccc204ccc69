#include "daemon/pipeline.hpp"

#include <algorithm>

#include "daemon/decisions.hpp"
#include "daemon/log/log.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

// A peer that cannot be dialled may yet dial us, if we can be.
bool is_nobody_to_ask(const contacts::Contacts& contacts, const config::Config& config) {
    return std::none_of(contacts.all().begin(), contacts.all().end(), [&](const auto& entry) {
        return entry.second.is_trusted() && entry.second.notice &&
               !(entry.second.notice->notice.endpoints.empty() && config.node.listen.empty());
    });
}

}  // namespace

Pipeline::Pipeline(const PipelineParts& parts, std::function<void()> admissions_changed)
    : parts_(parts),
      ledgers_(parts.database),
      inbound_(parts.self, parts.contacts, parts.cases, parts.delivery, ledgers_, parts.clock),
      admissions_changed_(std::move(admissions_changed)),
      answers_(parts.self, parts.clock, parts.log, parts.contacts, ledgers_, parts.transport,
               conversations_),
      approvals_(parts_, [this](auto kind, auto data) { return log(kind, data); }),
      files_(parts_, conversations_, ledgers_, answers_),
      reach_(parts.contacts, parts.transport, conversations_, parts.clock, parts.monotonic),
      started_(parts.monotonic.now()),
      confirmed_(is_nobody_to_ask(parts.contacts, parts.config)),
      clock_check_(parts.clock_is_right),
      wal_([&database = parts.database] { return database.truncate_wal(); }),
      service_(
          parts_, [this](auto kind, auto data) { return log(kind, data); },
          [this](const Agency& peer, std::string_view what) { complain_of(peer, {what}); }),
      pulls_(
          parts_, conversations_, [this](auto kind, auto data) { return log(kind, data); },
          [this](const Agency& peer, std::string_view what) { complain_of(peer, {what}); }),
      relay_service_(
          {parts.contacts, conversations_, parts.relay, parts.round, parts.transport, parts.clock,
           parts.monotonic},
          [this](const Agency& peer, std::string_view what) { complain_of(peer, {what}); }),
      relay_client_(
          {parts.self.agency(), parts.self.notice, parts.contacts, conversations_,
           parts.config.relay, parts.delivery, parts.transport, parts.clock, parts.monotonic,
           parts.random},
          [this](const delivery::Message& message) { return files_.parcel(message); },
          [this](const contacts::Contact& to) { return files_.papers(to); },
          [this](const Agency& peer, std::string_view what) { complain_of(peer, {what}); }) {
    check_clock();  // before anybody is shut out by it
    look_at_own_keys();
}

Result<std::uint64_t> Pipeline::log(schema::EntryKind kind, std::string_view data) {
    if (!may_sign()) {
        return fail(refusal_while_silent());
    }
    return append(kind, data);
}

Result<std::uint64_t> Pipeline::append(schema::EntryKind kind, std::string_view data) {
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(const ledger::Appended appended, parts_.log.append(kind, as_bytes(data)));
    return appended.index;
}

void Pipeline::receive(const transport::Inbound& inbound) {
    if (fatal_ || is_overdrawn(inbound)) {
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
    if (answers_.is_deaf(inbound.from)) {
        ++counters_.deaf;
        complain_of(inbound.from, {"parcel dropped: it takes in no answers"});
        return {};
    }
    if (may_sign() && is_over_quota(inbound, frame)) {
        return {};
    }
    LAPX_TRY_ASSIGN(const Admission admission, admit_parcel(inbound.from, frame));
    if (admission.effect) {
        had_effect(inbound);
    }
    answer(inbound.from, frame.message, admission);
    return {};
}

void Pipeline::answer(const Agency& peer, const MessageId& message, const Admission& admission) {
    if (admission.leaf) {
        answers_.receipt(peer, message, *admission.leaf);
    } else {
        answers_.refuse(peer, message, *admission.refused);
    }
}

// The same for a parcel however it came: over a connection or as a file.
Result<Admission> Pipeline::admit_parcel(const Agency& from, const schema::ParcelFrame& frame) {
    if (!may_sign()) {
        return Admission{.refused = refusal_while_silent(), .effect = true};  // no fault of its own
    }
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(Verdict verdict, inbound_.examine(from, frame));
    if (auto* accepted = std::get_if<Accepted>(&verdict)) {
        ++counters_.accepted;
        return store_accepted(*accepted);
    }
    if (auto* moved = std::get_if<AcceptedMove>(&verdict)) {
        ++counters_.accepted;
        return store_moved(*moved);
    }
    if (auto* turned_away = std::get_if<TurnedAway>(&verdict)) {
        ++counters_.turned_away;
        return store_turned_away(*turned_away);
    }
    if (auto* repeated = std::get_if<Repeated>(&verdict)) {
        ++counters_.repeated;
        return Admission{.refused = repeated->message.outcome, .leaf = repeated->message.leaf};
    }
    ++counters_.refused;
    if (auto* reused = std::get_if<Reused>(&verdict)) {
        return store_reused(from, frame.message, *reused);
    }
    const auto& refused = std::get<Refused>(verdict);
    complain_of(from, {"parcel refused: ", to_string(refused.code), ": ", refused.detail});
    // It may be signed with a key that only the card names which waits to be taken.
    const bool too_soon =
        refused.code == Code::kSignatureInvalid && conversations_[from].papers_waiting;
    return Admission{.refused = too_soon ? Code::kQuota : refused.code};
}

delivery::Message Pipeline::incoming_message(const model::Unsealed& parcel, std::uint64_t leaf,
                                             Time now) {
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

Result<Admission> Pipeline::store_accepted(const Accepted& accepted) {
    const model::Unsealed& parcel = accepted.opened.parcel();
    const Time now = parts_.clock.seconds();
    LAPX_TRY_ASSIGN(const std::uint64_t leaf,
                    log(schema::EntryKind::kReceived,
                        schema::print_received_record({parcel.digest, std::nullopt})));
    LAPX_TRY_ASSIGN(const std::int64_t referral,
                    parts_.cases.add_incoming(accepted.opened, accepted.opener, now));
    delivery::Message message = incoming_message(parcel, leaf, now);
    message.referral = referral;
    LAPX_TRY(parts_.delivery.add(message, parcel.content.cover, parcel.content.proof));
    LAPX_TRY(pulls_.want_small_ones(referral));
    return Admission{.leaf = leaf, .effect = true};
}

// Evidence against its sender.
Result<Admission> Pipeline::store_reused(const Agency& from, const MessageId& message,
                                         const Reused& reused) {
    LAPX_TRY(parts_.delivery.keep_disputed(from, message, reused.cover, parts_.clock.seconds()));
    LAPX_TRY(
        conflict(from, Code::kMessageIdReused,
                 {ContentDigest{reused.held.bytes}, keys::digest_of<ContentDigest>(reused.cover)}));
    return Admission{.refused = Code::kMessageIdReused};
}

Result<Admission> Pipeline::store_turned_away(const TurnedAway& turned_away) {
    const Time now = parts_.clock.seconds();
    const Agency& from = turned_away.parcel.cover.from.agency();
    complain_of(from, {"parcel ", to_string(turned_away.parcel.cover.message),
                       " turned away: ", to_string(turned_away.code)});
    LAPX_TRY_ASSIGN(
        const std::uint64_t leaf,
        log(schema::EntryKind::kReceived,
            schema::print_received_record({turned_away.parcel.digest, turned_away.code})));
    delivery::Message message = incoming_message(turned_away.parcel, leaf, now);
    message.state = delivery::State::kTurnedAway;
    message.outcome = turned_away.code;
    LAPX_TRY(parts_.delivery.add(message, turned_away.parcel.content.cover,
                                 turned_away.parcel.content.proof));
    if (turned_away.code == Code::kLedgerConflict) {
        LAPX_TRY(conflict(from, turned_away.code, ledgers_.evidence()));
    }
    return Admission{.refused = turned_away.code, .leaf = leaf};
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
        LAPX_TRY_ASSIGN(const bool newer, keep_cosignature(agency, frame));
        if (newer) {
            conversations_[agency].quota.give_back(frame.cosignature.size());
        }
    }
    for (const Outgoing& outgoing : outgoing_) {
        LAPX_TRY(store_outgoing(outgoing, head));
    }
    return files_.prepare(head);
}

// After the commit: answers, parcels, and what else waited for it.
void Pipeline::let_go() {
    parts_.delivery.committed();
    outgoing_.clear();
    files_.forget();
    if (!answers_.gathered() && std::exchange(admissions_dirty_, false)) {
        admissions_changed_();  // nobody waits for an answer on a connection that this may cut
    }
    answers_.let_go();
    parts_.log.forget_openings();
    relay_service_.let_go();
    relay_client_.let_go();
    for (const Agency& peer : std::exchange(to_pump_, {})) {
        pump(peer);
    }
}

// The round never happened: its parcels are to come again, and memory is what the database says.
void Pipeline::give_up() {
    outgoing_.clear();
    files_.forget();
    relay_service_.give_up();
    relay_client_.give_up();
    to_pump_.clear();
    answers_.give_up();
    service_.look_again();
    // Receipts may be lost with it: what has no answer is sent again.
    for (auto& [peer, conversation] : conversations_) {
        conversation.send_again();
    }
    if (const auto loaded = parts_.contacts.load(); !loaded) {
        fatal_ = loaded.error();
    }
}

}  // namespace lapx::daemon
