#pragma once
// What ZeroMQ cannot do to one connection: weigh it and cut it, by its descriptor.

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/transport/transport.hpp"
#include "schema/limits.hpp"

namespace lapx::transport {

// The address at the other end, as the octets of its sockaddr; empty if there is none.
std::string peer_address(int fd);

// Ends the connection, which ZeroMQ's I/O thread then notices. Does nothing if the descriptor was
// closed meanwhile and stands for another connection, or for something else: `peer` is what
// peer_address() said before.
void cut(int fd, const std::string& peer);

// Octets that TCP has taken in over the connection's life; nothing if it is no TCP connection.
std::optional<std::uint64_t> octets_received(int fd);

// Finds a connection whose octets never become a message. ZeroMQ bounds the size of a frame and
// the number of messages that wait, but gathers the frames of one message without any bound, so a
// message that never ends would fill the memory.
class Backlog {
  public:
    void delivered() { delivered_ = true; }
    // True if, since the look that followed the last delivery, more octets came than may wait
    // unread by right. `received` is the connection's octets_received().
    bool exceeds(const Options& options, std::uint64_t received) {
        if (delivered_) {
            base_ = received;
            delivered_ = false;
        }
        // A full queue of the largest messages, and as much again for the kernel's buffers.
        const auto limit = 2 * static_cast<std::uint64_t>(options.high_water) * schema::kMaxFrame;
        return received - base_ > limit;
    }

  private:
    std::uint64_t base_ = 0;
    bool delivered_ = false;
};

}  // namespace lapx::transport
