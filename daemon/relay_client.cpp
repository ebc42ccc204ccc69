#include "daemon/relay_client.hpp"

#include <algorithm>
#include <array>

#include "keys/hash.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

// Messages looked at in one tick, for all peers.
constexpr std::size_t kLookedAtOnce = 512;
// Units of the quota (protocol.md 8.5) deposited in one tick, of which there are four in a second:
// a relay that has all of it already goes on listening.
constexpr std::int64_t kUnitsAtOnce = schema::kQuotaPerSecond / 4;
constexpr std::size_t kRestOfFrame = 512;  // octets that it has beside the file, at most
// Remembered of one peer: more than a relay keeps for it, unless it is told to.
constexpr std::size_t kDeposits = 10'000;
constexpr std::size_t kAnswers = 256;  // that no relay keeps yet; what is lost is asked for again
constexpr std::chrono::seconds kLookAgain{5};   // for what is to be deposited
constexpr std::chrono::minutes kNoAnswer{1};    // of a relay: the deposit is taken to be lost
constexpr std::chrono::minutes kFetchAgain{1};  // from a relay of ours
constexpr std::chrono::days kAnswerLife{30};    // of a deposited answer
constexpr std::chrono::days kPapersAgain{1};    // to one who stays away: they may be lost

// Units of the quota that a deposit of so many octets takes.
std::int64_t cost_of(std::size_t file) {
    return static_cast<std::int64_t>(schema::quota_units(kRestOfFrame + file));
}

}  // namespace

Result<void> RelayClient::tick() {
    for (auto& [agency, relay] : relays_) {
        while (!relay.waiting.empty() && send(agency, relay.waiting.front())) {
            relay.waiting.pop_front();
        }
    }
    look_at_our_relays();
    return look_for_deposits();
}

std::optional<Agency> RelayClient::relay_for(const contacts::Contact& peer,
                                             const std::optional<Agency>& other_than) const {
    std::optional<Agency> found;
    if (!peer.notice) {
        return found;
    }
    for (const Agency& relay : peer.notice->notice.relays) {
        if (is_usable(relay, peer.agency()) && (!found || *found == other_than)) {
            found = relay;
        }
    }
    return found;
}

bool RelayClient::is_usable(const Agency& relay, const Agency& owner) const {
    if (parts_.contacts.trusted(relay) == nullptr || !is_greeted(parts_.conversations, relay)) {
        return false;
    }
    if (const auto known = relays_.find(relay);
        known != relays_.end() && !known->second.waiting.empty()) {
        return false;
    }
    const auto known = owners_.find(owner);
    if (known == owners_.end()) {
        return true;
    }
    const auto pause = known->second.pauses.find(relay);
    return pause == known->second.pauses.end() || parts_.monotonic.now() >= pause->second.until;
}

std::uint64_t RelayClient::connection_of(const Agency& relay) const {
    const auto known = relays_.find(relay);
    return known == relays_.end() ? 0 : known->second.connection;
}

// By lot, so that answers do not all go to one that loses what it is given.
std::optional<Agency> RelayClient::any_relay_for(const contacts::Contact& peer) const {
    if (!peer.notice || peer.notice->notice.relays.empty()) {
        return std::nullopt;
    }
    const auto& relays = peer.notice->notice.relays;
    std::array<std::uint8_t, 1> dice{};
    parts_.random.fill(dice);
    return relay_for(peer, relays[dice[0] % relays.size()]);
}

// What waits for peers that are away: of one after the other, so that none waits for ever.
Result<void> RelayClient::look_for_deposits() {
    room_.looks = kLookedAtOnce;
    room_.units = std::min(room_.units, std::int64_t{0}) + kUnitsAtOnce;
    const auto& all = parts_.contacts.all();
    auto contact = all.upper_bound(deposited_for_);
    for (std::size_t i = 0; i < all.size() && room_.any(); ++i, ++contact) {
        contact = contact == all.end() ? all.begin() : contact;
        if (contact->second.is_trusted() && contact->second.notice) {
            LAPX_TRY(deposit_what_waits(contact->second));
            deposited_for_ = room_.any() ? deposited_for_ : contact->first;
        }
    }
    return {};
}

Result<void> RelayClient::deposit_what_waits(const contacts::Contact& peer) {
    const loop::Instant now = parts_.monotonic.now();
    const std::chrono::seconds patience(
        peer.notice->notice.endpoints.empty() ? 0 : parts_.config.after);
    const auto away = away_since_.find(peer.agency());
    const loop::Instant since = away == away_since_.end() ? started_ : away->second;
    Owner& owner = owners_[peer.agency()];
    if (is_greeted(parts_.conversations, peer.agency()) || now < owner.next_pass ||
        now - since < patience || !relay_for(peer, std::nullopt)) {
        return {};
    }
    LAPX_TRY(deposit_papers(peer, owner));  // first: what follows may need them
    owner.pass = owner.cursor == 0 ? now : owner.pass;
    LAPX_TRY_ASSIGN(const auto due, parts_.delivery.due_seqs(peer.agency(), owner.cursor,
                                                             parts_.clock.seconds(), room_.looks));
    for (const std::int64_t message : due) {
        // Beyond that it waits until some of these were answered.
        if (owner.deposits.size() < kDeposits || owner.deposits.contains(message)) {
            LAPX_TRY(deposit(peer, owner, message));
        }
        owner.cursor = message;
        room_.looks -= 1;
        if (!room_.any()) {
            return {};
        }
    }
    // Nothing more is to be looked at. What was not looked at was answered, or has expired.
    std::erase_if(owner.deposits, [&](const auto& one) { return one.second.looked < owner.pass; });
    owner.cursor = 0;
    owner.next_pass = now + kLookAgain;
    return {};
}

// Who is never connected to us learns of our renewed notice, or card, from its relay.
Result<void> RelayClient::deposit_papers(const contacts::Contact& peer, Owner& owner) {
    const loop::Instant now = parts_.monotonic.now();
    const std::uint64_t serial = parts_.notice.serial;
    if (serial <= owner.notice &&
        (serial == kFirstNotice || now - owner.notice_given < kPapersAgain)) {
        return {};
    }
    // The first time with that to which all goes; then by lot, for that one may lose them.
    const auto relay = serial > owner.notice ? relay_for(peer, std::nullopt) : any_relay_for(peer);
    LAPX_TRY_ASSIGN(SealedFile file, seal_papers_(peer));
    // Its id is always the same, so that a relay that has it already does not keep it twice.
    const auto digest = keys::digest_of<ContentDigest>(
        parts_.agency.text() + "\n" + peer.agency().text() + "\n" + std::to_string(serial));
    std::array<std::uint8_t, 10> tail{};
    std::copy_n(digest.bytes.begin(), tail.size(), tail.begin());
    const auto begun = std::chrono::milliseconds(parts_.notice.not_before.time_since_epoch());
    const schema::DepositId id{uuid7(static_cast<std::uint64_t>(begun.count()), tail)};
    room_.units -= cost_of(file->size());
    of_round_.emplace_back(
        *relay,
        schema::RelayPutFrame{peer.agency(), id, parts_.clock.seconds() + kAnswerLife, *file});
    answers_.insert_or_assign(id, Answer{peer.agency(), std::move(file), now + kNoAnswer, relay});
    owner.notice = serial;
    owner.notice_given = now;
    return {};
}

// Where a deposit that bore no fruit goes now; nowhere while it may yet.
std::optional<Agency> RelayClient::relay_after(const contacts::Contact& peer, Deposit& last) {
    const loop::Duration waited = parts_.monotonic.now() - last.at;
    const bool unanswered = last.state == Deposit::State::kUnanswered;
    const bool lost = unanswered && connection_of(last.relay) != last.connection;
    if (unanswered && !lost && waited > kNoAnswer) {
        last.state = Deposit::State::kTurnedAway;
        pause(last.relay, peer.agency(), std::nullopt);
    }
    const bool turned_away = last.state == Deposit::State::kTurnedAway;
    const bool over = waited > std::chrono::seconds(parts_.config.again);
    return lost || turned_away || over ? relay_for(peer, last.relay) : std::nullopt;
}

Result<void> RelayClient::deposit(const contacts::Contact& peer, Owner& owner,
                                  std::int64_t message) {
    const loop::Instant now = parts_.monotonic.now();
    const auto last = owner.deposits.find(message);
    const bool known = last != owner.deposits.end();
    if (known) {
        last->second.looked = now;
    }
    const auto relay = known ? relay_after(peer, last->second) : relay_for(peer, std::nullopt);
    if (!relay) {
        return {};
    }
    Deposit made{.relay = *relay, .connection = connection_of(*relay), .at = now, .looked = now};
    LAPX_TRY_ASSIGN(const delivery::Message row, parts_.delivery.message(message));
    const Result<SealedFile> file = seal_(row);
    if (!file && severity(file.error().code) != Severity::kRefused) {
        return tl::unexpected<Error>(file.error());
    }
    if (file) {
        // Its own id, so that a relay that has it already does not keep it twice.
        of_round_.emplace_back(*relay,
                               schema::RelayPutFrame{peer.agency(), schema::DepositId{row.id.bytes},
                                                     row.expires, **file});
    } else {
        made.state = Deposit::State::kUnfit;
        made.code = file.error().code;
    }
    owner.deposits.insert_or_assign(message, made);
    // What cannot be sealed costs as much as the smallest file.
    room_.units -= cost_of(file ? (*file)->size() : 0);
    return {};
}

// What a relay said of a deposit for that owner.
void RelayClient::heard(const Agency& relay, const Agency& owner,
                        const std::optional<Code>& refused) {
    if (!refused) {
        owners_[owner].pauses.erase(relay);
    } else if (*refused != Code::kExpired) {
        pause(relay, owner, refused);
    }
}

void RelayClient::pause(const Agency& relay, const Agency& owner,
                        const std::optional<Code>& refused) {
    Owner::Pause& pause = owners_[owner].pauses[relay];
    const loop::Instant now = parts_.monotonic.now();
    pause.code = refused;
    if (now >= pause.until) {  // else it is of another deposit that was under way
        pause.until = now + delivery::backoff(pause.refusals++, parts_.random);
    }
}

Result<bool> RelayClient::take(const Agency& from, const schema::RelayAnswerFrame& frame) {
    const auto relay = relays_.find(from);
    if (relay == relays_.end() || relay->second.unanswered == 0) {
        return false;
    }
    --relay->second.unanswered;
    if (frame.refused) {
        complain_(from, "as a relay it refused " + to_string(MessageId{frame.deposit.bytes}) +
                            ": " + std::string(to_string(*frame.refused)));
    }
    if (const auto answer = answers_.find(frame.deposit);
        answer != answers_.end() && answer->second.relay == from) {
        heard(from, answer->second.to, frame.refused);
        if (frame.refused && *frame.refused != Code::kExpired) {
            answer->second.next = parts_.monotonic.now();
            answer->second.relay.reset();
        } else {
            answers_.erase(answer);
        }
        return true;
    }
    LAPX_TRY_ASSIGN(const auto message,
                    parts_.delivery.find(parts_.agency, MessageId{frame.deposit.bytes}));
    if (!message) {
        return true;  // an answer that was deposited elsewhere since, or need not be any more
    }
    heard(from, message->peer, frame.refused);
    auto& deposits = owners_[message->peer].deposits;
    if (const auto found = deposits.find(message->seq);
        found != deposits.end() && found->second.relay == from) {
        found->second.state = !frame.refused                     ? Deposit::State::kKept
                              : *frame.refused == Code::kExpired ? Deposit::State::kUnfit
                                                                 : Deposit::State::kTurnedAway;
        found->second.code = frame.refused;
    }
    return true;
}

void RelayClient::settled(const Agency& peer, std::int64_t message) {
    if (const auto owner = owners_.find(peer); owner != owners_.end()) {
        owner->second.deposits.erase(message);
    }
}

std::optional<Deposit> RelayClient::deposited(const Agency& peer, std::int64_t message) const {
    const auto owner = owners_.find(peer);
    if (owner == owners_.end()) {
        return std::nullopt;
    }
    const auto& deposits = owner->second.deposits;
    if (const auto found = deposits.find(message); found != deposits.end()) {
        return found->second;
    }
    if (is_greeted(parts_.conversations, peer)) {
        return std::nullopt;
    }
    for (const auto& [relay, pause] : owner->second.pauses) {
        if (pause.code && parts_.monotonic.now() < pause.until) {
            return Deposit{
                .relay = relay, .state = Deposit::State::kTurnedAway, .code = pause.code};
        }
    }
    return std::nullopt;
}

// What relays keep for us

bool RelayClient::is_ours(const Agency& relay) const {
    const auto& ours = parts_.notice.relays;
    return std::find(ours.begin(), ours.end(), relay) != ours.end();
}

void RelayClient::fetch_from(const Agency& relay, const std::optional<schema::DepositId>& after) {
    Relay& known = relays_[relay];
    known.to_fetch = schema::kRelayCredit;
    known.fetched = parts_.monotonic.now();
    of_round_.emplace_back(relay, schema::RelayFetchFrame{after, schema::kRelayCredit});
}

// Files that got lost on their way are asked for again.
void RelayClient::look_at_our_relays() {
    for (const Agency& relay : parts_.notice.relays) {
        if (is_greeted(parts_.conversations, relay) &&
            parts_.monotonic.now() - relays_[relay].fetched > kFetchAgain) {
            fetch_from(relay, std::nullopt);
        }
    }
}

void RelayClient::greeted(const Agency& peer) {
    if (const auto owner = owners_.find(peer); owner != owners_.end()) {
        owner->second.pauses.clear();
        owner->second.notice = parts_.notice.serial;
        owner->second.notice_given = parts_.monotonic.now();
    }
    if (is_ours(peer)) {
        fetch_from(peer, std::nullopt);
    }
}

void RelayClient::disconnected(const Agency& peer) {
    away_since_[peer] = parts_.monotonic.now();
    if (const auto relay = relays_.find(peer); relay != relays_.end()) {
        ++relay->second.connection;
        relay->second.unanswered = relay->second.to_fetch = 0;
        relay->second.waiting.clear();
    }
    for (auto& [id, answer] : answers_) {
        if (answer.relay == peer) {
            answer.next = parts_.monotonic.now();
            answer.relay.reset();
        }
    }
}

bool RelayClient::take_item(const Agency& from) {
    const auto relay = relays_.find(from);
    if (!is_ours(from) || relay == relays_.end() || relay->second.to_fetch == 0) {
        complain_(from, "frame dropped: nobody asked this relay for a file");
        return false;
    }
    --relay->second.to_fetch;
    return true;
}

void RelayClient::took(const Agency& from, const schema::DepositId& deposit,
                       const std::optional<TakenFile>& taken) {
    if (!taken || !taken->later) {
        of_round_.emplace_back(from, schema::RelayDeleteFrame{deposit});
    }
    if (taken && taken->answer != nullptr && !is_greeted(parts_.conversations, taken->from)) {
        answers_of_round_.emplace_back(taken->from, taken->answer);
    }
    // A relay that was given much that is of no use is asked later.
    if (relays_[from].to_fetch == 0 && !parts_.conversations.at(from).quota.is_spent()) {
        fetch_from(from, deposit);
    }
}

// They are sealed now.
void RelayClient::take_over_answers() {
    for (auto& [to, file] : std::exchange(answers_of_round_, {})) {
        if (file->empty()) {
            continue;
        }
        std::array<std::uint8_t, 10> tail{};
        parts_.random.fill(tail);
        const auto id =
            uuid7(static_cast<std::uint64_t>(parts_.clock.now().time_since_epoch().count()), tail);
        answers_.emplace(schema::DepositId{id}, Answer{to, std::move(file)});
        if (answers_.size() > kAnswers) {
            answers_.erase(answers_.begin());
        }
    }
}

void RelayClient::deposit_answers() {
    const loop::Instant now = parts_.monotonic.now();
    for (auto one = answers_.begin(); one != answers_.end();) {
        auto& [id, answer] = *one;
        const contacts::Contact* contact = parts_.contacts.trusted(answer.to);
        if (contact == nullptr || is_greeted(parts_.conversations, answer.to)) {
            one = answers_.erase(one);  // who is connected asks over the connection
            continue;
        }
        ++one;
        if (now < answer.next) {
            continue;
        }
        if (answer.relay) {
            pause(*answer.relay, answer.to, std::nullopt);
        }
        answer.relay = any_relay_for(*contact);
        answer.next = now + (answer.relay ? loop::Duration(kNoAnswer) : loop::Duration(kLookAgain));
        if (answer.relay) {
            of_round_.emplace_back(
                *answer.relay,
                schema::RelayPutFrame{answer.to, id, parts_.clock.seconds() + kAnswerLife,
                                      *answer.file});
        }
    }
}

// False if it takes in no more now. What cannot reach it at all is lost.
bool RelayClient::send(const Agency& relay, const schema::FrameMessage& frame) {
    const auto sent = parts_.transport.send(relay, schema::encode_frame(frame));
    if (sent == transport::SendResult::kSent &&
        std::holds_alternative<schema::RelayPutFrame>(frame)) {
        ++relays_[relay].unanswered;
    }
    return sent != transport::SendResult::kFull;
}

// Deposits are kept for a relay that takes in no more; what else it is asked is asked again.
void RelayClient::let_go() {
    take_over_answers();
    deposit_answers();
    for (auto& [to, frame] : std::exchange(of_round_, {})) {
        auto& waiting = relays_[to].waiting;
        if ((!waiting.empty() || !send(to, frame)) &&
            std::holds_alternative<schema::RelayPutFrame>(frame)) {
            waiting.push_back(std::move(frame));
        }
    }
}

// What it deposited counts as unanswered, and is deposited again.
void RelayClient::give_up() {
    of_round_.clear();
    answers_of_round_.clear();
}

}  // namespace lapx::daemon
