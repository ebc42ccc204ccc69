#pragma once
// Messages, the outbox and receipts: what left or arrived, and what still has to leave. Owns the
// tables `message`, `outbox` and `receipt`. The outbox and the receipts in the database are the
// only truth about delivery.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/sealed.hpp"
#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/base/random.hpp"

namespace lapx::delivery {

// Never renumber.
enum class State : std::uint8_t {
    kSent = 1,
    kDelivered = 2,
    kRefused = 3,
    kExpired = 4,
    kReceived = 5,
    kTurnedAway = 6
};
std::string_view word_of(State state);
bool is_incoming(State state);
// Of what has expired, too: it may have been received in time, and say so late.
bool takes_receipt(State state);

struct Message {
    std::int64_t seq = 0;
    Agency agency;  // who signed the cover
    MessageId id;
    std::optional<std::int64_t> referral;
    Agency peer;       // the other side
    std::string desk;  // the desk it is for
    schema::Act act;
    CoverDigest cover;
    Time created;
    Time expires;
    State state;
    Time changed;
    std::optional<Code> outcome;  // of a refusal
    std::uint64_t leaf = 0;       // our `sent` or `received` entry
    // One more with each change of the state of any message; of this one, with its last.
    std::uint64_t change = 0;
};

struct Queued {
    std::int64_t message;
    MessageId id;
    std::string desk;
    std::uint64_t size;  // of our checkpoint inside the parcel
    Bytes sealed;
};

struct Waiting {
    std::uint64_t attempts;
    Time next_attempt;
    std::string cause;  // stable code of the last refusal, or empty
};

// Which ledger entry a message has.
struct Place {
    std::uint64_t leaf;
    std::int64_t message;
};

class Delivery {
  public:
    Delivery(store::Database& database, const keys::MasterKey& master, Random& random)
        : database_(database), master_(master), random_(random) {}

    // Stores a message with its cover and, for a received one, the sender's proof. Gives its seq;
    // Message::seq and Message::change are not read.
    Result<std::int64_t> add(const Message& message, BytesView cover, BytesView sender_proof);
    // Those whose state changed after that change, as far as that was committed, in that order; at
    // most `limit`. What a power cut may take back is not told, for its number would be given
    // again.
    Result<std::vector<Message>> changed(std::uint64_t after, std::size_t limit);
    // By signer and id: the dedupe key.
    Result<std::optional<Message>> find(const Agency& signer, const MessageId& id);
    // Errors: kNotFound.
    Result<Message> message(std::int64_t seq);
    Result<std::vector<Message>> of_referral(std::int64_t referral);
    // Of the messages with a seq above `after`, up to `last`, in that order; at most `limit`.
    Result<std::vector<Place>> places(std::int64_t after, std::int64_t last, std::size_t limit);
    struct Texts {
        std::string cover;
        std::string sender_proof;
    };
    Result<Texts> texts(std::int64_t message);

    // Evidence: a second cover under a message id of the same signer.
    Result<void> keep_disputed(const Agency& signer, const MessageId& id, BytesView cover,
                               Time now);

    Result<void> enqueue(std::int64_t message, const Agency& peer, const model::Sealed& sealed,
                         std::uint64_t size, Time now);
    // Due for this peer, oldest first, with a seq above `after`.
    Result<std::vector<Queued>> due(const Agency& peer, std::int64_t after, Time now,
                                    std::size_t limit);
    // Likewise, their seqs alone.
    Result<std::vector<std::int64_t>> due_seqs(const Agency& peer, std::int64_t after, Time now,
                                               std::size_t limit);
    // One that waits, due or not.
    Result<std::optional<Queued>> find_queued(std::int64_t message);
    // When the next one that waits is due; nothing if none waits.
    Result<std::optional<Time>> next_due(const Agency& peer, Time now);
    Result<std::optional<Waiting>> waiting(std::int64_t message);
    Result<std::uint64_t> queued();
    // A retryable refusal: try again at `next`.
    Result<void> postpone(std::int64_t message, Time next, Code cause);
    // Delivered with the recipient's proof, or finally refused; leaves the outbox. Errors:
    // kNotFound if it was settled before.
    Result<void> deliver(std::int64_t message, std::string_view proof, Time now);
    Result<void> refuse(std::int64_t message, Code outcome, std::string_view proof, Time now);
    // Messages whose covers ended before `limit` leave the outbox as expired.
    Result<std::size_t> expire(Time limit, Time now);
    // The recipient's proof, or nothing.
    Result<std::optional<std::string>> receipt(std::int64_t message);

    // All that changed is durable.
    void committed() { committed_change_ = last_change_; }
    // Of the newest change that is committed; known once changed() was asked.
    std::uint64_t last_committed() const { return committed_change_; }

  private:
    Result<void> settle(std::int64_t message, State state, std::string_view outcome,
                        std::string_view proof, Time now);
    Result<void> load_last_change();
    Result<std::uint64_t> next_change();

    store::Database& database_;
    const keys::MasterKey& master_;
    Random& random_;
    std::uint64_t last_change_ = 0;  // 0: the database is asked
    std::uint64_t committed_change_ = 0;
};

// Between two attempts, also for a peer that asks for more.
inline constexpr std::chrono::seconds kLongestWait{900};
// Whether an attempt that was put off to `next` is due: also if that is later than any can be,
// which a clock did that has gone back since.
bool is_due(Time next, Time now);
// Seconds until the next attempt after `attempts` failed ones: 2, 4, 8 … at most 900, each
// shortened by up to a quarter at random.
std::chrono::seconds backoff(std::uint64_t attempts, Random& random);

}  // namespace lapx::delivery
