// Frames of relays (protocol.md 8.8): what we keep for others, and what others keep for us.

#include "daemon/pipeline.hpp"

namespace lapx::daemon {

void Pipeline::tend_relaying() {
    if (!may_sign()) {
        return;  // a clock that may be wrong ends nothing
    }
    Result<void> done = relay_client_.tick();
    if (done) {
        done = relay_service_.tick();
    }
    if (!done) {
        parts_.round.fail_with(done.error());
    }
}

Result<bool> Pipeline::take_of_relay(const Agency& from, const schema::FrameMessage& message) {
    if (const auto* put = std::get_if<schema::RelayPutFrame>(&message)) {
        return relay_service_.take(from, *put);
    }
    if (const auto* fetch = std::get_if<schema::RelayFetchFrame>(&message)) {
        return relay_service_.take(from, *fetch);
    }
    if (const auto* remove = std::get_if<schema::RelayDeleteFrame>(&message)) {
        return relay_service_.take(from, *remove);
    }
    if (const auto* answer = std::get_if<schema::RelayAnswerFrame>(&message)) {
        return relay_client_.take(from, *answer);
    }
    if (const auto* item = std::get_if<schema::RelayItemFrame>(&message)) {
        return take_relay_item(from, *item);
    }
    complain_of(from, {"frame dropped: not of this version"});
    return false;
}

// A file that a relay of ours kept is taken like one that came by hand. What cannot be taken now is
// deposited again by its sender, like what is lost.
Result<bool> Pipeline::take_relay_item(const Agency& from, const schema::RelayItemFrame& frame) {
    if (!relay_client_.take_item(from)) {
        return false;
    }
    LAPX_TRY(parts_.round.begin());
    const auto carried =
        open_carried(parts_.self, parts_.contacts, frame.sealed, parts_.clock.seconds());
    std::optional<TakenFile> taken;
    if (carried) {
        LAPX_TRY_ASSIGN(taken, take_carried(*carried));
    } else {
        complain_of(from, {"a file it kept is refused: ", to_string(carried.error().code), ": ",
                           carried.error().context});
    }
    relay_client_.took(from, frame.deposit, taken);
    return taken && taken->effect;
}

}  // namespace lapx::daemon
