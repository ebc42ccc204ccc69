// How a connection begins: each side says who it is (protocol.md 8.4). Whose key the connection is
// made with is only what a notice claims, so a card of another agency settles whose key that is
// (8.2).

#include <algorithm>

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "keys/directory.hpp"

namespace lapx::daemon {
namespace {

// Whose card it is; nothing if it is none. Whether it is a good one shows when it is admitted.
std::optional<Agency> agency_on(const std::string& card) {
    const auto split = keys::split_note(card);
    const auto parsed =
        split ? schema::parse_card(split->text) : tl::unexpected<Error>(split.error());
    return parsed ? std::optional(parsed->agency) : std::nullopt;
}

bool names(const keys::OpenedNotice& notice, const keys::CurvePublicKey& key) {
    return std::find(notice.curve.begin(), notice.curve.end(), key) != notice.curve.end();
}

bool are_held(const contacts::Contact& contact, const schema::HelloFrame& frame) {
    return contact.card.note == frame.card && contact.notice &&
           contact.notice->note == frame.notice;
}

bool are_older(const schema::HelloFrame& frame, const contacts::Contact& contact) {
    const auto split = keys::split_note(frame.notice);
    const auto parsed =
        split ? schema::parse_notice(split->text) : tl::unexpected<Error>(split.error());
    return parsed && contact.notice && parsed->serial < contact.notice->notice.serial;
}

}  // namespace

Speaker Pipeline::speaker_on(const transport::Inbound& inbound) const {
    return conversations_.at(inbound.from).routes.at(inbound.route);
}

void Pipeline::speaks(const transport::Inbound& inbound, Speaker who) {
    conversations_.at(inbound.from).routes.at(inbound.route) = who;
}

Result<void> Pipeline::take_hello(const transport::Inbound& inbound,
                                  const schema::HelloFrame& frame) {
    LAPX_TRY(parts_.round.begin());
    const Agency& from = inbound.from;
    const contacts::Contact* contact = parts_.contacts.find(from);
    if (contact == nullptr || contact->card.note != frame.card) {
        if (const auto other = agency_on(frame.card); other && *other != from) {
            speaks(inbound, Speaker::kAnother);
            return take_hello_of(*other, inbound, frame);
        }
    }
    speaks(inbound, Speaker::kItself);
    take_seen(from, frame.seen);
    if (frame.time) {
        conversations_[from].clock = ClockReading{*frame.time, parts_.monotonic.now()};
        check_clock();
    }
    LAPX_TRY(take_papers(from, frame));
    show_key(from, inbound, frame);
    conversations_[from].greeted = true;
    conversations_[from].came_anew = false;
    conversations_[from].cursor = 0;  // of what is due, something may lie before it
    if (may_sign()) {
        relay_client_.greeted(from);
    }
    LAPX_TRY_ASSIGN(conversations_[from].retry_at,
                    parts_.delivery.next_due(from, parts_.clock.seconds()));
    to_pump_.insert(from);
    return {};
}

// The connection counts for another agency, which published this key too, or first. It is cut once
// the key is its owner's, who comes again then.
Result<void> Pipeline::take_hello_of(const Agency& owner, const transport::Inbound& inbound,
                                     const schema::HelloFrame& frame) {
    // Anybody can show the papers of another: only what names this very key is of who speaks.
    const auto papers = parts_.contacts.examine(parts_.self.agency(), frame.card, frame.notice,
                                                parts_.clock.seconds());
    if (papers && papers->notice && names(papers->notice->notice, {inbound.key})) {
        LAPX_TRY(take_papers(owner, frame));
    }
    if (!show_key(owner, inbound, frame)) {
        complain_of(inbound.from, {"over its connection comes a card of ", owner.text()});
    }
    return {};
}

// New papers of an agency; somebody whom nobody has verified shows his to a person.
Result<void> Pipeline::take_papers(const Agency& of, const schema::HelloFrame& frame) {
    const contacts::Contact* contact = parts_.contacts.trusted(of);
    if (contact == nullptr || are_held(*contact, frame)) {
        return {};
    }
    if (!may_sign()) {
        conversations_[of].papers_waiting = frame;
        return {};
    }
    return admit_papers(*contact, frame);
}

// Those that came when there was no room, or this node signed nothing, once they can be taken.
Result<void> Pipeline::take_waiting_papers(const Agency& of) {
    const Conversation& conversation = conversations_[of];
    if (!conversation.papers_waiting || !may_sign() ||
        !conversation.papers.has_room(parts_.monotonic.now())) {
        return {};
    }
    const schema::HelloFrame frame = *std::exchange(conversations_[of].papers_waiting, {});
    const contacts::Contact* contact = parts_.contacts.trusted(of);
    if (contact == nullptr || are_older(frame, *contact)) {
        return {};  // a person was faster
    }
    LAPX_TRY(parts_.round.begin());
    return take_papers(of, frame);
}

// True if it was not known whose key this is. Only with the card that is held: one that is not
// admitted shows nothing.
bool Pipeline::show_key(const Agency& owner, const transport::Inbound& inbound,
                        const schema::HelloFrame& frame) {
    const contacts::Contact* contact = parts_.contacts.find(owner);
    const bool fresh = contact != nullptr && contact->card.note == frame.card &&
                       parts_.contacts.show_key(owner, {inbound.key});
    admissions_dirty_ = admissions_dirty_ || fresh;
    return fresh;
}

}  // namespace lapx::daemon
