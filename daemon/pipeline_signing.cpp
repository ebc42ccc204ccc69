// Whether entries may be signed: what peers say of our ledger and of our clock (protocol.md 8.4).

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::seconds kWaitForConfirmation{30};

}  // namespace

std::optional<std::chrono::seconds> Pipeline::clock_ahead(const Agency& peer) const {
    const auto found = conversations_.find(peer);
    if (found == conversations_.end() || !found->second.clock) {
        return std::nullopt;
    }
    return found->second.clock->ahead(parts_.clock.seconds(), parts_.monotonic.now());
}

void Pipeline::check_clock() {
    std::vector<std::chrono::seconds> ahead;
    for (const auto& [name, contact] : parts_.contacts.all()) {
        if (contact.state != schema::TrustState::kVerified) {
            continue;
        }
        if (const auto one = clock_ahead(contact.agency())) {
            ahead.push_back(*one);
        }
    }
    const auto before = clock_error_;
    clock_error_ = our_error(std::move(ahead));
    if (clock_error_ && !before) {
        log::critical({"the clocks of most peers are ", in_words(*clock_error_),
                       " ours: nothing is signed until that is mended"});
    } else if (before && !clock_error_) {
        log::info({"our clock agrees with those of peers again"});
    }
}

std::optional<Error> Pipeline::unready() const {
    if (!confirmed_ && parts_.monotonic.now() - started_ <= kWaitForConfirmation) {
        return Error{Code::kStarting,
                     "the node is asking its peers whether its ledger is up to date"};
    }
    if (clock_error_) {
        return Error{Code::kClock, "our own clock is wrong: those of most peers are " +
                                       in_words(*clock_error_) + " ours"};
    }
    return std::nullopt;
}

bool Pipeline::may_sign() const { return !halted_ && !unready(); }

// A halted node says `starting`: what it says is to be asked again.
Code Pipeline::why_silent() const { return halted_ ? Code::kStarting : unready()->code; }

}  // namespace lapx::daemon
