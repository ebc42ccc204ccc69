// What peers answer to what was sent: receipts and refusals.

#include <algorithm>

#include "daemon/ledger/check.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"

namespace lapx::daemon {
namespace {

constexpr std::uint64_t kQuickRetries = 3;  // of a link that began elsewhere
constexpr std::size_t kAskingAgain = 8;     // for links, of one peer
constexpr std::chrono::minutes kAskingAgainEvery{1};

// What a refusal asks for, as far as we wait.
std::chrono::seconds wait_of(const schema::RefusalFrame& frame) {
    return std::min(std::chrono::seconds(frame.retry_after), delivery::kLongestWait);
}

}  // namespace

// Receipts whose link begins elsewhere: says where ours does, and sends the parcels again for the
// stored outcome.
void Pipeline::ask_again(const contacts::Contact& peer, const schema::ReceiptsFrame& frame) {
    Conversation& conversation = conversations_[peer.agency()];
    if (!conversation.asking_again.take(parts_.monotonic.now(), kAskingAgain, kAskingAgainEvery)) {
        return;
    }
    const auto held = ledgers_.held(peer);
    const schema::RefusalFrame refusal{.message = frame.entries.front().message,
                                       .code = Code::kCheckpointGap,
                                       .final = false,
                                       .retry_after = 0,
                                       .seen_size = held && *held ? (*held)->checkpoint.size : 0};
    parts_.transport.send(peer.agency(), schema::encode_frame(refusal));
    for (const schema::ReceiptEntry& entry : frame.entries) {
        conversation.under_way.erase(entry.message);
    }
    conversation.cursor = 0;
    to_pump_.insert(peer.agency());
}

bool Pipeline::answered(const Agency& peer, const MessageId& message) {
    Conversation& conversation = conversations_[peer];
    if (conversation.under_way.erase(message) == 0) {
        return false;
    }
    conversation.last_answer = parts_.monotonic.now();
    return true;
}

Result<Pipeline::Taken> Pipeline::take_receipts(const Agency& from,
                                                const schema::ReceiptsFrame& frame) {
    const contacts::Contact* peer = parts_.contacts.find(from);
    if (peer == nullptr) {
        return Taken{.dropped = Code::kUnknownAgency};
    }
    LAPX_TRY(parts_.round.begin());
    const auto checkpoint = ledgers_.take(*peer, frame.checkpoint, schema::all_links(frame));
    if (!checkpoint) {
        if (severity(checkpoint.error().code) == Severity::kFatal) {
            return tl::unexpected<Error>(checkpoint.error());
        }
        complain_of(from, {"receipts dropped: ", to_string(checkpoint.error().code), ": ",
                           checkpoint.error().context});
        if (checkpoint.error().code == Code::kLedgerConflict) {
            LAPX_TRY(conflict(from, Code::kLedgerConflict, ledgers_.evidence()));
        }
        return Taken{.dropped = checkpoint.error().code};
    }
    if (frame.cosignature) {
        cosignatures_.emplace_back(from, *frame.cosignature);
    }
    Taken all;
    for (const schema::ReceiptEntry& entry : frame.entries) {
        LAPX_TRY_ASSIGN(const Taken one, take_receipt(*peer, *checkpoint, frame.checkpoint, entry));
        all.effect = all.effect || one.effect;
        all.dropped = all.dropped ? all.dropped : one.dropped;
    }
    to_pump_.insert(from);
    return all;
}

Result<Pipeline::Taken> Pipeline::take_receipt(const contacts::Contact& peer,
                                               const schema::Checkpoint& checkpoint,
                                               const std::string& note,
                                               const schema::ReceiptEntry& entry) {
    const bool asked = answered(peer.agency(), entry.message);
    LAPX_TRY_ASSIGN(const auto message, parts_.delivery.find(parts_.self.agency(), entry.message));
    if (!message || message->peer != peer.agency()) {
        return Taken{asked, Code::kNotFound};
    }
    if (!delivery::takes_receipt(message->state)) {
        return Taken{asked};  // settled before
    }
    const auto head = schema::parse_proof_head(entry.proof_head);
    const Result<schema::Opening> opening =
        head ? ledger::check_head(*head, checkpoint) : fail(Code::kProofInvalid);
    const Result<schema::ReceivedRecord> received =
        opening ? schema::parse_received_record(as_text(opening->data)) : fail(Code::kProofInvalid);
    if (!received || opening->entry.kind != schema::EntryKind::kReceived ||
        received->cover != message->cover) {
        complain_of(peer.agency(), {"receipt for ", to_string(entry.message),
                                    " dropped: it proves something else"});
        return Taken{asked, Code::kProofInvalid};
    }
    const std::string proof = entry.proof_head + note;
    const Time now = parts_.clock.seconds();
    LAPX_TRY(received->refusal
                 ? parts_.delivery.refuse(message->seq, *received->refusal, proof, now)
                 : parts_.delivery.deliver(message->seq, proof, now));
    relay_client_.settled(peer.agency(), message->seq);
    ++counters_.delivered;
    return Taken{.effect = true};
}

Result<bool> Pipeline::take_refusal(const Agency& from, const schema::RefusalFrame& frame) {
    Conversation& conversation = conversations_[from];
    const bool asked = answered(from, frame.message);
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(const auto message, parts_.delivery.find(parts_.self.agency(), frame.message));
    if (!message || message->peer != from || message->state != delivery::State::kSent) {
        return asked;
    }
    relay_client_.settled(from, message->seq);
    complain_of(from, {"it refused ", to_string(frame.message), ": ", to_string(frame.code),
                       frame.final ? "" : "; to be sent again"});
    const Time now = parts_.clock.seconds();
    if (frame.final) {
        LAPX_TRY(parts_.delivery.refuse(message->seq, frame.code, {}, now));
        return true;
    }
    if (frame.code == Code::kQuota) {
        conversation.paused_until =
            std::max(conversation.paused_until, parts_.monotonic.now() + wait_of(frame));
    }
    LAPX_TRY_ASSIGN(const auto waiting, parts_.delivery.waiting(message->seq));
    const std::uint64_t attempts = waiting ? waiting->attempts : 0;
    Time next = now + std::max(delivery::backoff(attempts, parts_.random), wait_of(frame));
    if (frame.code == Code::kCheckpointGap) {
        next = attempts < kQuickRetries ? now : next;
    }
    conversation.retry_at = std::min(conversation.retry_at.value_or(next), next);
    LAPX_TRY(parts_.delivery.postpone(message->seq, next, frame.code));
    return asked;
}

}  // namespace lapx::daemon
