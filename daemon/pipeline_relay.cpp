// Relays (protocol.md 8.8). Three parts that a node may play: it deposits what it cannot deliver,
// it keeps what others deposit, it fetches what was kept for it. The outbox goes on being the only
// truth: what a relay loses is deposited again until a receipt has come.

#include <algorithm>
#include <array>

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

constexpr std::uint8_t kFetched = 8;  // files under way from a relay
// Looked at in one tick, for all peers; of so many octets deposited, a relay that has them all
// already goes on listening (protocol.md 8.5).
constexpr std::size_t kLookedAtOnce = 64;
constexpr std::size_t kDepositedAtOnce = std::size_t{256} * 1024;
constexpr std::size_t kDeposits = 2'048;                      // remembered of one peer
constexpr std::size_t kExpiredAtOnce = std::size_t{2} << 20;  // octets dropped in one round
constexpr std::chrono::seconds kLookAgain{5};                 // for what is to be deposited
constexpr std::chrono::minutes kNoAnswer{1};    // of a relay: the deposit is taken to be lost
constexpr std::chrono::minutes kFetchAgain{1};  // from a relay of ours
constexpr std::chrono::minutes kExpireEvery{1};
constexpr std::chrono::days kAnswerLife{30};  // of a deposited answer

}  // namespace

void Pipeline::tend_relaying() {
    if (!may_sign()) {
        return;  // a clock that may be wrong ends nothing
    }
    look_at_our_relays();
    Result<void> done = look_for_deposits();
    if (done && parts_.monotonic.now() >= expire_relayed_at_) {
        done = expire_relayed(parts_.clock.seconds());
    }
    if (!done) {
        parts_.round.fail_with(done.error());
    }
}

std::optional<Agency> Pipeline::relay_for(const contacts::Contact& peer,
                                          const std::optional<Agency>& other_than) const {
    std::optional<Agency> found;
    if (!peer.notice) {
        return found;
    }
    for (const Agency& relay : peer.notice->notice.relays) {
        const auto known = conversations_.find(relay);
        const bool usable =
            trusted(relay) != nullptr && known != conversations_.end() && known->second.greeted;
        if (usable && (!found || *found == other_than)) {
            found = relay;
        }
    }
    return found;
}

// By lot, so that answers do not all go to one that loses what it is given.
std::optional<Agency> Pipeline::any_relay_for(const contacts::Contact& peer,
                                              std::uint8_t dice) const {
    if (!peer.notice || peer.notice->notice.relays.empty()) {
        return std::nullopt;
    }
    const auto& relays = peer.notice->notice.relays;
    return relay_for(peer, relays[dice % relays.size()]);
}

Result<bool> Pipeline::take_of_relay(const Agency& from, const schema::FrameMessage& message) {
    if (const auto* put = std::get_if<schema::RelayPutFrame>(&message)) {
        return take_relay_put(from, *put);
    }
    if (const auto* fetch = std::get_if<schema::RelayFetchFrame>(&message)) {
        return take_relay_fetch(from, *fetch);
    }
    if (const auto* remove = std::get_if<schema::RelayDeleteFrame>(&message)) {
        return take_relay_delete(from, *remove);
    }
    if (const auto* item = std::get_if<schema::RelayItemFrame>(&message)) {
        return take_relay_item(from, *item);
    }
    if (const auto* answer = std::get_if<schema::RelayAnswerFrame>(&message)) {
        return take_relay_answer(from, *answer);
    }
    complain_of(from, {"frame dropped: not of this version"});
    return false;
}

// What waits for peers that are away: of one after the other, so that none waits for ever.
Result<void> Pipeline::look_for_deposits() {
    DepositRoom left{kLookedAtOnce, kDepositedAtOnce};
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

Result<void> Pipeline::deposit_what_waits(const contacts::Contact& peer, DepositRoom& room) {
    Conversation& conversation = conversations_[peer.agency()];
    Relaying& relaying = conversation.relaying;
    const loop::Instant now = parts_.monotonic.now();
    const std::chrono::seconds patience(
        peer.notice->notice.endpoints.empty() ? 0 : parts_.config.relay.after);
    if (conversation.greeted || now < relaying.next_pass ||
        now - std::max(relaying.away_since, started_) < patience ||
        !relay_for(peer, std::nullopt)) {
        return {};
    }
    relaying.pass = relaying.cursor == 0 ? now : relaying.pass;
    LAPX_TRY_ASSIGN(const auto due, parts_.delivery.due(peer.agency(), relaying.cursor,
                                                        parts_.clock.seconds(), room.files));
    for (const delivery::Queued& queued : due) {
        if (relaying.deposits.size() >= kDeposits && !relaying.deposits.contains(queued.id)) {
            break;  // it waits until some of these were answered
        }
        LAPX_TRY_ASSIGN(const std::size_t octets, deposit(peer, relaying, queued));
        relaying.cursor = queued.message;
        room.files -= 1;
        room.octets -= std::min(room.octets, octets);
        if (!room.any()) {
            return {};
        }
    }
    // Nothing more is to be looked at. What was not looked at was answered, or has expired.
    std::erase_if(relaying.deposits,
                  [&](const auto& one) { return one.second.looked < relaying.pass; });
    relaying.cursor = 0;
    relaying.next_pass = now + kLookAgain;
    return {};
}

// Where a deposit that bore no fruit goes now; nowhere while it may yet.
std::optional<Agency> Pipeline::relay_after(const contacts::Contact& peer, const Deposit& last) {
    const loop::Duration waited = parts_.monotonic.now() - last.at;
    const std::optional<Agency> other = relay_for(peer, last.relay);
    const bool lost =
        !last.kept && !last.refused &&
        (waited > kNoAnswer || conversations_[last.relay].relaying.connection != last.connection);
    const bool elsewhere = last.refused && !last.second && other != last.relay;
    const bool over = waited > std::chrono::seconds(parts_.config.relay.again);
    return lost || elsewhere || over ? other : std::nullopt;
}

// How many octets went out.
Result<std::size_t> Pipeline::deposit(const contacts::Contact& peer, Relaying& relaying,
                                      const delivery::Queued& queued) {
    const loop::Instant now = parts_.monotonic.now();
    const auto last = relaying.deposits.find(queued.id);
    const bool known = last != relaying.deposits.end();
    if (known) {
        last->second.looked = now;
    }
    const auto relay = known ? relay_after(peer, last->second) : relay_for(peer, std::nullopt);
    if (!relay) {
        return 0;
    }
    Deposit made{*relay, conversations_[*relay].relaying.connection, now, now};
    made.second = known && last->second.refused && !last->second.second;
    LAPX_TRY_ASSIGN(const delivery::Message message, parts_.delivery.message(queued.message));
    const Result<SealedFile> file = parcel_file(message);
    if (!file && severity(file.error().code) != Severity::kRefused) {
        return tl::unexpected<Error>(file.error());
    }
    if (file) {
        // Its own id, so that a relay that has it already does not keep it twice.
        to_relays_.push_back(
            {*relay, schema::RelayPutFrame{peer.agency(), schema::DepositId{queued.id.bytes},
                                           message.expires, **file}});
    } else {
        made.refused = file.error().code;
    }
    relaying.deposits.insert_or_assign(queued.id, made);
    return file ? (*file)->size() : 0;
}

Result<bool> Pipeline::take_relay_answer(const Agency& from,
                                         const schema::RelayAnswerFrame& frame) {
    std::size_t& unanswered = conversations_[from].relaying.unanswered;
    if (unanswered == 0) {
        return false;
    }
    --unanswered;
    LAPX_TRY_ASSIGN(const auto message,
                    parts_.delivery.find(parts_.self.agency(), MessageId{frame.deposit.bytes}));
    if (!message) {  // of an answer that was deposited
        if (frame.refused) {
            complain_of(from, {"as a relay it refused an answer: ", to_string(*frame.refused)});
        }
        return true;
    }
    auto& deposits = conversations_[message->peer].relaying.deposits;
    const auto found = deposits.find(message->id);
    if (found == deposits.end() || found->second.relay != from) {
        return true;
    }
    found->second.kept = !frame.refused;
    found->second.refused = frame.refused;
    if (frame.refused) {
        complain_of(from, {"as a relay it refused ", to_string(message->id), ": ",
                           to_string(*frame.refused)});
    }
    return true;
}

const Deposit* Pipeline::deposited(const Agency& peer, const MessageId& message) const {
    const auto conversation = conversations_.find(peer);
    if (conversation == conversations_.end()) {
        return nullptr;
    }
    const auto& deposits = conversation->second.relaying.deposits;
    const auto found = deposits.find(message);
    return found == deposits.end() ? nullptr : &found->second;
}

// What others deposit here

Result<bool> Pipeline::take_relay_put(const Agency& from, const schema::RelayPutFrame& frame) {
    LAPX_TRY(parts_.round.begin());
    relay::Put put{.refused = Code::kUnknownAgency};
    if (trusted(frame.owner) != nullptr) {
        LAPX_TRY_ASSIGN(put, parts_.relay.put(from, frame, parts_.clock.seconds()));
    }
    if (put.refused) {
        complain_of(from,
                    {"a deposit for ", frame.owner.text(), " refused: ", to_string(*put.refused)});
    }
    to_relays_.push_back({from, schema::RelayAnswerFrame{frame.deposit, put.refused}});
    if (!put.fresh) {
        return false;
    }
    std::size_t& credit = conversations_[frame.owner].relaying.credit;
    if (credit > 0) {  // whoever has some left was given all there was
        --credit;
        to_relays_.push_back(
            {frame.owner, schema::RelayItemFrame{from, frame.deposit, frame.sealed}});
    }
    return true;
}

Result<bool> Pipeline::take_relay_fetch(const Agency& from, const schema::RelayFetchFrame& frame) {
    Conversation& conversation = conversations_[from];
    Relaying& owner = conversation.relaying;
    owner.credit = std::min(frame.credit, kFetched);
    LAPX_TRY_ASSIGN(std::int64_t place, parts_.relay.place_of(from, frame.after));
    bool news = false;
    while (owner.credit > 0) {
        LAPX_TRY_ASSIGN(const auto file, parts_.relay.next(from, place));
        if (!file) {
            break;
        }
        const schema::RelayItemFrame item{file->held.depositor, file->held.deposit, file->sealed};
        if (parts_.transport.send(from, schema::encode_frame(item)) !=
            transport::SendResult::kSent) {
            owner.credit = 0;  // it asks again
            break;
        }
        --owner.credit;
        place = file->held.seq;
        if (place > owner.given) {
            owner.given = place;
            news = true;
        } else {
            conversation.quota.charge(file->sealed.size(), parts_.monotonic.now());
        }
    }
    return news;
}

Result<bool> Pipeline::take_relay_delete(const Agency& from,
                                         const schema::RelayDeleteFrame& frame) {
    LAPX_TRY(parts_.round.begin());
    return parts_.relay.remove(from, frame.deposit);
}

Result<void> Pipeline::expire_relayed(Time now) {
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(const std::size_t dropped, parts_.relay.expire(now, kExpiredAtOnce));
    if (dropped > 0) {
        log::info({"relay: ", std::to_string(dropped), " files that nobody fetched were dropped"});
    }
    expire_relayed_at_ =
        parts_.monotonic.now() + (dropped == 0 ? kExpireEvery : loop::Duration::zero());
    return {};
}

// What a relay kept for us

bool Pipeline::is_our_relay(const Agency& agency) const {
    const auto& relays = parts_.self.notice.relays;
    return std::find(relays.begin(), relays.end(), agency) != relays.end();
}

void Pipeline::fetch_from(const Agency& relay, const std::optional<schema::DepositId>& after) {
    Relaying& relaying = conversations_[relay].relaying;
    relaying.to_fetch = kFetched;
    relaying.fetched = parts_.monotonic.now();
    to_relays_.push_back({relay, schema::RelayFetchFrame{after, kFetched}});
}

// Files that got lost on their way are asked for again.
void Pipeline::look_at_our_relays() {
    for (const Agency& relay : parts_.self.notice.relays) {
        const Conversation& conversation = conversations_[relay];
        if (conversation.greeted &&
            parts_.monotonic.now() - conversation.relaying.fetched > kFetchAgain) {
            fetch_from(relay, std::nullopt);
        }
    }
}

// What cannot be taken now is deposited again by its sender, like what is lost.
Result<bool> Pipeline::take_relay_item(const Agency& from, const schema::RelayItemFrame& frame) {
    Conversation& conversation = conversations_[from];
    if (!is_our_relay(from) || conversation.relaying.to_fetch == 0) {
        complain_of(from, {"frame dropped: nobody asked this relay for a file"});
        return false;
    }
    --conversation.relaying.to_fetch;
    LAPX_TRY(parts_.round.begin());
    to_relays_.push_back({from, schema::RelayDeleteFrame{frame.deposit}});
    const auto carried =
        open_carried(parts_.self, parts_.contacts, frame.sealed, parts_.clock.seconds());
    bool effect = false;
    if (carried) {
        LAPX_TRY_ASSIGN(const TakenFile taken, take_carried(*carried));
        effect = taken.effect;
        if (taken.answer != nullptr && !conversations_[taken.from].greeted) {
            answers_to_deposit_.emplace_back(taken.from, taken.answer);
        }
    } else {
        complain_of(from, {"a file it kept is refused: ", to_string(carried.error().code), ": ",
                           carried.error().context});
    }
    // A relay that was given much that is of no use is asked later.
    if (conversation.relaying.to_fetch == 0 && !conversation.quota.is_spent()) {
        fetch_from(from, frame.deposit);
    }
    return effect;
}

// After the commit.
void Pipeline::send_to_relays() {
    for (const auto& [peer, file] : std::exchange(answers_to_deposit_, {})) {
        const contacts::Contact* contact = trusted(peer);
        std::array<std::uint8_t, 10> tail{};
        parts_.random.fill(tail);
        const auto relay = contact == nullptr ? std::nullopt : any_relay_for(*contact, tail.back());
        if (relay && !file->empty()) {
            to_relays_.push_back(
                {*relay,
                 schema::RelayPutFrame{
                     peer,
                     schema::DepositId{uuid7(
                         static_cast<std::uint64_t>(parts_.clock.now().time_since_epoch().count()),
                         tail)},
                     parts_.clock.seconds() + kAnswerLife, *file}});
        }
    }
    // What a relay does not take in now is lost, and comes again like what it loses.
    for (const auto& [to, frame] : std::exchange(to_relays_, {})) {
        const auto sent = parts_.transport.send(to, schema::encode_frame(frame));
        if (sent == transport::SendResult::kSent &&
            std::holds_alternative<schema::RelayPutFrame>(frame)) {
            ++conversations_[to].relaying.unanswered;
        }
    }
}

}  // namespace lapx::daemon
