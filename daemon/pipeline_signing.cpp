// Whether entries may be signed: what peers say of our ledger and of our clock (protocol.md 8.4).

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "keys/directory.hpp"

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
    const Time now = parts_.clock.seconds();
    ClockCheck::Sight sight{{}, false, 0};
    bool in_force = false;
    for (const auto& [name, contact] : parts_.contacts.all()) {
        const auto ahead = clock_ahead(contact.agency());
        if (ahead && contact.state == schema::TrustState::kVerified) {
            sight.ahead.push_back(*ahead);
        }
        if (contact.state == schema::TrustState::kVerified && contact.notice) {
            ++sight.witnesses;
        }
        if (contact.is_trusted() && contact.notice) {
            sight.out_of_force = true;
            in_force = in_force || keys::is_in_force(contact.notice->notice, now);
        }
    }
    sight.out_of_force = sight.out_of_force && !in_force;
    if (!clock_check_.look(sight, now, parts_.monotonic.now())) {
        return;
    }
    parts_.log.go_by_clock(!clock_check_.fault());
    admissions_dirty_ = true;  // by a wrong clock no notice runs out
    if (const auto& fault = clock_check_.fault()) {
        log::critical({in_words(*fault), ": nothing is signed until that is mended"});
    } else {
        log::info({"our clock agrees with those of peers again"});
    }
}

// What our root revoked is no longer ours to sign with, whoever has it (protocol.md 3.3).
void Pipeline::look_at_own_keys() {
    const auto card = keys::open_card(parts_.self.card_note);
    if (!card) {
        fatal_ = card.error();
        return;
    }
    const auto revoked = [this](const keys::VerifierKey& key) {
        return keys::is_revoked(key, parts_.contacts.revoked());
    };
    const bool before = own_key_revoked_ || halted_;
    own_key_revoked_.reset();
    if (revoked(card->root) || revoked(card->ledger.front())) {
        halted_ = Error{
            Code::kKeyRevoked,
            "our own " + std::string(revoked(card->root) ? "root" : "ledger") + " key is revoked"};
    } else if (revoked(card->sign.front()) || revoked(card->witness.front())) {
        own_key_revoked_ = Error{Code::kKeyRevoked,
                                 "our own signing key is revoked: a card with another is needed"};
    }
    if (!before && why_silent() && why_silent()->code == Code::kKeyRevoked) {
        log::critical({why_silent()->context, "; nothing is signed"});
    }
}

std::optional<Error> Pipeline::why_not(Purpose purpose) const {
    if (halted_) {
        return halted_;
    }
    if (!confirmed_ && parts_.monotonic.now() - started_ <= kWaitForConfirmation) {
        return Error{Code::kStarting,
                     "the node is asking its peers whether its ledger is up to date"};
    }
    if (const auto& fault = clock_check_.fault(); fault && purpose != Purpose::kShuttingOut) {
        return Error{Code::kClock, in_words(*fault)};
    }
    return purpose == Purpose::kAnything ? own_key_revoked_ : std::nullopt;
}

// A halted node says `starting`: what it says is to be asked again.
Code Pipeline::refusal_while_silent() const {
    return why_silent()->code == Code::kClock ? Code::kClock : Code::kStarting;
}

}  // namespace lapx::daemon
