#pragma once
// The TCP connections that the listener has accepted, by descriptor, as its monitor reports them:
// ZeroMQ neither counts them nor cuts the idle and the flooding.

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/transport/tcp.hpp"

namespace lapx::transport {

struct Connection {
    loop::Instant since;
    std::string peer;
    Backlog backlog;
    std::optional<Route> route;  // from its first message on
};

class Connections {
  public:
    // `options` must outlive it.
    explicit Connections(const Options& options) : options_(options) {}

    void add(int fd, loop::Instant now);
    Connection* find(int fd);
    void remove(int fd) { open_.erase(fd); }
    // Ends the connection; its disconnection is reported by the monitor, later.
    void cut(int fd);
    // The connection to cut when there are more than the options allow: the oldest that has said
    // nothing yet. Before the table of descriptors fills up, that is: with none left, ZeroMQ's I/O
    // thread spins.
    std::optional<int> surplus() const;

    struct Findings {
        std::vector<int> gone;      // no TCP connection any more
        std::vector<int> flooding;  // octets without end and no message
        std::vector<int> heavy;     // what to cut for all to hold less than they may together
        std::vector<int> silent;    // no message for too long after it was accepted
    };
    Findings inspect(loop::Instant now);

  private:
    // What a connection holds, and which.
    using Load = std::pair<std::uint64_t, int>;
    std::vector<int> heaviest(std::vector<Load> loads) const;

    const Options& options_;
    std::unordered_map<int, Connection> open_;
};

}  // namespace lapx::transport
