#pragma once
// What this node owes its peers for what they sent: receipts, refusals, cosignatures. Gathered in a
// round, told after its commit; what a slow peer does not take in waits here, so that on a live
// connection no answer is lost and every link begins where the last one ended (protocol.md 8.5).

#include <deque>
#include <map>
#include <optional>

#include "daemon/conversations.hpp"
#include "daemon/ledger/log.hpp"
#include "daemon/peer_ledgers.hpp"
#include "daemon/self.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

class Answers {
  public:
    Answers(const Self& self, const Clock& clock, ledger::Log& log,
            const contacts::Contacts& contacts, PeerLedgers& ledgers,
            transport::Transport& transport, Conversations& conversations)
        : self_(self),
          clock_(clock),
          log_(log),
          contacts_(contacts),
          ledgers_(ledgers),
          transport_(transport),
          conversations_(conversations) {}

    // In the round. `leaf` is that of our `received` entry.
    void receipt(const Agency& peer, const MessageId& message, std::uint64_t leaf);
    void refuse(const Agency& peer, const MessageId& message, Code code);
    void refuse(const Agency& peer, const MessageId& message, Code code,
                std::chrono::seconds retry_after);

    // What they are made of, for who carries an answer in a file.
    schema::RefusalFrame refusal(const Agency& peer, const MessageId& message, Code code);
    schema::RefusalFrame refusal(const Agency& peer, const MessageId& message, Code code,
                                 std::chrono::seconds retry_after);
    schema::CosignatureFrame cosign(const schema::Checkpoint& checkpoint) const;

    // The round was committed: tells what it gathered, under the newest checkpoint, and cosigns
    // what became due.
    void let_go();
    // The round never happened: whoever waits for an answer of it shall come again.
    void give_up();

    // Tells what still waits, as far as the peer takes it in.
    void settle(const Agency& peer);
    // Its connection is gone, and with it the questions: they come again.
    void forget(const Agency& peer) { owed_.erase(peer); }
    bool is_owed(const Agency& peer) const { return owed_.contains(peer); }
    // The peer asks and asks and does not listen.
    bool is_deaf(const Agency& peer) const;
    // Whether the open round answers somebody.
    bool gathered() const { return !of_round_.empty(); }

  private:
    struct Receipt {
        MessageId message;
        std::uint64_t leaf;
    };
    struct Owed {
        std::deque<Receipt> receipts;
        std::deque<schema::RefusalFrame> refusals;
        std::optional<schema::Checkpoint> to_cosign;
    };
    bool tell(const Agency& peer, Owed& owed);
    bool tell_receipts(const Agency& peer, Owed& owed, const ledger::SignedCheckpoint& head);
    bool send(const Agency& peer, const schema::FrameMessage& frame);

    const Self& self_;
    const Clock& clock_;
    ledger::Log& log_;
    const contacts::Contacts& contacts_;
    PeerLedgers& ledgers_;
    transport::Transport& transport_;
    Conversations& conversations_;
    std::map<Agency, Owed> of_round_;
    std::map<Agency, Owed> owed_;
};

}  // namespace lapx::daemon
