#pragma once
// The ROUTER that admitted peers dial. A message belongs to the agency whose CURVE key its
// connection was made with, looked up again for each message; routing ids only say where to answer.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/transport/connections.hpp"
#include "daemon/transport/host.hpp"
#include "daemon/transport/sockets.hpp"

namespace lapx::transport {

class Listener {
  public:
    // A CURVE server. `host` must outlive it. A ZAP handler must stand already. Errors: kIo.
    static Result<std::unique_ptr<Listener>> open(const Context& context, Host& host,
                                                  std::span<const std::uint8_t, 32> secret,
                                                  const Options& options);
    // Takes connections at this endpoint. Errors: kConfigInvalid.
    Result<void> bind(const std::string& endpoint);
    // Begins to call back. Errors: kIo.
    Result<void> watch(loop::Loop& loop);

    SendResult send(const Agency& agency, BytesView frame);
    // Nothing if the route is none of ours.
    std::optional<SendResult> send(Route route, BytesView frame);
    // So many octets of a message that came over it do not wait any more.
    void delivered(Route route, std::size_t octets);
    // Cuts the connections of keys that are admitted no longer.
    void enforce();
    // Ends what stands; to be destroyed next, which closes the connections.
    void hang_up();
    // Cuts what floods us or stays silent.
    void supervise(loop::Instant now);

    const std::string& endpoint() const { return endpoint_; }
    void* socket() const { return router_.get(); }
    std::size_t count(const Agency& agency) const;

  private:
    // Where messages of one connection come from and answers go to.
    struct Inward {
        Agency agency;
        Key key;
        std::string routing_id;
        int fd;
    };
    struct RouteHash {
        std::size_t operator()(Route route) const { return route.id; }
    };
    struct Sender {
        Agency agency;
        Key key;
    };

    Listener(Host& host, const Options& options) : host_(host), connections_(options) {}
    void read_messages();
    void read_monitor();
    void take(Message& routing_id, Message& payload, std::size_t frames);
    std::optional<Sender> identify(Message& payload);
    // Nothing if the connection has ended.
    std::optional<Route> route_of(const Sender& sender, std::string routing_id, int fd);
    SendResult send(const Inward& inward, BytesView frame);
    void accepted(int fd);
    void closed(int fd);
    void forget(Route route);

    Host& host_;
    loop::Loop* loop_ = nullptr;
    std::string endpoint_;
    Connections connections_;
    std::unordered_map<Route, Inward, RouteHash> routes_;
    std::unordered_map<std::string, Route> by_routing_id_;
    std::unordered_map<std::string, std::vector<Route>> by_agency_;  // the newest last
    loop::Socket router_;
    Monitor monitor_;
    loop::Watch router_watch_;
    loop::Watch monitor_watch_;
};

}  // namespace lapx::transport
