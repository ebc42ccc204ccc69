#include "daemon/answers.hpp"

#include "daemon/log/log.hpp"
#include "keys/note.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::seconds kRetrySoon{2};
constexpr std::chrono::seconds kRetryLater{300};  // what takes a person to mend
// Proofs in one frame, in octets; kMaxFrame is far.
constexpr std::size_t kReceiptsFrame = std::size_t{128} * 1024;
constexpr std::size_t kMaxOwed = 4'096;  // answers that wait for one peer

std::chrono::seconds usual_retry(Code code) {
    if (severity(code) != Severity::kTransient) {
        return std::chrono::seconds::zero();
    }
    return code == Code::kQuarantine || code == Code::kCardExpired || code == Code::kClock
               ? kRetryLater
               : kRetrySoon;
}

}  // namespace

void Answers::receipt(const Agency& peer, const MessageId& message, std::uint64_t leaf) {
    of_round_[peer].receipts.push_back({message, leaf});
}

void Answers::refuse(const Agency& peer, const MessageId& message, Code code) {
    of_round_[peer].refusals.push_back(refusal(peer, message, code, usual_retry(code)));
}

void Answers::refuse(const Agency& peer, const MessageId& message, Code code,
                     std::chrono::seconds retry_after) {
    of_round_[peer].refusals.push_back(refusal(peer, message, code, retry_after));
}

schema::RefusalFrame Answers::refusal(const Agency& peer, const MessageId& message, Code code) {
    return refusal(peer, message, code, usual_retry(code));
}

schema::RefusalFrame Answers::refusal(const Agency& peer, const MessageId& message, Code code,
                                      std::chrono::seconds retry_after) {
    std::uint64_t seen = 0;
    if (const contacts::Contact* contact = contacts_.find(peer)) {
        if (const auto held = ledgers_.held(*contact); held && *held) {
            seen = (*held)->checkpoint.size;
        }
    }
    return {.message = message,
            .code = code,
            .final = severity(code) != Severity::kTransient,
            .retry_after = static_cast<std::uint32_t>(retry_after.count()),
            .seen_size = seen};
}

bool Answers::is_deaf(const Agency& peer) const {
    const auto owed = owed_.find(peer);
    return owed != owed_.end() &&
           owed->second.receipts.size() + owed->second.refusals.size() > kMaxOwed;
}

void Answers::let_go() {
    auto gathered = std::exchange(of_round_, {});
    for (auto& [peer, checkpoint] : ledgers_.due()) {
        gathered[peer].to_cosign = std::move(checkpoint);
    }
    for (auto& [peer, more] : gathered) {
        Owed& owed = owed_[peer];
        owed.receipts.insert(owed.receipts.end(), more.receipts.begin(), more.receipts.end());
        owed.refusals.insert(owed.refusals.end(), more.refusals.begin(), more.refusals.end());
        if (more.to_cosign) {
            owed.to_cosign = std::move(more.to_cosign);
        }
        settle(peer);
    }
}

void Answers::give_up() {
    auto gathered = std::exchange(of_round_, {});
    ledgers_.forget();
    for (const auto& [peer, lost] : gathered) {
        for (const Receipt& receipt : lost.receipts) {
            refuse(peer, receipt.message, Code::kDiskFull);
        }
        for (const schema::RefusalFrame& refusal : lost.refusals) {
            refuse(peer, refusal.message, Code::kDiskFull);
        }
    }
    let_go();
}

void Answers::settle(const Agency& peer) {
    const auto owed = owed_.find(peer);
    if (owed != owed_.end() && tell(peer, owed->second)) {
        owed_.erase(owed);
    }
}

// True once there is nothing left to tell it.
bool Answers::tell(const Agency& peer, Owed& owed) {
    for (; !owed.refusals.empty(); owed.refusals.pop_front()) {
        if (!send(peer, owed.refusals.front())) {
            return false;
        }
    }
    if (!owed.receipts.empty()) {
        const auto head = log_.head();
        if (!head) {
            log::error({"no checkpoint for receipts: ", to_string(head.error().code)});
            return false;
        }
        while (!owed.receipts.empty()) {
            if (!tell_receipts(peer, owed, head->newest)) {
                return false;
            }
        }
    }
    return !owed.to_cosign || send(peer, cosign(*owed.to_cosign));
}

// One frame of them; a cosignature rides along.
bool Answers::tell_receipts(const Agency& peer, Owed& owed, const ledger::SignedCheckpoint& head) {
    schema::ReceiptsFrame frame{
        .checkpoint = head.note, .link = {}, .entries = {}, .cosignature = {}};
    std::size_t octets = 0;
    std::size_t taken = 0;
    for (; taken < owed.receipts.size() && frame.entries.size() < schema::kMaxReceipts &&
           octets <= kReceiptsFrame;
         ++taken) {
        const Receipt& receipt = owed.receipts[taken];
        auto proof = log_.proof_head(receipt.leaf, head.checkpoint.size);
        if (!proof) {
            log::error({"no proof for entry ", std::to_string(receipt.leaf), ": ",
                        to_string(proof.error().code)});
            continue;
        }
        octets += proof->size();
        frame.entries.push_back({receipt.message, std::move(*proof)});
    }
    if (!frame.entries.empty()) {
        Conversation& conversation = conversations_[peer];
        const std::uint64_t held = conversation.holds;
        frame.link = link_for(conversation, log_, head.checkpoint.size);
        if (owed.to_cosign) {
            frame.cosignature = cosign(*owed.to_cosign);
        }
        if (!send(peer, frame)) {
            conversation.holds = held;
            return false;
        }
        owed.to_cosign.reset();
    }
    owed.receipts.erase(owed.receipts.begin(),
                        owed.receipts.begin() + static_cast<std::ptrdiff_t>(taken));
    return true;
}

bool Answers::send(const Agency& peer, const schema::FrameMessage& frame) {
    return transport_.send(peer, schema::encode_frame(frame)) == transport::SendResult::kSent;
}

schema::CosignatureFrame Answers::cosign(const schema::Checkpoint& checkpoint) const {
    return {keys::cosign(schema::print_checkpoint(checkpoint), self_.witness_name,
                         self_.keys.witness, clock_.seconds()),
            checkpoint.size};
}

}  // namespace lapx::daemon
