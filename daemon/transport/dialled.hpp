#pragma once
// One peer that we dial: a DEALER, its monitor, and a supervisor. ZeroMQ reconnects by itself after
// most failures, but never after a refusal, and always to the same address; the supervisor makes a
// new socket then. What arrives is from the agency whose server key was dialled: metadata on a
// DEALER is the other side's word and is never read.

#include <string>
#include <vector>

#include "daemon/transport/host.hpp"
#include "daemon/transport/sockets.hpp"
#include "daemon/transport/tcp.hpp"
#include "daemon/transport/way.hpp"

namespace lapx::transport {

// What every dialled peer needs of the node.
struct DialTools {
    loop::Loop& loop;
    const Context& context;
    WayTools ways;
    Host& host;
    const Options& options;
    void* own;  // a socket that is CURVE server with our key
    Key own_public;
};

class Dialled {
  public:
    // Neither `server_keys` nor `endpoints` is empty. `tools` must outlive it.
    Dialled(const DialTools& tools, Agency agency, std::vector<Key> server_keys,
            std::vector<Endpoint> endpoints);
    // Without a word to the host.
    ~Dialled();
    Dialled(const Dialled&) = delete;
    Dialled& operator=(const Dialled&) = delete;

    // Whether this is how to dial the peer. A connection that stands goes on with its key while
    // that is one of them.
    bool takes(const std::vector<Key>& server_keys, const std::vector<Endpoint>& endpoints);
    // Starts, restarts or gives up what is due.
    void supervise(loop::Instant now);
    // The peer connected to us: if it refused us before, it may hold our keys by now.
    void forget_refusal();
    // Closes the connection if the key is admitted no longer.
    void enforce();
    // For good; may be called from within its own callbacks, unlike the destructor.
    void hang_up();

    bool is_connected() const { return state_ == Link::State::kConnected; }
    SendResult send(BytesView frame);
    // So many octets of a message that came do not wait any more.
    void delivered(std::size_t octets) { backlog_.delivered(octets); }
    Link::State state() const { return state_; }
    std::string endpoint() const { return target().text(); }

  private:
    // Each endpoint with the first key, then each with the next.
    const Endpoint& target() const { return endpoints_[turn_ % endpoints_.size()]; }
    const Key& server_key() const { return server_keys_[turn_ / endpoints_.size()]; }
    void next_turn() { turn_ = (turn_ + 1) % (endpoints_.size() * server_keys_.size()); }
    bool is_admitted() const { return tools_.host.admitted().names(agency_, server_key()); }
    void start();
    void no_way(const Error& error);
    void connect(const Endpoint& numeric);
    Result<void> open(const Endpoint& numeric);
    // Ends the connection or the attempt; `why` is the state from now on.
    void close(Link::State why);
    void read_messages();
    void read_monitor();
    void connected();
    void disconnected(Link::State why);
    void refused();
    void check_flood(loop::Instant now);

    const DialTools& tools_;
    const Agency agency_;
    std::vector<Key> server_keys_;
    const std::vector<Endpoint> endpoints_;
    std::size_t turn_ = 0;  // the endpoint and the key in use
    Link::State state_ = Link::State::kNotDialled;
    bool ended_ = false;         // by hang_up()
    Route route_;                // of the connection that stands, or that ended last
    loop::Instant next_step_{};  // when to start, or when to give this attempt up
    loop::Duration patience_;
    loop::Duration refused_retry_;
    std::optional<Way> way_;  // while it is looked for, and as long as the connection
    int fd_ = -1;
    std::string peer_;
    Backlog backlog_{{}};
    loop::Socket dealer_;
    Monitor monitor_;
    loop::Watch dealer_watch_;
    loop::Watch monitor_watch_;
};

}  // namespace lapx::transport
