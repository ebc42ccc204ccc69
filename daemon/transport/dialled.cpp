#include "daemon/transport/dialled.hpp"

#include <algorithm>
#include <array>

namespace lapx::transport {
namespace {

constexpr int kConnectTimeout = 2'000;  // ms
constexpr int kReconnectFirst = 200;    // ms; ZeroMQ doubles it after each attempt
constexpr int kReconnectMost = 5'000;   // ms
// For ZeroMQ to reconnect by itself, which it never does where what came broke its protocol.
constexpr std::chrono::seconds kGrace{2};
constexpr int kMostPatience = 12;      // times as long as at first
constexpr int kMostRefusedRetry = 60;  // times as long as at first

}  // namespace

Dialled::Dialled(const DialTools& tools, Agency agency, std::vector<Key> server_keys,
                 std::vector<Endpoint> endpoints)
    : tools_(tools),
      agency_(std::move(agency)),
      server_keys_(std::move(server_keys)),
      endpoints_(std::move(endpoints)),
      patience_(tools.options.patience),
      refused_retry_(tools.options.refused_retry) {}

Dialled::~Dialled() {
    if (is_connected()) {
        tools_.host.close_route(server_key(), route_);
    }
}

bool Dialled::takes(const std::vector<Key>& server_keys, const std::vector<Endpoint>& endpoints) {
    const auto key = std::find(server_keys.begin(), server_keys.end(), server_key());
    if (endpoints != endpoints_ || key == server_keys.end()) {
        return false;
    }
    turn_ = turn_ % endpoints_.size() +
            static_cast<std::size_t>(key - server_keys.begin()) * endpoints_.size();
    server_keys_ = server_keys;
    return true;
}

void Dialled::supervise(loop::Instant now) {
    if (ended_) {
        return;
    }
    if (!is_admitted()) {
        close(Link::State::kNotAdmitted);
        return;
    }
    switch (state_) {
        case Link::State::kConnected:
            check_flood(now);
            break;
        case Link::State::kResolving:
            break;
        case Link::State::kConnecting:
            if (now >= next_step_) {
                close(Link::State::kNotDialled);
                next_turn();
                patience_ = std::min<loop::Duration>(2 * patience_,
                                                     kMostPatience * tools_.options.patience);
                start();
            }
            break;
        case Link::State::kNotAdmitted:
            start();
            break;
        case Link::State::kNotDialled:
        case Link::State::kUnresolved:
        case Link::State::kNoProxy:
        case Link::State::kRefused:
            if (now >= next_step_) {
                start();
            }
            break;
    }
}

void Dialled::start() {
    state_ = Link::State::kResolving;
    way_.emplace(tools_.ways, target(), [this](Result<Endpoint> numeric) {
        if (numeric) {
            connect(*numeric);
        } else {
            no_way(numeric.error());
        }
    });
}

void Dialled::no_way(const Error& error) {
    next_turn();
    state_ = error.code == Code::kNotFound ? Link::State::kUnresolved : Link::State::kNoProxy;
    next_step_ = tools_.loop.now() + tools_.options.patience;
    way_.reset();
}

void Dialled::connect(const Endpoint& numeric) {
    state_ = Link::State::kConnecting;
    next_step_ = tools_.loop.now() + patience_;
    if (const auto opened = open(numeric); !opened) {
        // Out of descriptors or sockets: try again when the attempt would have been given up.
        close(Link::State::kNotDialled);
    }
}

Result<void> Dialled::open(const Endpoint& numeric) {
    LAPX_TRY_ASSIGN(dealer_, tools_.context.open(ZMQ_DEALER));
    void* dealer = dealer_.get();
    const std::string address = numeric.text();
    LAPX_TRY(make_curve_client(dealer, tools_.own, tools_.own_public, server_key()));
    LAPX_TRY(set_limits(dealer, tools_.options));
    LAPX_TRY(set_option(dealer, ZMQ_IMMEDIATE, 1));
    LAPX_TRY(set_option(dealer, ZMQ_CONNECT_TIMEOUT, kConnectTimeout));
    // A tunnel is for one connection.
    LAPX_TRY(set_option(dealer, ZMQ_RECONNECT_IVL, tools_.ways.proxy ? -1 : kReconnectFirst));
    LAPX_TRY(set_option(dealer, ZMQ_RECONNECT_IVL_MAX, kReconnectMost));
    if (is_ipv6(address)) {
        LAPX_TRY(set_option(dealer, ZMQ_IPV6, 1));
    }
    LAPX_TRY_ASSIGN(monitor_, Monitor::open(tools_.context, dealer,
                                            ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED |
                                                ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                                                ZMQ_EVENT_HANDSHAKE_FAILED_AUTH));
    LAPX_TRY_ASSIGN(dealer_watch_, tools_.loop.add_socket(dealer_, [this] { read_messages(); }));
    LAPX_TRY_ASSIGN(monitor_watch_,
                    tools_.loop.add_socket(monitor_.socket(), [this] { read_monitor(); }));
    if (zmq_connect(dealer, address.c_str()) != 0) {
        return zmq_failure("dialling " + address);
    }
    return {};
}

void Dialled::close(Link::State why) {
    dealer_watch_.reset();
    monitor_watch_.reset();
    monitor_.close();
    dealer_.close();
    way_.reset();
    disconnected(why);
}

void Dialled::forget_refusal() {
    if (state_ == Link::State::kRefused) {
        state_ = Link::State::kNotDialled;
    }
}

void Dialled::enforce() {
    if (!ended_ && !is_admitted()) {
        close(Link::State::kNotAdmitted);
    }
}

void Dialled::hang_up() {
    ended_ = true;
    close(Link::State::kNotDialled);
}

SendResult Dialled::send(BytesView frame) {
    if (!is_connected()) {
        return SendResult::kUnreachable;
    }
    int rc = zmq_send(dealer_.get(), frame.data(), frame.size(), ZMQ_DONTWAIT);
    if (rc < 0) {
        take_in_commands(dealer_.get());
        rc = zmq_send(dealer_.get(), frame.data(), frame.size(), ZMQ_DONTWAIT);
    }
    dealer_watch_.touch();
    return rc < 0 ? SendResult::kFull : SendResult::kSent;
}

void Dialled::read_messages() {
    // A message never comes before word of its connection.
    read_monitor();
    for (int i = 0; i < kMessagesPerRound && dealer_; ++i) {
        std::array<Message, 1> frames;
        const std::size_t count = receive(dealer_.get(), frames);
        if (count == 0) {
            return;
        }
        if (!is_admitted()) {
            ++tools_.host.counters().not_admitted;
            continue;
        }
        if (!is_connected()) {
            ++tools_.host.counters().lost;
            continue;
        }
        if (count > 1) {
            ++tools_.host.counters().multi_frame;
            tools_.host.mute(server_key());
            return;
        }
        const BytesView octets = frames[0].bytes();
        backlog_.came();
        tools_.host.take({agency_, server_key(), route_, Bytes(octets.begin(), octets.end())});
    }
}

void Dialled::read_monitor() {
    while (dealer_) {
        const auto event = monitor_.next();
        if (!event) {
            return;
        }
        switch (event->what) {
            case ZMQ_EVENT_CONNECTED:
                fd_ = event->value;
                peer_ = peer_address(fd_);
                backlog_ = Backlog(tools_.loop.now());
                break;
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
                connected();
                break;
            case ZMQ_EVENT_DISCONNECTED:
                disconnected(Link::State::kConnecting);
                break;
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
                refused();
                break;
            default:
                break;
        }
    }
}

void Dialled::connected() {
    state_ = Link::State::kConnected;
    patience_ = tools_.options.patience;
    refused_retry_ = tools_.options.refused_retry;
    route_ = tools_.host.open_route(this);
    tools_.host.events().on_connected(agency_, route_);
}

void Dialled::disconnected(Link::State why) {
    if (std::exchange(state_, why) == Link::State::kConnected) {
        next_step_ =
            tools_.loop.now() + (tools_.ways.proxy ? loop::Duration::zero()
                                                   : std::min<loop::Duration>(patience_, kGrace));
        tools_.host.close_route(server_key(), route_);
        tools_.host.events().on_disconnected(agency_, route_);
    }
}

void Dialled::refused() {
    close(Link::State::kRefused);
    next_step_ = tools_.loop.now() + refused_retry_;
    refused_retry_ = std::min<loop::Duration>(2 * refused_retry_,
                                              kMostRefusedRetry * tools_.options.refused_retry);
}

void Dialled::check_flood(loop::Instant now) {
    const auto read = octets_read(fd_);
    if (!read) {
        return;
    }
    backlog_.weigh(*read, now);
    if (backlog_.exceeds(tools_.options)) {
        ++tools_.host.counters().floods;
        cut(fd_, peer_);
        tools_.host.mute(server_key());
    }
}

}  // namespace lapx::transport
