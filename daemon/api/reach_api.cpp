// Who is connected, why others are not, and whether peers reach us.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;
using transport::Link;

// Of an agency that we would dial.
std::pair<std::string_view, std::string> while_dialled(const Link& link) {
    const std::string at = link.endpoint.empty() ? "" : " at " + link.endpoint;
    switch (link.dialled) {
        case Link::State::kNotDialled:
        case Link::State::kConnecting:
            return {"no-answer", "does not answer" + at};
        case Link::State::kNotAdmitted:
            return {"shut-out", "is shut out for a while: it broke the protocol"};
        case Link::State::kResolving:
            return {"resolving", "is being looked for" + at};
        case Link::State::kUnresolved:
            return {"name-unknown", "cannot be found: the name has no address" + at};
        case Link::State::kNoProxy:
            return {"no-proxy", "is not reached through the SOCKS proxy" + at};
        case Link::State::kRefused:
            return {"refused", "does not admit us" + at};
        case Link::State::kConnected:
            return {"greeting", "is connected and has not said what it holds"};
    }
    return {};
}

std::string_view advice_on(schema::Reached reached) {
    switch (reached) {
        case schema::Reached::kYes:
            return "";
        case schema::Reached::kNotAdmitted:
            return "add or verify the agency that was asked, then ask it again";
        case schema::Reached::kOtherKey:
            return "look what the router or firewall forwards that address and port to";
        case schema::Reached::kRefused:
            return "is lapxd listening there, and is the port forwarded to it?";
        case schema::Reached::kTimedOut:
            return "a firewall drops it, or the address is not yours: open or forward the port";
        case schema::Reached::kNameUnknown:
            return "put the name into the public DNS, or advertise an address";
    }
    return {};
}

std::string_view meaning_of(schema::Reached reached) {
    for (const auto& word : schema::words<schema::Reached>()) {
        if (word.value == reached) {
            return word.meaning;
        }
    }
    return {};
}

Json reach_json(const Agency& peer, const std::vector<schema::ReachedEndpoint>& found) {
    Json endpoints = Json::array();
    for (const schema::ReachedEndpoint& one : found) {
        endpoints.push_back({{"endpoint", one.endpoint},
                             {"result", schema::word_of(one.result)},
                             {"detail", meaning_of(one.result)},
                             {"hint", advice_on(one.result)}});
    }
    return {{"agency", peer.text()}, {"endpoints", endpoints}};
}

}  // namespace

Api::Connection Api::connection_of(const Agency& peer) const {
    const PipelineParts& node = parts_.pipeline_parts;
    const std::string& name = peer.text();
    if (is_greeted(parts_.pipeline.conversations(), peer)) {
        return {"connected", name + " is connected"};
    }
    const contacts::Contact* contact = node.contacts.find(peer);
    const bool admitted = contact != nullptr && contact->is_trusted() && contact->notice &&
                          contact->notice->notice.expires > node.clock.seconds();
    if (!admitted) {
        return {"not-dialled",
                name + " is not dialled: it is not trusted, or has no notice in force"};
    }
    if (!contact->notice->notice.endpoints.empty()) {
        auto [word, sentence] = while_dialled(node.transport.link(peer));
        return {word, name + " " + sentence};
    }
    if (const auto relay = parts_.pipeline.relays().relay_for(*contact, std::nullopt)) {
        return {"by-relay",
                name + " cannot be dialled; what it is sent goes to its relay " + relay->text()};
    }
    if (node.config.node.listen.empty()) {
        return {"neither-dialled", name + " cannot be dialled, and neither can we; " +
                                       relays_of(contact->notice->notice.relays)};
    }
    return {"waits-for-it", name + " cannot be dialled; we wait until it connects"};
}

// How it stands with the relays that a peer names.
std::string Api::relays_of(const std::vector<Agency>& relays) const {
    std::string out = relays.empty() ? "it names no relay" : "";
    for (const Agency& relay : relays) {
        const contacts::Contact* contact = parts_.pipeline_parts.contacts.find(relay);
        const bool connected = is_greeted(parts_.pipeline.conversations(), relay);
        out += (out.empty() ? "its relay " : ", ") + relay.text() +
               (contact == nullptr || !contact->is_trusted() ? " is not verified here"
                : connected                                  ? " is connected"
                                                             : " is not connected");
    }
    return out;
}

void Api::ask_for_reach(const Request& request, control::Pending pending) {
    const auto peer = Agency::parse(request.path.at(1));
    if (!peer || parts_.pipeline_parts.contacts.find(*peer) == nullptr) {
        pending.answer(Error{Code::kUnknownAgency, std::string(request.path.at(1))});
        return;
    }
    if (parts_.pipeline_parts.self.notice.endpoints.empty()) {
        pending.answer(Error{Code::kWrongState,
                             "our notice names no address: nobody dials this node, and it receives "
                             "over the connections that it dialled"});
        return;
    }
    const auto waiting = std::make_shared<control::Pending>(std::move(pending));
    parts_.pipeline.reach().ask(*peer, [waiting, peer = *peer](auto found) {
        if (!found) {
            waiting->answer(found.error());
        } else if (found->empty()) {
            waiting->answer(
                Error{Code::kQuota, peer.text() + " did not try: it was asked too often, or holds "
                                                  "no notice of ours in force"});
        } else {
            waiting->answer(reach_json(peer, *found));
        }
    });
}

void Api::add_reach_routes(control::Server& server) {
    server.route("POST", "/v1/contacts/{agency}/reach", {Role::kAdmin}, {},
                 [this](const Request& request, control::Pending pending) {
                     ask_for_reach(request, std::move(pending));
                 });
}

}  // namespace lapx::daemon
