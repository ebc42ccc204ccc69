// What a peer may cost (protocol.md 8.5): each frame is charged when it comes, and given back once
// it had an effect. Whoever spent all of it is told to wait, and shut out if it does not.

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {

// Whoever has shown the key is who speaks and pays, also where the connection still counts for
// another that publishes it.
const Agency& Pipeline::payer_of(const transport::Inbound& inbound) const {
    const contacts::Contact* owner = parts_.contacts.shown_by({inbound.key});
    return owner != nullptr ? owner->agency() : inbound.from;
}

// Charges a frame, before anything is done for it; true if the peer is shut out now.
bool Pipeline::is_overdrawn(const transport::Inbound& inbound) {
    const Agency& who = payer_of(inbound);
    Quota& quota = conversations_[who].quota;
    quota.charge(inbound.payload.size(), parts_.monotonic.now());
    // What begins a connection may say that it is another's: who overdraws has no key muted that it
    // cannot use itself.
    const bool begins = speaker_on(inbound) == Speaker::kUnknown;
    if (begins) {
        speaks(inbound, Speaker::kItself);
    }
    if (!quota.is_overdrawn() || begins) {
        return false;
    }
    ++counters_.shut_out;
    log::warn({who.text(), ": shut out for a while: it goes on costing work for nothing"});
    parts_.transport.mute(inbound.key);
    return true;
}

// Whether a parcel is to come again later, unopened; its sender is told so.
bool Pipeline::is_over_quota(const transport::Inbound& inbound, const schema::ParcelFrame& frame) {
    const Quota& quota = conversations_[payer_of(inbound)].quota;
    if (!quota.is_spent()) {
        return false;
    }
    ++counters_.over_quota;
    complain_of(inbound.from, {"parcel refused unopened: ", to_string(Code::kQuota)});
    answers_.refuse(inbound.from, frame.message, Code::kQuota, quota.recovery());
    return true;
}

void Pipeline::had_effect(const transport::Inbound& inbound) {
    conversations_[payer_of(inbound)].quota.give_back(inbound.payload.size());
}

Result<void> Pipeline::credit(const transport::Inbound& inbound, const Result<bool>& effect) {
    if (!effect) {
        return tl::unexpected<Error>(effect.error());
    }
    if (*effect) {
        had_effect(inbound);
    }
    return {};
}

}  // namespace lapx::daemon
