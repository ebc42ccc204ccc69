#include "daemon/reach.hpp"

#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kProbes = 6;  // for one peer
constexpr std::chrono::hours kProbesEvery{1};
// Longer than a peer takes over its slowest endpoint, with each of our keys.
constexpr std::chrono::seconds kAnswerPatience{30};

}  // namespace

void Reach::ask(const Agency& peer, Answered answered) {
    if (waiting_.contains(peer)) {
        answered(fail(Code::kWrongState, peer.text() + " was asked already, and has not answered"));
        return;
    }
    const schema::ReachRequestFrame frame{++last_ask_};
    if (transport_.send(peer, schema::encode_frame(frame)) != transport::SendResult::kSent) {
        answered(fail(Code::kPeerUnreachable, peer.text() + " is not connected"));
        return;
    }
    waiting_.emplace(peer, Question{frame.ask, monotonic_.now(), std::move(answered)});
}

bool Reach::may_probe(const contacts::Contact& contact) {
    return contact.notice && contact.notice->notice.expires > clock_.seconds() &&
           !contact.notice->notice.endpoints.empty() && !probing_.contains(contact.agency()) &&
           conversations_[contact.agency()].probes.take(monotonic_.now(), kProbes, kProbesEvery);
}

void Reach::take(const Agency& from, const schema::ReachRequestFrame& frame) {
    const contacts::Contact* contact = contacts_.find(from);
    const auto answer = [this, from, ask = frame.ask](std::vector<schema::ReachedEndpoint> found) {
        transport_.send(from,
                        schema::encode_frame(schema::ReachAnswerFrame{ask, std::move(found)}));
    };
    if (contact == nullptr || !may_probe(*contact)) {
        answer({});
        return;
    }
    const std::vector<std::string> endpoints = contact->notice->notice.endpoints;
    std::vector<transport::Key> curves;
    for (const keys::CurvePublicKey& curve : contact->notice->curve) {
        curves.push_back(curve.bytes);
    }
    const auto begun = transport_.probe(
        curves, endpoints,
        [this, from, endpoints, answer](const std::vector<schema::Reached>& found) {
            probing_.erase(from);
            std::vector<schema::ReachedEndpoint> out;
            for (std::size_t i = 0; i < endpoints.size(); ++i) {
                out.push_back({endpoints[i], found[i]});
            }
            answer(std::move(out));
        });
    if (begun) {
        probing_.insert(from);
    } else {
        answer({});
    }
}

void Reach::take(const Agency& from, const schema::ReachAnswerFrame& frame) {
    const auto found = waiting_.find(from);
    if (found != waiting_.end() && found->second.ask == frame.ask) {
        settle(from, frame.endpoints);
    }
}

void Reach::tick() {
    std::vector<Agency> late;
    for (const auto& [peer, question] : waiting_) {
        if (monotonic_.now() - question.asked > kAnswerPatience) {
            late.push_back(peer);
        }
    }
    for (const Agency& peer : late) {
        settle(peer, fail(Code::kTimeout, peer.text() + " did not answer"));
    }
}

void Reach::settle(const Agency& peer, Result<std::vector<schema::ReachedEndpoint>> found) {
    const auto question = waiting_.find(peer);
    const Answered answered = std::move(question->second.answered);
    waiting_.erase(question);
    answered(std::move(found));
}

}  // namespace lapx::daemon
