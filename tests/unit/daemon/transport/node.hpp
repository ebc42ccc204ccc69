#pragma once
// Nodes with real sockets for the tests, all on the test's own thread, and raw sockets that misuse
// them.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "daemon/transport/transport.hpp"

namespace lapx::transport {

using namespace std::chrono_literals;

struct KeyPair {
    Key secret{};
    Key open{};
};

inline KeyPair make_keys() {
    KeyPair keys;
    crypto_box_keypair(keys.open.data(), keys.secret.data());
    return keys;
}

inline Agency agency(std::string_view text) { return Agency::parse(text).value(); }

// Writes down what happens. `react` runs at each message.
class Recorder final : public Events {
  public:
    void on_connected(const Agency& from, Route route) override {
        up.push_back(route);
        connected.push_back(from.text());
    }
    void on_disconnected(const Agency& from, Route route) override {
        std::erase(up, route);
        disconnected.push_back(from.text());
    }
    void on_message(Inbound inbound) override {
        messages.push_back(inbound);
        if (react) {
            react(inbound);
        }
    }

    std::vector<Route> up;
    std::vector<std::string> connected;
    std::vector<std::string> disconnected;
    std::vector<Inbound> messages;
    std::function<void(const Inbound&)> react;
};

// Fast enough for tests.
inline Options quick_options() {
    Options options;
    options.bind = "tcp://127.0.0.1:*";
    options.supervision = 10ms;
    options.refused_retry = 20ms;
    options.patience = 2s;
    return options;
}

// A port that nobody is given by chance while a node is away from it: another process, or a socket
// that dials it, which the kernel sooner or later connects to itself. A node can listen there.
class KeptPort {
  public:
    KeptPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        const int yes = 1;
        EXPECT_EQ(setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
        EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        options_.bind = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    ~KeptPort() { close(fd_); }
    KeptPort(const KeptPort&) = delete;
    KeptPort& operator=(const KeptPort&) = delete;

    // Of a node that listens there.
    const Options& options() const { return options_; }
    std::string endpoint() const { return *options_.bind; }

  private:
    int fd_;
    Options options_ = quick_options();
};

class Node {
  public:
    explicit Node(std::string_view name, Options options = quick_options(),
                  KeyPair keys = make_keys())
        : name_(agency(name)), keys_(keys), loop_(std::move(loop::Loop::create(clock_).value())) {
        auto opened = Transport::open(*loop_, clock_, events, keys_.secret, options);
        EXPECT_TRUE(opened) << opened.error().context;
        transport = std::move(*opened);
    }

    PeerKey peer_key() const { return {name_, keys_.open}; }
    const Agency& name() const { return name_; }
    const KeyPair& keys() const { return keys_; }
    std::string endpoint() const { return transport->bound_endpoint(); }
    loop::Loop& loop() { return *loop_; }
    void admit(const std::vector<PeerKey>& keys) { transport->admit(Admitted(keys)); }
    void dial(const Node& other) { dial(other, {other.endpoint()}); }
    void dial(const Node& other, std::vector<std::string> endpoints) {
        EXPECT_TRUE(transport->dial(other.name(), {other.keys().open}, std::move(endpoints)));
    }
    bool has_message(std::string_view text) const {
        return std::any_of(events.messages.begin(), events.messages.end(),
                           [&](const Inbound& m) { return as_text(m.payload) == text; });
    }

  private:
    loop::SystemMonotonic clock_;
    Agency name_;
    KeyPair keys_;
    std::unique_ptr<loop::Loop> loop_;

  public:
    Recorder events;
    std::unique_ptr<Transport> transport;
};

// Runs the nodes until `done`, or fails at the deadline.
inline ::testing::AssertionResult run_until(const std::vector<Node*>& nodes,
                                            const std::function<bool()>& done,
                                            std::chrono::seconds deadline = 20s) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) {
            return ::testing::AssertionFailure() << "not within the deadline";
        }
        for (Node* node : nodes) {
            node->loop().run_round(1ms);
        }
    }
    return ::testing::AssertionSuccess();
}

// A context of its own and any number of sockets, closed with it.
class RawPeer {
  public:
    RawPeer() : context_(zmq_ctx_new()) { zmq_ctx_set(context_, ZMQ_BLOCKY, 0); }
    ~RawPeer() {
        for (void* socket : sockets_) {
            zmq_close(socket);
        }
        zmq_ctx_term(context_);
    }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    void* open(int type) {
        void* socket = sockets_.emplace_back(zmq_socket(context_, type));
        set(socket, ZMQ_LINGER, 0);
        return socket;
    }
    // A CURVE client of `node` with `keys`; `routing_id` may be empty.
    void* dial(const Node& node, const KeyPair& keys, std::string_view routing_id = {}) {
        void* socket = open(ZMQ_DEALER);
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, node.keys().open.data(), 32);
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys.open.data(), 32);
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys.secret.data(), 32);
        if (!routing_id.empty()) {
            zmq_setsockopt(socket, ZMQ_ROUTING_ID, routing_id.data(), routing_id.size());
        }
        EXPECT_EQ(zmq_connect(socket, node.endpoint().c_str()), 0);
        return socket;
    }
    static void set(void* socket, int option, int value) {
        EXPECT_EQ(zmq_setsockopt(socket, option, &value, sizeof value), 0);
    }
    static void send(void* socket, const std::vector<std::string>& frames) {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const int more = i + 1 < frames.size() ? ZMQ_SNDMORE : 0;
            EXPECT_GE(zmq_send(socket, frames[i].data(), frames[i].size(), more), 0);
        }
    }
    void* context() const { return context_; }

  private:
    void* context_;
    std::vector<void*> sockets_;
};

}  // namespace lapx::transport
