// The pipeline's conversation with peers: greetings, cosignatures, and what happens now and then.

#include <algorithm>

#include "daemon/ledger/check.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::minutes kExpiryTolerance{10};
constexpr std::chrono::days kUploadLife{1};
constexpr std::chrono::hours kGreetEvery{1};  // a connection that stands

}  // namespace

void Pipeline::on_connected(const Agency& peer, transport::Route route) {
    Conversation& conversation = conversations_[peer];
    if (may_log(peer, conversation, parts_.monotonic.now())) {
        log::info({"connected: ", peer.text()});
    }
    // Who comes anew while another connection of its stands may have lost that one long before we
    // notice: what is under way there is sent again once it has said anew what it holds.
    if (!conversation.routes.empty()) {
        conversation.came_anew = true;
        conversation.send_again();
    }
    conversation.routes.emplace(route, Speaker::kUnknown);
    greet(peer, route);
}

// What was under way on that connection may be lost: it is sent again once the peer has said anew
// what it holds.
void Pipeline::on_disconnected(const Agency& peer, transport::Route route) {
    Conversation& conversation = conversations_[peer];
    if (may_log(peer, conversation, parts_.monotonic.now())) {
        log::info({"disconnected: ", peer.text()});
    }
    conversation.routes.erase(route);
    // Where a Hello was heard on another connection that stands, it does not come again.
    const auto is_silent = [](const auto& one) { return one.second == Speaker::kUnknown; };
    const auto& others = conversation.routes;
    const bool greeted =
        conversation.greeted && !std::all_of(others.begin(), others.end(), is_silent);
    conversation.restart();
    conversation.greeted = greeted;
    conversation.came_anew = greeted && std::any_of(others.begin(), others.end(), is_silent);
    answers_.forget(peer);
    service_.forget(peer);
    pulls_.disconnected(peer);
    relay_service_.disconnected(peer);
    relay_client_.disconnected(peer);
    greet(peer);
}

void Pipeline::greet(const Agency& peer) {
    const Conversation& conversation = conversations_[peer];
    if (!conversation.routes.empty()) {
        greet(peer, conversation.routes.rbegin()->first);
    }
}

// Says who we are and what we hold of the peer's log.
void Pipeline::greet(const Agency& peer, transport::Route route) {
    std::string seen;
    if (const contacts::Contact* contact = parts_.contacts.find(peer)) {
        if (const auto held = ledgers_.held(*contact); held && *held) {
            seen = (*held)->note;
        }
    }
    conversations_[peer].greeted_at = parts_.monotonic.now();
    parts_.transport.send(
        route, schema::encode_frame(schema::HelloFrame{
                   parts_.self.card_note, parts_.self.notice_note, seen, parts_.clock.seconds()}));
}

Result<void> Pipeline::take(const transport::Inbound& inbound) {
    const auto message = schema::decode_frame(inbound.payload);
    if (!message) {
        ++counters_.malformed;
        complain_of(inbound.from, {"frame dropped: ", to_string(message.error().code), ": ",
                                   message.error().context});
        return {};
    }
    Conversation& conversation = conversations_[inbound.from];
    conversation.last_seen = parts_.clock.seconds();
    if (const auto* hello = std::get_if<schema::HelloFrame>(&*message)) {
        return take_hello(inbound, *hello);
    }
    if (speaker_on(inbound) == Speaker::kAnother) {
        return {};  // what it says is not of the agency for which its connection counts so far
    }
    if (const auto* parcel = std::get_if<schema::ParcelFrame>(&*message)) {
        return take_parcel(inbound, *parcel);
    }
    if (!may_sign() || parts_.contacts.trusted(inbound.from) == nullptr) {
        // Answers come again when their question does; nobody else was asked anything.
        if (const auto* put = std::get_if<schema::RelayPutFrame>(&*message)) {
            relay_service_.refuse(inbound.from, *put,
                                  may_sign() ? Code::kQuarantine : refusal_while_silent());
        }
        return {};
    }
    if (const auto* receipts = std::get_if<schema::ReceiptsFrame>(&*message)) {
        LAPX_TRY_ASSIGN(const Taken taken, take_receipts(inbound.from, *receipts));
        if (taken.dropped == Code::kCheckpointGap) {
            ask_again(*parts_.contacts.trusted(inbound.from), *receipts);
        }
        return credit(inbound, taken.effect);
    }
    if (const auto effect = take_of_exhibit(inbound.from, *message)) {
        return credit(inbound, *effect);
    }
    if (const auto* refusal = std::get_if<schema::RefusalFrame>(&*message)) {
        if (refusal->code == Code::kCheckpointGap) {  // of a parcel, or of receipts
            conversation.holds = std::min(refusal->seen_size, parts_.log.size());
        }
        return credit(inbound, take_refusal(inbound.from, *refusal));
    }
    if (const auto* cosignature = std::get_if<schema::CosignatureFrame>(&*message)) {
        cosignatures_.emplace_back(inbound.from, *cosignature);
        return {};
    }
    if (const auto* request = std::get_if<schema::ReachRequestFrame>(&*message)) {
        reach_.take(inbound.from, *request);
        return {};
    }
    if (const auto* answer = std::get_if<schema::ReachAnswerFrame>(&*message)) {
        reach_.take(inbound.from, *answer);
        return {};
    }
    return credit(inbound, take_of_relay(inbound.from, *message));
}

void Pipeline::complain_of(const Agency& peer, std::initializer_list<std::string_view> what) {
    if (!may_log(peer, conversations_[peer], parts_.monotonic.now())) {
        return;
    }
    std::string line = peer.text() + ": ";
    for (const std::string_view part : what) {
        line += part;
    }
    log::warn({line});
}

// What a peer holds of our own log: the start of the links we send it, and our guard against having
// been rolled back.
void Pipeline::take_seen(const Agency& from, const std::string& seen) {
    Conversation& conversation = conversations_[from];
    const contacts::Contact* contact = parts_.contacts.trusted(from);
    if (seen.empty()) {
        confirmed_ = confirmed_ || (contact != nullptr && contact->cosigned_size == 0);
        return;
    }
    const auto checkpoint = ledger::check_checkpoint(seen, std::span(&parts_.self.ledger_key, 1));
    if (!checkpoint) {
        complain_of(from, {"it holds a checkpoint that is not ours"});
        return;
    }
    const auto own = ledger::checkpoint_at(parts_.database, checkpoint->size);
    if (!own || own->checkpoint.root != checkpoint->root) {
        log::critical({from.text(), " holds a checkpoint of ours, size ",
                       std::to_string(checkpoint->size),
                       ", that this ledger does not contain: signing stops"});
        halted_ =
            Error{Code::kLedgerBroken,
                  "a peer holds a later or other state of our ledger: was an old backup restored?"};
        return;
    }
    // One that held more once has nothing to say about the newest.
    confirmed_ = confirmed_ || (contact != nullptr && checkpoint->size >= contact->cosigned_size);
    // A greeting may have been overtaken by what we sent since, on another connection of this peer.
    conversation.holds = std::max(conversation.holds, checkpoint->size);
}

void Pipeline::ledger_checked(const Result<ledger::Verification>& found) {
    if (!found) {
        log::error({"the ledger could not be checked: ", to_string(found.error().code)});
        return;
    }
    for (const std::string& problem : found->problems) {
        log::critical({"ledger: ", problem});
    }
    if (!found->ok()) {
        halted_ = Error{Code::kLedgerBroken,
                        "this node's ledger is not what was logged; lapx ledger verify says where"};
        return;
    }
    log::info({"ledger checked: ", std::to_string(found->size), " entries, sound"});
}

// Whether it is good, and of a newer checkpoint than any before.
Result<bool> Pipeline::keep_cosignature(const Agency& from, const schema::CosignatureFrame& frame) {
    const contacts::Contact* peer = parts_.contacts.find(from);
    if (peer == nullptr) {
        return false;
    }
    auto kept = parts_.log.add_cosignature(frame.cosigned_size, frame.cosignature,
                                           peer->card.witness.front());
    if (!kept) {
        if (severity(kept.error().code) == Severity::kFatal) {
            return tl::unexpected<Error>(kept.error());
        }
        complain_of(from, {"cosignature dropped: ", to_string(kept.error().code)});
        return false;
    }
    if (frame.cosigned_size <= peer->cosigned_size) {
        return false;
    }
    LAPX_TRY(parts_.contacts.set_cosigned(from, frame.cosigned_size));
    return true;
}

// Evidence is kept, the ledger says so, and nothing of that agency is accepted until a person has
// looked.
Result<void> Pipeline::conflict(const Agency& with, Code what,
                                std::vector<ContentDigest> evidence) {
    log::critical(
        {with.text(), ": ", to_string(what), ": evidence is kept, the agency is suspended"});
    LAPX_TRY(log(schema::EntryKind::kConflict,
                 schema::print_conflict_record({what, std::move(evidence)})));
    if (parts_.contacts.trusted(with) == nullptr) {
        return {};  // shut out already
    }
    LAPX_TRY_ASSIGN(const auto changes,
                    parts_.contacts.suspend(with, "node", parts_.clock.seconds()));
    return log_changes(changes);
}

Result<void> Pipeline::expire(Time now) {
    if (!may_sign()) {
        return {};  // a clock that may be wrong ends nothing
    }
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(const auto changes, parts_.contacts.settle_vouched(now));
    LAPX_TRY(log_changes(changes));
    LAPX_TRY(parts_.delivery.expire(now - kExpiryTolerance, now));
    return parts_.exhibits.drop_uploads(now - kUploadLife);
}

void Pipeline::tick() {
    // Not in the round itself: an answer to somebody who is now shut out has to leave first.
    if (std::exchange(admissions_dirty_, false)) {
        admissions_changed_();
    }
    empty_wal();
    check_clock();  // before what a wrong one would spoil
    tend_papers();
    reach_.tick();
    for (auto& [peer, conversation] : conversations_) {
        look_for_losses(conversation);
        if (const auto taken = take_waiting_papers(peer); !taken) {
            parts_.round.fail_with(taken.error());
        }
        if (!conversation.routes.empty() &&
            parts_.monotonic.now() - conversation.greeted_at > kGreetEvery) {
            greet(peer);
        }
        // Retries that came due lie before the cursor; what is under way is not sent twice.
        if (conversation.retry_at &&
            delivery::is_due(*conversation.retry_at, parts_.clock.seconds())) {
            const auto later = parts_.delivery.next_due(peer, parts_.clock.seconds());
            conversation.retry_at = later ? *later : std::nullopt;
            conversation.cursor = 0;
        }
        answers_.settle(peer);
        pump(peer);
    }
    tend_relaying();
    tend_exhibits();
    if (const auto released = release_due(); !released) {
        parts_.round.fail_with(released.error());
    }
    const Time clock = parts_.clock.seconds();
    if (std::chrono::abs(clock - last_expiry_) > std::chrono::minutes(1)) {
        last_expiry_ = clock;
        admissions_changed_();  // notices run out
        remind(clock);
        if (const auto swept = expire(clock); !swept) {
            parts_.round.fail_with(swept.error());
        }
    } else if (!cosignatures_.empty()) {
        if (const auto begun = parts_.round.begin(); !begun) {
            parts_.round.fail_with(begun.error());
        }
    }
}

}  // namespace lapx::daemon
