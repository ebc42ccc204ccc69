#pragma once
// Makes use of relays (protocol.md 8.8): deposits what waits for peers that are away, and fetches
// what was deposited for us. The outbox goes on being the only truth: what a relay loses is
// deposited again until a receipt has come.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "daemon/carried.hpp"
#include "daemon/contacts/contacts.hpp"
#include "daemon/conversations.hpp"
#include "daemon/delivery/delivery.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

// A message that waits for its receipt and was given to a relay.
struct Deposit {
    enum class State : std::uint8_t {
        kUnanswered,
        kKept,
        kTurnedAway,  // the relay takes nothing for its owner now
        kUnfit,       // another one would not take it either
    };
    Agency relay;
    State state = State::kUnanswered;
    std::optional<Code> code = {};  // why it is not kept
    std::uint64_t connection = 0;   // of the relay, counted
    loop::Instant at{};
    loop::Instant looked{};  // when it still waited
};

// What a RelayClient works on; all of it outlives the client.
struct RelayClientParts {
    const Agency& agency;  // ours
    const schema::Notice& notice;
    const contacts::Contacts& contacts;
    const Conversations& conversations;
    const config::Relay& config;
    delivery::Delivery& delivery;
    transport::Transport& transport;
    const Clock& clock;
    const loop::Monotonic& monotonic;
    Random& random;
};

class RelayClient {
  public:
    // Makes the file of a message that waits, in the open round.
    using SealMessage = std::function<Result<SealedFile>(const delivery::Message&)>;
    // Makes the file of our card and notice.
    using SealPapers = std::function<Result<SealedFile>(const contacts::Contact& to)>;

    RelayClient(const RelayClientParts& parts, SealMessage seal, SealPapers seal_papers,
                Complain complain)
        : parts_(parts),
          started_(parts.monotonic.now()),
          seal_(std::move(seal)),
          seal_papers_(std::move(seal_papers)),
          complain_(std::move(complain)) {}

    // Now and then: deposits what waits, and asks again for files that got lost on their way.
    Result<void> tick();
    // The message was answered.
    void settled(const Agency& peer, std::int64_t message);
    // Whether the frame had an effect.
    Result<bool> take(const Agency& from, const schema::RelayAnswerFrame& frame);

    // Whether a file of that relay was asked for; now it has come.
    bool take_item(const Agency& from);
    // In the open round: whatever became of it, it need not be kept any longer. The answer is
    // deposited, where there is one and its sender is away.
    void took(const Agency& from, const schema::DepositId& deposit,
              const std::optional<TakenFile>& taken);

    void greeted(const Agency& peer);
    void disconnected(const Agency& peer);

    // The round was committed; or it never happened.
    void let_go();
    void give_up();

    // A relay that the agency names, that we trust and are connected to, and that takes something
    // for it now; not `other_than`, if there is another.
    std::optional<Agency> relay_for(const contacts::Contact& peer,
                                    const std::optional<Agency>& other_than) const;
    // With which relay a message is; or, where it is with none, one that takes nothing now.
    std::optional<Deposit> deposited(const Agency& peer, std::int64_t message) const;

  private:
    // It came by hand, with the card.
    static constexpr std::uint64_t kFirstNotice = 1;

    // Who is away: what of the outbox went to its relays. A pass goes over all that is due.
    struct Owner {
        std::int64_t cursor = 0;    // outbox rows up to here were looked at in this pass
        loop::Instant pass{};       // its beginning
        loop::Instant next_pass{};  // not before then
        std::map<std::int64_t, Deposit> deposits;  // by message
        // Its relays that refused something for it, or did not answer.
        struct Pause {
            std::optional<Code> code = {};  // of a refusal
            loop::Instant until{};          // it is given nothing before
            std::uint64_t refusals = 0;     // since it last kept something
        };
        std::map<Agency, Pause> pauses;
        std::uint64_t notice = kFirstNotice;  // of ours that it was given, by its serial
        loop::Instant notice_given{};
    };
    // An answer to somebody who is away, until a relay keeps it.
    struct Answer {
        Agency to;
        SealedFile file;
        loop::Instant next{};              // it is not deposited before
        std::optional<Agency> relay = {};  // that has not answered yet
    };
    // A relay that has files of ours for others, or of others for us.
    struct Relay {
        std::uint64_t connection = 0;  // one more each time that it is lost
        std::size_t unanswered = 0;    // deposits, on this connection
        std::size_t to_fetch = 0;      // files that it was asked for and that did not come
        loop::Instant fetched{};       // when it was asked
        std::deque<schema::FrameMessage> waiting;  // deposits, until it takes them in
    };
    // What of one tick is left for deposits. The last may cost more: that is of the ticks after.
    struct Room {
        std::size_t looks = 0;
        std::int64_t units = 0;
        bool any() const { return looks > 0 && units > 0; }
    };

    Result<void> look_for_deposits();
    Result<void> deposit_what_waits(const contacts::Contact& peer);
    Result<void> deposit_papers(const contacts::Contact& peer, Owner& owner);
    std::optional<Agency> relay_after(const contacts::Contact& peer, Deposit& last);
    Result<void> deposit(const contacts::Contact& peer, Owner& owner, std::int64_t message);
    bool is_usable(const Agency& relay, const Agency& owner) const;
    std::uint64_t connection_of(const Agency& relay) const;
    void heard(const Agency& relay, const Agency& owner, const std::optional<Code>& refused);
    // The relay refused a deposit for that owner; without a code, it did not answer it.
    void pause(const Agency& relay, const Agency& owner, const std::optional<Code>& refused);
    std::optional<Agency> any_relay_for(const contacts::Contact& peer) const;
    bool is_ours(const Agency& relay) const;
    void fetch_from(const Agency& relay, const std::optional<schema::DepositId>& after);
    void look_at_our_relays();
    void take_over_answers();
    void deposit_answers();
    bool send(const Agency& relay, const schema::FrameMessage& frame);

    RelayClientParts parts_;
    loop::Instant started_;
    SealMessage seal_;
    SealPapers seal_papers_;
    Complain complain_;
    std::map<Agency, Owner> owners_;
    std::map<Agency, Relay> relays_;
    std::map<Agency, loop::Instant> away_since_;
    Room room_;
    std::string deposited_for_;  // whose turn it was last
    std::map<schema::DepositId, Answer> answers_;

    // Of the open round.
    std::vector<std::pair<Agency, schema::FrameMessage>> of_round_;
    std::vector<std::pair<Agency, SealedFile>> answers_of_round_;
};

}  // namespace lapx::daemon
