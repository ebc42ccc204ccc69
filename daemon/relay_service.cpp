#include "daemon/relay_service.hpp"

#include <algorithm>

#include "daemon/log/log.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kExpiredAtOnce = std::size_t{2} << 20;  // octets dropped in one round
constexpr std::chrono::minutes kExpireEvery{1};

}  // namespace

void RelayService::refuse(const Agency& from, const schema::RelayPutFrame& frame, Code code) {
    parts_.transport.send(from,
                          schema::encode_frame(schema::RelayAnswerFrame{frame.deposit, code}));
}

Result<bool> RelayService::take(const Agency& from, const schema::RelayPutFrame& frame) {
    // So it is answered if the round fails before it is known what becomes of it.
    auto& answer = std::get<schema::RelayAnswerFrame>(
        of_round_.emplace_back(from, schema::RelayAnswerFrame{frame.deposit, Code::kDiskFull})
            .second);
    LAPX_TRY(parts_.round.begin());
    relay::Put put{.refused = Code::kUnknownAgency};
    if (parts_.contacts.trusted(frame.owner) != nullptr) {
        LAPX_TRY_ASSIGN(put, parts_.relay.put(from, frame, parts_.clock.seconds()));
    }
    if (put.refused) {
        complain_(from, "a deposit for " + frame.owner.text() +
                            " refused: " + std::string(to_string(*put.refused)));
    }
    answer.refused = put.refused;
    const auto owner = owners_.find(frame.owner);
    if (put.fresh && owner != owners_.end() && owner->second.credit > 0) {
        --owner->second.credit;  // whoever has some left was given all there was
        of_round_.emplace_back(frame.owner,
                               schema::RelayItemFrame{from, frame.deposit, frame.sealed});
    }
    return put.fresh;
}

Result<bool> RelayService::take(const Agency& from, const schema::RelayFetchFrame& frame) {
    // It takes the place of another in the same round, so that few files wait for the commit.
    std::erase_if(of_round_, [&](const auto& one) {
        return one.first == from && std::holds_alternative<schema::RelayItemFrame>(one.second);
    });
    Owner& owner = owners_[from];
    owner.credit = std::min(frame.credit, schema::kRelayCredit);
    LAPX_TRY_ASSIGN(std::int64_t place, parts_.relay.place_of(from, frame.after));
    bool news = false;
    while (owner.credit > 0) {
        LAPX_TRY_ASSIGN(auto file, parts_.relay.next(from, place));
        if (!file) {
            break;
        }
        --owner.credit;
        place = file->held.seq;
        if (place > owner.given) {
            owner.given = place;
            news = true;
        } else {
            parts_.conversations[from].quota.charge(file->sealed.size(), parts_.monotonic.now());
        }
        of_round_.emplace_back(from,
                               schema::RelayItemFrame{file->held.depositor, file->held.deposit,
                                                      std::move(file->sealed)});
    }
    return news;
}

Result<bool> RelayService::take(const Agency& from, const schema::RelayDeleteFrame& frame) {
    LAPX_TRY(parts_.round.begin());
    return parts_.relay.remove(from, frame.deposit);
}

void RelayService::disconnected(const Agency& peer) {
    if (const auto owner = owners_.find(peer); owner != owners_.end()) {
        owner->second.credit = 0;
    }
}

Result<void> RelayService::tick() {
    if (parts_.monotonic.now() < expire_at_) {
        return {};
    }
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY_ASSIGN(const std::size_t dropped,
                    parts_.relay.expire(parts_.clock.seconds(), kExpiredAtOnce));
    if (dropped > 0) {
        log::info({"relay: ", std::to_string(dropped), " files that nobody fetched were dropped"});
    }
    expire_at_ = parts_.monotonic.now() + (dropped == 0 ? kExpireEvery : loop::Duration::zero());
    return {};
}

void RelayService::let_go() {
    for (const auto& [to, frame] : std::exchange(of_round_, {})) {
        const auto sent = parts_.transport.send(to, schema::encode_frame(frame));
        if (sent != transport::SendResult::kSent &&
            std::holds_alternative<schema::RelayItemFrame>(frame)) {
            owners_[to].credit = 0;  // it asks again
        }
    }
}

// Deposits are to come again; files that were fetched are asked for again.
void RelayService::give_up() {
    for (auto& [to, frame] : std::exchange(of_round_, {})) {
        if (auto* answer = std::get_if<schema::RelayAnswerFrame>(&frame)) {
            answer->refused = Code::kDiskFull;
            parts_.transport.send(to, schema::encode_frame(frame));
        }
    }
}

}  // namespace lapx::daemon
