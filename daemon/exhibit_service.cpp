#include "daemon/exhibit_service.hpp"

#include <algorithm>

#include "daemon/access.hpp"
#include "daemon/exhibit_lines.hpp"

namespace lapx::daemon {
namespace {

// Each other exhibit that is asked for costs a look into the database.
constexpr std::size_t kLookups = 64;
constexpr std::chrono::seconds kLookupsEvery{1};
constexpr std::chrono::minutes kIdle{1};
constexpr std::uint32_t kAgainAfter = 5;  // s

}  // namespace

bool ExhibitService::take(const Agency& from, const schema::ExhibitRequestFrame& request) {
    Peer& peer = peers_[from];
    const Name name{request.message, request.number};
    const loop::Instant now = parts_.monotonic.now();
    if (!(peer.wanted_name == name) || !peer.open) {
        if (!peer.lookups.take(now, kLookups, kLookupsEvery)) {
            complain_(from, "exhibit requests dropped: too many at once");
            return false;
        }
        if (!(peer.wanted_name == name)) {
            peer.wanted.clear();
        }
        peer.open.reset();
        peer.wanted_name = name;
        auto found = look_up(from, name);
        if (!found) {
            refuse(from, peer, found.error().code);
            return false;
        }
        peer.open.emplace(std::move(*found));
    }
    peer.last = now;
    const std::uint64_t size = peer.open->source.size();
    if (request.offset >= size || request.offset % schema::kMaxChunk != 0) {
        complain_(from, "exhibit request refused: no chunk begins there");
        refuse(from, peer, Code::kExhibitUnavailable);
        return false;
    }
    const std::size_t before = peer.wanted.size();
    for (std::uint64_t i = 0; i < request.credit; ++i) {
        const std::uint64_t offset = request.offset + i * schema::kMaxChunk;
        if (offset < size && peer.wanted.size() < schema::kMaxChunksInFlight) {
            peer.wanted.push_back(offset);
        }
    }
    const bool granted = peer.wanted.size() > before;
    go_on();
    return granted;
}

void ExhibitService::look_again() {
    for (auto& [name, peer] : peers_) {
        peer.open.reset();
    }
}

// Also of a code that only this node is to blame for: then the peer is to try again, or nothing is
// said and it asks again by itself.
void ExhibitService::refuse(const Agency& agency, Peer& peer, Code code) {
    peer.open.reset();
    peer.wanted.clear();
    if (severity(code) == Severity::kFatal) {
        return;
    }
    const bool passes = severity(code) == Severity::kTransient;
    parts_.transport.send(agency, schema::encode_frame(schema::RefusalFrame{
                                      .message = peer.wanted_name.message,
                                      .code = passes ? code : Code::kExhibitUnavailable,
                                      .final = !passes,
                                      .retry_after = passes ? kAgainAfter : 0,
                                      .seen_size = 0,
                                      .exhibit = peer.wanted_name.number}));
}

Result<void> ExhibitService::check_in_force(const Agency& peer, const ReferralId& dossier) {
    const contacts::Contact* contact = parts_.contacts.find(peer);
    if (contact == nullptr || !contact->is_trusted()) {
        return fail(Code::kExhibitUnavailable);
    }
    LAPX_TRY_ASSIGN(const auto versions,
                    parts_.cases.versions(cases::Direction::kOut, parts_.self.agency(), dossier,
                                          viewer_of_all()));
    const bool withdrawn = std::any_of(versions.begin(), versions.end(), [](const cases::Row& row) {
        return row.act == schema::Act::kWithdraw && row.state == cases::State::kSent;
    });
    return withdrawn ? fail(Code::kExhibitUnavailable) : Result<void>{};
}

Result<ExhibitService::Open> ExhibitService::look_up(const Agency& peer, const Name& name) {
    const tl::unexpected<Error> no = fail(Code::kExhibitUnavailable);
    LAPX_TRY_ASSIGN(const auto message, parts_.delivery.find(parts_.self.agency(), name.message));
    if (!message || message->peer != peer || !message->referral ||
        (message->state != delivery::State::kSent &&
         message->state != delivery::State::kDelivered)) {
        return no;
    }
    LAPX_TRY_ASSIGN(const cases::Case value, parts_.cases.load(*message->referral));
    LAPX_TRY(check_in_force(peer, value.draft.id));
    LAPX_TRY_ASSIGN(const auto lines,
                    exhibit_lines(parts_.delivery, parts_.cases, message->seq, *message->referral));
    const auto line = std::find_if(lines.begin(), lines.end(), [&](const ExhibitLine& one) {
        return one.line.number == name.number;
    });
    if (line == lines.end()) {
        return no;
    }
    LAPX_TRY_ASSIGN(const auto exhibit, parts_.cases.exhibit(*message->referral, line->element));
    if (!exhibit || exhibit->state != model::OctetsState::kHere ||
        exhibit->sealed_digest != line->line.sealed) {
        return no;
    }
    HandOver hand_over{*message->referral, value.draft.id,           line->element,
                       exhibit->plain,     exhibits::Event::kServed, peer.text()};
    LAPX_TRY_ASSIGN(const bool logged, is_logged(hand_over));
    auto source = source_of(parts_.folder, *exhibit);
    if (!source) {
        complain_(peer, "the file of an exhibit that it asks for cannot be read here");
        return tl::unexpected<Error>(source.error());
    }
    return Open{name, std::move(*source), std::move(hand_over), logged};
}

// One chunk of each peer, then everybody else has their turn.
void ExhibitService::go_on() {
    next_ = parts_.loop.after(loop::Duration::zero(), [this] {
        bool more = false;
        for (auto& [name, peer] : peers_) {
            more = (!peer.wanted.empty() && serve(name, peer)) || more;
        }
        if (more) {
            go_on();
        }
    });
}

// Whether there is more that it takes in.
bool ExhibitService::serve(const Agency& agency, Peer& peer) {
    if (!peer.open) {
        auto found = look_up(agency, peer.wanted_name);
        if (!found) {
            refuse(agency, peer, found.error().code);
            return false;
        }
        peer.open.emplace(std::move(*found));
    }
    return peer.open->logged ? send(agency, peer) : hand_over(agency, peer);
}

// Nothing leaves in this round of the loop; the next begins when the entry is durable.
bool ExhibitService::hand_over(const Agency& agency, Peer& peer) {
    const auto recorded =
        record_hand_over(log_, parts_.exhibits, parts_.clock, peer.open->hand_over);
    if (!recorded) {
        if (severity(recorded.error().code) != Severity::kTransient) {
            parts_.round.fail_with(recorded.error());
        }
        refuse(agency, peer, recorded.error().code);
        return false;
    }
    peer.open->logged = true;
    return true;
}

bool ExhibitService::send(const Agency& agency, Peer& peer) {
    const std::uint64_t offset = peer.wanted.front();
    auto octets = peer.open->source.read(offset, schema::kMaxChunk);
    if (!octets || octets->empty()) {
        complain_(agency, "an exhibit that it asks for cannot be read here");
        refuse(agency, peer, octets ? Code::kExhibitUnavailable : octets.error().code);
        return false;
    }
    const bool last = offset + octets->size() == peer.open->source.size();
    const transport::SendResult sent = parts_.transport.send(
        agency,
        schema::encode_frame(schema::ExhibitChunkFrame{
            peer.wanted_name.message, peer.wanted_name.number, offset, std::move(*octets), last}));
    switch (sent) {
        case transport::SendResult::kUnreachable:
            peer.wanted.clear();
            return false;
        case transport::SendResult::kFull:
            return false;  // tick() tries again
        case transport::SendResult::kSent:
            break;
    }
    peer.wanted.pop_front();
    return !peer.wanted.empty();
}

// Once for each agency: that it asks again changes nothing.
Result<bool> ExhibitService::is_logged(const HandOver& hand_over) {
    LAPX_TRY_ASSIGN(const auto before, parts_.exhibits.custody(hand_over.row));
    return std::any_of(before.begin(), before.end(), [&](const auto& one) {
        return one.event == hand_over.event && one.element == hand_over.element &&
               one.who == hand_over.who;
    });
}

void ExhibitService::tick() {
    bool more = false;
    for (auto& [name, peer] : peers_) {
        more = more || !peer.wanted.empty();
        if (peer.wanted.empty() && parts_.monotonic.now() - peer.last > kIdle) {
            peer.open.reset();
        }
    }
    if (more) {
        go_on();
    }
}

}  // namespace lapx::daemon
