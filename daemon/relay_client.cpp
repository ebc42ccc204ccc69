#include "daemon/relay_client.hpp"

#include <algorithm>
#include <array>

#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

// Looked at in one tick, for all peers; of so many octets deposited, a relay that has them all
// already goes on listening (protocol.md 8.5).
constexpr std::size_t kLookedAtOnce = 64;
constexpr std::size_t kDepositedAtOnce = std::size_t{256} * 1024;
constexpr std::size_t kDeposits = 2'048;        // remembered of one peer
constexpr std::chrono::seconds kLookAgain{5};   // for what is to be deposited
constexpr std::chrono::minutes kNoAnswer{1};    // of a relay: the deposit is taken to be lost
constexpr std::chrono::minutes kFetchAgain{1};  // from a relay of ours
constexpr std::chrono::days kAnswerLife{30};    // of a deposited answer

}  // namespace

Result<void> RelayClient::tick() {
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
        const bool usable =
            parts_.contacts.trusted(relay) != nullptr && is_greeted(parts_.conversations, relay);
        if (usable && (!found || *found == other_than)) {
            found = relay;
        }
    }
    return found;
}

// By lot, so that answers do not all go to one that loses what it is given.
std::optional<Agency> RelayClient::any_relay_for(const contacts::Contact& peer,
                                                 std::uint8_t dice) const {
    if (!peer.notice || peer.notice->notice.relays.empty()) {
        return std::nullopt;
    }
    const auto& relays = peer.notice->notice.relays;
    return relay_for(peer, relays[dice % relays.size()]);
}

// What waits for peers that are away: of one after the other, so that none waits for ever.
Result<void> RelayClient::look_for_deposits() {
    Room left{kLookedAtOnce, kDepositedAtOnce};
    const auto& all = parts_.contacts.all();
    auto contact = all.upper_bound(deposited_for_);
    for (std::size_t i = 0; i < all.size() && left.any(); ++i, ++contact) {
        contact = contact == all.end() ? all.begin() : contact;
        if (contact->second.is_trusted() && contact->second.notice) {
            LAPX_TRY(deposit_what_waits(contact->second, left));
            deposited_for_ = left.any() ? deposited_for_ : contact->first;
        }
    }
    return {};
}

Result<void> RelayClient::deposit_what_waits(const contacts::Contact& peer, Room& room) {
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
    owner.pass = owner.cursor == 0 ? now : owner.pass;
    LAPX_TRY_ASSIGN(const auto due, parts_.delivery.due(peer.agency(), owner.cursor,
                                                        parts_.clock.seconds(), room.files));
    for (const delivery::Queued& queued : due) {
        if (owner.deposits.size() >= kDeposits && !owner.deposits.contains(queued.id)) {
            break;  // it waits until some of these were answered
        }
        LAPX_TRY_ASSIGN(const std::size_t octets, deposit(peer, owner, queued));
        owner.cursor = queued.message;
        room.files -= 1;
        room.octets -= std::min(room.octets, octets);
        if (!room.any()) {
            return {};
        }
    }
    // Nothing more is to be looked at. What was not looked at was answered, or has expired.
    std::erase_if(owner.deposits, [&](const auto& one) { return one.second.looked < owner.pass; });
    owner.cursor = 0;
    owner.next_pass = now + kLookAgain;
    return {};
}

// Where a deposit that bore no fruit goes now; nowhere while it may yet.
std::optional<Agency> RelayClient::relay_after(const contacts::Contact& peer, const Deposit& last) {
    const loop::Duration waited = parts_.monotonic.now() - last.at;
    const std::optional<Agency> other = relay_for(peer, last.relay);
    const bool lost = !last.kept && !last.refused &&
                      (waited > kNoAnswer || relays_[last.relay].connection != last.connection);
    const bool elsewhere = last.refused && !last.second && other != last.relay;
    const bool over = waited > std::chrono::seconds(parts_.config.again);
    return lost || elsewhere || over ? other : std::nullopt;
}

// How many octets went out.
Result<std::size_t> RelayClient::deposit(const contacts::Contact& peer, Owner& owner,
                                         const delivery::Queued& queued) {
    const loop::Instant now = parts_.monotonic.now();
    const auto last = owner.deposits.find(queued.id);
    const bool known = last != owner.deposits.end();
    if (known) {
        last->second.looked = now;
    }
    const auto relay = known ? relay_after(peer, last->second) : relay_for(peer, std::nullopt);
    if (!relay) {
        return 0;
    }
    Deposit made{*relay, relays_[*relay].connection, now, now};
    made.second = known && last->second.refused && !last->second.second;
    LAPX_TRY_ASSIGN(const delivery::Message message, parts_.delivery.message(queued.message));
    const Result<SealedFile> file = seal_(message);
    if (!file && severity(file.error().code) != Severity::kRefused) {
        return tl::unexpected<Error>(file.error());
    }
    if (file) {
        // Its own id, so that a relay that has it already does not keep it twice.
        of_round_.push_back(
            {*relay, schema::RelayPutFrame{peer.agency(), schema::DepositId{queued.id.bytes},
                                           message.expires, **file}});
    } else {
        made.refused = file.error().code;
    }
    owner.deposits.insert_or_assign(queued.id, made);
    return file ? (*file)->size() : 0;
}

Result<bool> RelayClient::take(const Agency& from, const schema::RelayAnswerFrame& frame) {
    const auto relay = relays_.find(from);
    if (relay == relays_.end() || relay->second.unanswered == 0) {
        return false;
    }
    --relay->second.unanswered;
    LAPX_TRY_ASSIGN(const auto message,
                    parts_.delivery.find(parts_.self.agency(), MessageId{frame.deposit.bytes}));
    if (frame.refused) {
        complain_(from, "as a relay it refused " +
                            (message ? to_string(message->id) : std::string("an answer")) + ": " +
                            std::string(to_string(*frame.refused)));
    }
    if (!message) {  // of an answer that was deposited
        return true;
    }
    auto& deposits = owners_[message->peer].deposits;
    const auto found = deposits.find(message->id);
    if (found != deposits.end() && found->second.relay == from) {
        found->second.kept = !frame.refused;
        found->second.refused = frame.refused;
    }
    return true;
}

void RelayClient::settled(const Agency& peer, const MessageId& message) {
    if (const auto owner = owners_.find(peer); owner != owners_.end()) {
        owner->second.deposits.erase(message);
    }
}

const Deposit* RelayClient::deposited(const Agency& peer, const MessageId& message) const {
    const auto owner = owners_.find(peer);
    if (owner == owners_.end()) {
        return nullptr;
    }
    const auto found = owner->second.deposits.find(message);
    return found == owner->second.deposits.end() ? nullptr : &found->second;
}

// What relays keep for us

bool RelayClient::is_ours(const Agency& relay) const {
    const auto& ours = parts_.self.notice.relays;
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
    for (const Agency& relay : parts_.self.notice.relays) {
        if (is_greeted(parts_.conversations, relay) &&
            parts_.monotonic.now() - relays_[relay].fetched > kFetchAgain) {
            fetch_from(relay, std::nullopt);
        }
    }
}

void RelayClient::greeted(const Agency& peer) {
    if (is_ours(peer)) {
        fetch_from(peer, std::nullopt);
    }
}

void RelayClient::disconnected(const Agency& peer) {
    away_since_[peer] = parts_.monotonic.now();
    if (const auto relay = relays_.find(peer); relay != relays_.end()) {
        ++relay->second.connection;
        relay->second.unanswered = relay->second.to_fetch = 0;
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
    of_round_.emplace_back(from, schema::RelayDeleteFrame{deposit});
    if (taken && taken->answer != nullptr && !is_greeted(parts_.conversations, taken->from)) {
        answers_.emplace_back(taken->from, taken->answer);
    }
    // A relay that was given much that is of no use is asked later.
    if (relays_[from].to_fetch == 0 && !parts_.conversations.at(from).quota.is_spent()) {
        fetch_from(from, deposit);
    }
}

void RelayClient::deposit_answers() {
    for (const auto& [peer, file] : std::exchange(answers_, {})) {
        const contacts::Contact* contact = parts_.contacts.trusted(peer);
        std::array<std::uint8_t, 10> tail{};
        parts_.random.fill(tail);
        const auto relay = contact == nullptr ? std::nullopt : any_relay_for(*contact, tail.back());
        if (relay && !file->empty()) {
            of_round_.emplace_back(
                *relay,
                schema::RelayPutFrame{
                    peer,
                    schema::DepositId{uuid7(
                        static_cast<std::uint64_t>(parts_.clock.now().time_since_epoch().count()),
                        tail)},
                    parts_.clock.seconds() + kAnswerLife, *file});
        }
    }
}

void RelayClient::let_go() {
    deposit_answers();
    // What a relay does not take in now is lost, and comes again like what it loses.
    for (const auto& [to, frame] : std::exchange(of_round_, {})) {
        const auto sent = parts_.transport.send(to, schema::encode_frame(frame));
        if (sent == transport::SendResult::kSent &&
            std::holds_alternative<schema::RelayPutFrame>(frame)) {
            ++relays_[to].unanswered;
        }
    }
}

void RelayClient::give_up() {
    of_round_.clear();
    answers_.clear();
}

}  // namespace lapx::daemon
