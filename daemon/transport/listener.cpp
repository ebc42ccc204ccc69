#include "daemon/transport/listener.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "daemon/transport/zap.hpp"
#include "schema/limits.hpp"

namespace lapx::transport {
namespace {

// Connections of one key that are kept. A peer has one; while it reconnects, one or two dead ones.
constexpr std::size_t kConnectionsPerKey = 4;
// ZeroMQ reads a message of each connection in turn. With so many at a time a peer that has one
// connection still gets what its turns take, beside one that has as many as it may.
constexpr int kReadsPerRound = kConnectionsPerKey * kMessagesPerRound;
constexpr int kBacklog = 4096;

// ROUTER makes up ids of this shape for peers that set none, as every peer must.
bool is_made_up(std::string_view routing_id) {
    constexpr std::size_t kSize = 5;
    return routing_id.size() == kSize && routing_id.front() == '\0';
}

// The descriptor of the connection that a message came by; -1 if unknown.
int descriptor(Message& payload) {
    const char* text = payload.property("__fd");
    return text == nullptr ? -1 : std::atoi(text);  // NOLINT(cert-err34-c): libzmq printed it
}

Result<std::string> bind_router(void* socket, const std::string& endpoint) {
    if (!endpoint.starts_with("tcp://")) {
        return fail(Code::kConfigInvalid, "cannot listen on " + endpoint + ": not tcp://");
    }
    if (is_ipv6(endpoint)) {
        LAPX_TRY(set_option(socket, ZMQ_IPV6, 1));
    }
    if (zmq_bind(socket, endpoint.c_str()) != 0) {
        return fail(Code::kConfigInvalid,
                    "cannot listen on " + endpoint + ": " + zmq_strerror(zmq_errno()));
    }
    std::array<char, 256> bound{};
    std::size_t size = bound.size();
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound.data(), &size) != 0) {
        return zmq_failure("ZMQ_LAST_ENDPOINT");
    }
    return std::string(bound.data());
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const Context& context, Host& host,
                                                 std::span<const std::uint8_t, 32> secret,
                                                 const Options& options) {
    std::unique_ptr<Listener> listener(new Listener(host, options));
    LAPX_TRY_ASSIGN(listener->router_, context.open(ZMQ_ROUTER));
    void* router = listener->router_.get();
    LAPX_TRY(make_curve_server(router, secret));
    LAPX_TRY(set_limits(router, options));
    LAPX_TRY(set_option(router, ZMQ_ROUTER_MANDATORY, 1));
    LAPX_TRY(set_option(router, ZMQ_ROUTER_HANDOVER, 0));
    LAPX_TRY(set_option(router, ZMQ_BACKLOG, kBacklog));
    // Never ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: libzmq 4.3.4 forgets over telling of it, after the
    // handshake too, that the connection failed. It stands on and is read no more: see set_limits.
    LAPX_TRY_ASSIGN(listener->monitor_, Monitor::open(context, router,
                                                      ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED |
                                                          ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
    return listener;
}

Result<void> Listener::bind(const std::string& endpoint) {
    LAPX_TRY_ASSIGN(endpoint_, bind_router(router_.get(), endpoint));
    return {};
}

Result<void> Listener::watch(loop::Loop& loop) {
    loop_ = &loop;
    LAPX_TRY_ASSIGN(router_watch_, loop.add_socket(router_, [this] { read_messages(); }));
    LAPX_TRY_ASSIGN(monitor_watch_, loop.add_socket(monitor_.socket(), [this] { read_monitor(); }));
    return {};
}

void Listener::read_messages() {
    for (int i = 0; i < kReadsPerRound; ++i) {
        std::array<Message, 2> frames;
        const std::size_t count = receive(router_.get(), frames);
        if (count == 0) {
            return;
        }
        take(frames[0], frames[1], count);
    }
}

std::optional<Listener::Sender> Listener::identify(Message& payload) {
    const char* user_id = payload.property(kUserIdProperty);
    const char* key_text = payload.property(kKeyProperty);
    if (user_id == nullptr || key_text == nullptr) {
        ++host_.counters().no_user_id;
        return std::nullopt;
    }
    Key key{};
    if (const auto octets = from_hex(key_text); octets && octets->size() == key.size()) {
        std::copy(octets->begin(), octets->end(), key.begin());
    }
    const Agency* agency = host_.admitted().find(key);
    if (agency == nullptr || agency->text() != user_id) {
        ++host_.counters().not_admitted;
        return std::nullopt;
    }
    return Sender{*agency, key};
}

void Listener::take(Message& routing_id, Message& payload, std::size_t frames) {
    const int fd = descriptor(payload);
    const auto sender = identify(payload);
    if (!sender) {
        connections_.cut(fd);
        return;
    }
    const std::string_view id = as_text(routing_id.bytes());
    if (frames != 2 || !is_made_up(id)) {
        ++(frames != 2 ? host_.counters().multi_frame : host_.counters().routing_id);
        connections_.cut(fd);
        host_.mute(sender->key);
        return;
    }
    const auto route = route_of(*sender, std::string(id), fd);
    if (!route) {
        ++host_.counters().lost;
        return;
    }
    const BytesView octets = payload.bytes();
    host_.take({sender->agency, sender->key, *route, Bytes(octets.begin(), octets.end())});
}

void Listener::delivered(Route route, std::size_t octets) {
    const auto found = routes_.find(route);
    if (found == routes_.end()) {
        return;
    }
    // The descriptor may stand for another connection by now.
    if (Connection* connection = connections_.find(found->second.fd);
        connection != nullptr && connection->route == route) {
        connection->backlog.delivered(octets);
    }
}

std::optional<Route> Listener::route_of(const Sender& sender, std::string routing_id, int fd) {
    if (const auto known = by_routing_id_.find(routing_id); known != by_routing_id_.end()) {
        const Inward& inward = routes_.at(known->second);
        if (inward.key == sender.key && inward.agency == sender.agency) {
            return known->second;
        }
        forget(Route(known->second));
    }
    // Whatever ended before this connection began is in the monitor by now.
    read_monitor();
    Connection* connection = connections_.find(fd);
    if (connection == nullptr) {
        return std::nullopt;
    }
    connection->backlog.came();
    const Route route = host_.open_route(nullptr);
    if (const auto former = std::exchange(connection->route, route)) {
        forget(*former);
    }
    routes_.emplace(route, Inward{sender.agency, sender.key, routing_id, fd});
    by_routing_id_.emplace(std::move(routing_id), route);
    auto& siblings = by_agency_[sender.agency.text()];
    siblings.push_back(route);
    if (siblings.size() > kConnectionsPerKey) {
        const Route oldest = siblings.front();
        ++host_.counters().crowded;
        connections_.cut(routes_.at(oldest).fd);
        forget(oldest);
    }
    if (!routes_.contains(route)) {
        return std::nullopt;
    }
    host_.came(sender.agency);
    host_.events().on_connected(sender.agency, route);
    return route;
}

// Closes the books on a route. Its connection may still be open.
void Listener::forget(Route route) {
    const auto found = routes_.find(route);
    const Inward inward = std::move(found->second);
    routes_.erase(found);
    by_routing_id_.erase(inward.routing_id);
    const auto siblings = by_agency_.find(inward.agency.text());
    std::erase(siblings->second, route);
    if (siblings->second.empty()) {
        by_agency_.erase(siblings);
    }
    if (Connection* connection = connections_.find(inward.fd);
        connection != nullptr && connection->route == route) {
        connection->route.reset();
    }
    host_.close_route(inward.key, route);
    host_.events().on_disconnected(inward.agency, route);
}

SendResult Listener::send(const Inward& inward, BytesView frame) {
    void* router = router_.get();
    const std::string& id = inward.routing_id;
    const int flags = ZMQ_SNDMORE | ZMQ_DONTWAIT;
    int rc = zmq_send(router, id.data(), id.size(), flags);
    if (rc < 0) {
        take_in_commands(router);
        rc = zmq_send(router, id.data(), id.size(), flags);
    }
    router_watch_.touch();
    if (rc < 0) {
        return zmq_errno() == EAGAIN ? SendResult::kFull : SendResult::kUnreachable;
    }
    rc = zmq_send(router, frame.data(), frame.size(), ZMQ_DONTWAIT);
    return rc < 0 ? SendResult::kUnreachable : SendResult::kSent;
}

SendResult Listener::send(const Agency& agency, BytesView frame) {
    const auto found = by_agency_.find(agency.text());
    if (found == by_agency_.end()) {
        return SendResult::kUnreachable;
    }
    // A connection that just died may still stand as the newest.
    for (auto route = found->second.rbegin(); route != found->second.rend(); ++route) {
        const SendResult result = send(routes_.at(*route), frame);
        if (result != SendResult::kUnreachable) {
            return result;
        }
    }
    return SendResult::kUnreachable;
}

std::optional<SendResult> Listener::send(Route route, BytesView frame) {
    const auto found = routes_.find(route);
    if (found == routes_.end()) {
        return std::nullopt;
    }
    return send(found->second, frame);
}

std::size_t Listener::count(const Agency& agency) const {
    const auto found = by_agency_.find(agency.text());
    return found == by_agency_.end() ? 0 : found->second.size();
}

void Listener::read_monitor() {
    while (const auto event = monitor_.next()) {
        switch (event->what) {
            case ZMQ_EVENT_ACCEPTED:
                accepted(event->value);
                break;
            case ZMQ_EVENT_DISCONNECTED:
                closed(event->value);
                break;
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
                ++host_.counters().accepted;
                break;
            default:
                break;
        }
    }
}

void Listener::accepted(int fd) {
    closed(fd);
    connections_.add(fd, loop_->now());
    if (const auto surplus = connections_.surplus()) {
        ++host_.counters().crowded;
        connections_.cut(*surplus);
        closed(*surplus);
    }
}

void Listener::closed(int fd) {
    const Connection* connection = connections_.find(fd);
    if (connection == nullptr) {
        return;
    }
    const auto route = connection->route;
    host_.counters().unheard += route ? 0 : 1;
    connections_.remove(fd);
    if (route) {
        forget(*route);
    }
}

void Listener::enforce() {
    std::vector<Route> revoked;
    for (const auto& [route, inward] : routes_) {
        if (!host_.admitted().holds(inward.agency, inward.key)) {
            revoked.push_back(route);
        }
    }
    for (const Route route : revoked) {
        if (const auto found = routes_.find(route); found != routes_.end()) {
            connections_.cut(found->second.fd);
            forget(route);
        }
    }
}

void Listener::hang_up() {
    while (!routes_.empty()) {
        forget(Route(routes_.begin()->first));
    }
}

void Listener::supervise(loop::Instant now) {
    const Connections::Findings findings = connections_.inspect(now);
    for (const int fd : findings.gone) {
        closed(fd);
    }
    for (const int fd : findings.silent) {
        ++host_.counters().silent;
        connections_.cut(fd);
        closed(fd);
    }
    for (const int fd : findings.flooding) {
        ++host_.counters().floods;
        connections_.cut(fd);
        const Connection* connection = connections_.find(fd);
        if (connection != nullptr && connection->route) {
            host_.mute(Key(routes_.at(*connection->route).key));
        }
        closed(fd);
    }
    // Not muted: the largest may well be an honest peer's.
    for (const int fd : findings.heavy) {
        ++host_.counters().heavy;
        connections_.cut(fd);
        closed(fd);
    }
}

}  // namespace lapx::transport
