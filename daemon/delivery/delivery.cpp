#include "daemon/delivery/delivery.hpp"

#include <algorithm>
#include <array>

namespace lapx::delivery {
namespace {

constexpr std::string_view kDueAfter =
    "o.peer = ? AND o.message > ? AND NOT o.next_attempt BETWEEN ? AND ? ";

constexpr std::size_t kCoverPart = 0;
constexpr std::size_t kProofPart = 1;
constexpr std::string_view kColumns =
    "seq, agency, id, referral, peer, desk, act, cover, created, expires, state, changed, outcome, "
    "leaf, change";

std::int64_t seconds(Time time) { return time.time_since_epoch().count(); }
Time time_of(std::int64_t seconds) { return Time{std::chrono::seconds{seconds}}; }

Result<Message> read_message(const store::Statement& row) {
    LAPX_TRY_ASSIGN(Agency agency, Agency::parse(row.text(1)));
    LAPX_TRY_ASSIGN(MessageId id, MessageId::from(row.blob(2)));
    LAPX_TRY_ASSIGN(Agency peer, Agency::parse(row.text(4)));
    LAPX_TRY_ASSIGN(CoverDigest cover, CoverDigest::from(row.blob(7)));
    return Message{.seq = row.integer(0),
                   .agency = std::move(agency),
                   .id = id,
                   .referral = row.is_null(3) ? std::nullopt : std::optional(row.integer(3)),
                   .peer = std::move(peer),
                   .desk = std::string(row.text(5)),
                   .act = static_cast<schema::Act>(row.integer(6)),
                   .cover = cover,
                   .created = time_of(row.integer(8)),
                   .expires = time_of(row.integer(9)),
                   .state = static_cast<State>(row.integer(10)),
                   .changed = time_of(row.integer(11)),
                   .outcome = code_from(row.text(12)),
                   .leaf = static_cast<std::uint64_t>(row.integer(13)),
                   .change = static_cast<std::uint64_t>(row.integer(14))};
}

Result<std::vector<Message>> read_messages(store::Statement rows) {
    return store::all(std::move(rows), read_message);
}

std::int64_t integer_of(const store::Statement& row) { return row.integer(0); }

Result<Queued> read_queued(const store::Statement& row) {
    LAPX_TRY_ASSIGN(MessageId id, MessageId::from(row.blob(1)));
    const BytesView sealed = row.blob(4);
    return Queued{row.integer(0), id, std::string(row.text(2)),
                  static_cast<std::uint64_t>(row.integer(3)), Bytes(sealed.begin(), sealed.end())};
}

}  // namespace

std::string_view word_of(State state) {
    switch (state) {
        case State::kSent:
            return "sent";
        case State::kDelivered:
            return "delivered";
        case State::kRefused:
            return "refused";
        case State::kExpired:
            return "expired";
        case State::kReceived:
            return "received";
        case State::kTurnedAway:
            return "turned-away";
    }
    return "unknown";
}

bool takes_receipt(State state) { return state == State::kSent || state == State::kExpired; }

bool is_incoming(State state) { return state == State::kReceived || state == State::kTurnedAway; }

Result<std::int64_t> Delivery::add(const Message& message, BytesView cover,
                                   BytesView sender_proof) {
    const std::array<BytesView, 2> parts{cover, sender_proof};
    const keys::SealedParts sealed = keys::seal_parts(master_, parts, random_);
    LAPX_TRY_ASSIGN(const std::uint64_t change, next_change());
    LAPX_TRY(database_.run(
        "INSERT INTO message(agency, id, direction, referral, peer, desk, act, "
        "cover, created, expires, state, changed, "
        "outcome, leaf, change, keys, data) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?)",
        std::string_view(message.agency.text()), message.id.view(),
        is_incoming(message.state) ? 2 : 1, message.referral, std::string_view(message.peer.text()),
        std::string_view(message.desk), static_cast<int>(message.act), message.cover.view(),
        seconds(message.created), seconds(message.expires), static_cast<int>(message.state),
        seconds(message.changed),
        message.outcome ? to_string(*message.outcome) : std::string_view{}, message.leaf, change,
        BytesView(sealed.keys), BytesView(sealed.data)));
    return database_.last_key();
}

// Before the first change: the database holds what was committed.
Result<void> Delivery::load_last_change() {
    if (last_change_ == 0) {
        LAPX_TRY_ASSIGN(auto row, database_.query("SELECT coalesce(max(change), 0) FROM message"));
        LAPX_TRY(row.step());
        last_change_ = static_cast<std::uint64_t>(row.integer(0));
        committed();
    }
    return {};
}

// A round that was taken back leaves a gap, which nobody minds.
Result<std::uint64_t> Delivery::next_change() {
    LAPX_TRY(load_last_change());
    return ++last_change_;
}

Result<std::vector<Message>> Delivery::changed(std::uint64_t after, std::size_t limit) {
    LAPX_TRY(load_last_change());
    LAPX_TRY_ASSIGN(auto rows, database_.query("SELECT " + std::string(kColumns) +
                                                   " FROM message WHERE change > ? AND change <= ? "
                                                   "ORDER BY change LIMIT ?",
                                               after, committed_change_, limit));
    return read_messages(std::move(rows));
}

Result<std::optional<Message>> Delivery::find(const Agency& signer, const MessageId& id) {
    LAPX_TRY_ASSIGN(auto row, database_.query("SELECT " + std::string(kColumns) +
                                                  " FROM message WHERE agency = ? AND id = ?",
                                              std::string_view(signer.text()), id.view()));
    return store::first(std::move(row), read_message);
}

Result<Message> Delivery::message(std::int64_t seq) {
    LAPX_TRY_ASSIGN(
        auto row,
        database_.query("SELECT " + std::string(kColumns) + " FROM message WHERE seq = ?", seq));
    LAPX_TRY_ASSIGN(const bool found, row.step());
    return found ? read_message(row) : fail(Code::kNotFound, "message");
}

Result<std::vector<Place>> Delivery::places(std::int64_t after, std::int64_t last,
                                            std::size_t limit) {
    LAPX_TRY_ASSIGN(auto rows, database_.query("SELECT leaf, seq FROM message WHERE seq > ? AND "
                                               "seq <= ? ORDER BY seq LIMIT ?",
                                               after, last, limit));
    return store::all(std::move(rows), [](const store::Statement& row) {
        return Place{static_cast<std::uint64_t>(row.integer(0)), row.integer(1)};
    });
}

Result<std::vector<Message>> Delivery::of_referral(std::int64_t referral) {
    LAPX_TRY_ASSIGN(auto row, database_.query("SELECT " + std::string(kColumns) +
                                                  " FROM message WHERE referral = ? ORDER BY seq",
                                              referral));
    return read_messages(std::move(row));
}

Result<Delivery::Texts> Delivery::texts(std::int64_t message) {
    LAPX_TRY_ASSIGN(auto row,
                    database_.query("SELECT keys, data FROM message WHERE seq = ?", message));
    LAPX_TRY_ASSIGN(const bool found, row.step());
    if (!found) {
        return fail(Code::kNotFound, "message");
    }
    LAPX_TRY_ASSIGN(const Bytes cover,
                    keys::open_part(master_, row.blob(0), row.blob(1), kCoverPart));
    LAPX_TRY_ASSIGN(const Bytes proof,
                    keys::open_part(master_, row.blob(0), row.blob(1), kProofPart));
    return Texts{std::string(as_text(cover)), std::string(as_text(proof))};
}

Result<void> Delivery::keep_disputed(const Agency& signer, const MessageId& id, BytesView cover,
                                     Time now) {
    const std::array<BytesView, 1> parts{cover};
    const keys::SealedParts sealed = keys::seal_parts(master_, parts, random_);
    return database_.run("INSERT INTO disputed(agency, id, came, keys, data) VALUES(?, ?, ?, ?, ?)",
                         std::string_view(signer.text()), id.view(), seconds(now),
                         BytesView(sealed.keys), BytesView(sealed.data));
}

Result<void> Delivery::enqueue(std::int64_t message, const Agency& peer,
                               const model::Sealed& sealed, std::uint64_t size, Time now) {
    return database_.run(
        "INSERT INTO outbox(message, peer, sealed, size, next_attempt) VALUES(?, ?, ?, ?, ?)",
        message, std::string_view(peer.text()), BytesView(sealed.octets()), size, seconds(now));
}

Result<std::vector<Queued>> Delivery::due(const Agency& peer, std::int64_t after, Time now,
                                          std::size_t limit) {
    LAPX_TRY_ASSIGN(
        auto rows,
        database_.query(
            "SELECT o.message, m.id, m.desk, o.size, o.sealed FROM outbox o JOIN message m ON "
            "m.seq = o.message WHERE " +
                std::string(kDueAfter) + "ORDER BY o.message LIMIT ?",
            std::string_view(peer.text()), after, seconds(now) + 1, seconds(now + kLongestWait),
            limit));
    return store::all(std::move(rows), read_queued);
}

Result<std::vector<std::int64_t>> Delivery::due_seqs(const Agency& peer, std::int64_t after,
                                                     Time now, std::size_t limit) {
    LAPX_TRY_ASSIGN(auto rows,
                    database_.query("SELECT o.message FROM outbox o WHERE " +
                                        std::string(kDueAfter) + "ORDER BY o.message LIMIT ?",
                                    std::string_view(peer.text()), after, seconds(now) + 1,
                                    seconds(now + kLongestWait), limit));
    return store::all(std::move(rows), integer_of);
}

Result<std::optional<Queued>> Delivery::find_queued(std::int64_t message) {
    LAPX_TRY_ASSIGN(auto row, database_.query("SELECT o.message, m.id, m.desk, o.size, o.sealed "
                                              "FROM outbox o JOIN message m ON m.seq = o.message "
                                              "WHERE o.message = ?",
                                              message));
    return store::first(std::move(row), read_queued);
}

Result<std::optional<Time>> Delivery::next_due(const Agency& peer, Time now) {
    LAPX_TRY_ASSIGN(
        auto row,
        database_.query("SELECT min(next_attempt) FROM outbox WHERE peer = ? AND next_attempt > ?",
                        std::string_view(peer.text()), seconds(now)));
    LAPX_TRY(row.step());
    return row.is_null(0) ? std::nullopt : std::optional(time_of(row.integer(0)));
}

Result<std::optional<Waiting>> Delivery::waiting(std::int64_t message) {
    LAPX_TRY_ASSIGN(
        auto rows,
        database_.query("SELECT attempts, next_attempt, cause FROM outbox WHERE message = ?",
                        message));
    return store::first(std::move(rows), [](const store::Statement& row) {
        return Waiting{static_cast<std::uint64_t>(row.integer(0)), time_of(row.integer(1)),
                       std::string(row.text(2))};
    });
}

Result<std::uint64_t> Delivery::queued() {
    LAPX_TRY_ASSIGN(auto row, database_.query("SELECT count(*) FROM outbox"));
    LAPX_TRY(row.step());
    return static_cast<std::uint64_t>(row.integer(0));
}

Result<void> Delivery::postpone(std::int64_t message, Time next, Code cause) {
    return database_.run(
        "UPDATE outbox SET attempts = attempts + 1, next_attempt = ?, cause = ? WHERE message = ?",
        seconds(next), to_string(cause), message);
}

Result<void> Delivery::settle(std::int64_t message, State state, std::string_view outcome,
                              std::string_view proof, Time now) {
    LAPX_TRY(database_.run("DELETE FROM outbox WHERE message = ?", message));
    LAPX_TRY_ASSIGN(const std::uint64_t change, next_change());
    LAPX_TRY(database_.run(
        "UPDATE message SET state = ?, outcome = ?, changed = ?, change = ? WHERE seq = ? AND "
        "state IN (?, ?)",
        static_cast<int>(state), outcome, seconds(now), change, message,
        static_cast<int>(State::kSent), static_cast<int>(State::kExpired)));
    if (database_.changes() == 0) {
        return fail(Code::kNotFound, "it waits for nothing");
    }
    if (!proof.empty()) {
        LAPX_TRY(database_.run("INSERT INTO receipt(message, proof, received) VALUES(?, ?, ?)",
                               message, as_bytes(proof), seconds(now)));
    }
    return {};
}

Result<void> Delivery::deliver(std::int64_t message, std::string_view proof, Time now) {
    return settle(message, State::kDelivered, {}, proof, now);
}

Result<void> Delivery::refuse(std::int64_t message, Code outcome, std::string_view proof,
                              Time now) {
    return settle(message, State::kRefused, to_string(outcome), proof, now);
}

Result<std::size_t> Delivery::expire(Time limit, Time now) {
    LAPX_TRY_ASSIGN(auto rows, database_.query("SELECT o.message FROM outbox o JOIN message m ON "
                                               "m.seq = o.message WHERE m.expires < ?",
                                               seconds(limit)));
    LAPX_TRY_ASSIGN(const auto ended, store::all(std::move(rows), integer_of));
    for (const std::int64_t message : ended) {
        LAPX_TRY(settle(message, State::kExpired, to_string(Code::kExpired), {}, now));
    }
    return ended.size();
}

Result<std::optional<std::string>> Delivery::receipt(std::int64_t message) {
    LAPX_TRY_ASSIGN(auto rows,
                    database_.query("SELECT proof FROM receipt WHERE message = ?", message));
    return store::first(std::move(rows), [](const store::Statement& row) {
        return std::string(as_text(row.blob(0)));
    });
}

bool is_due(Time next, Time now) { return next <= now || next > now + kLongestWait; }

std::chrono::seconds backoff(std::uint64_t attempts, Random& random) {
    const std::uint64_t whole = std::min<std::uint64_t>(
        kLongestWait.count(), std::uint64_t{2} << std::min<std::uint64_t>(attempts, 9));
    std::array<std::uint8_t, 1> dice{};
    random.fill(dice);
    return std::chrono::seconds(whole - whole * dice[0] / 1024);
}

}  // namespace lapx::delivery
