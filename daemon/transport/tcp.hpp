#pragma once
// What ZeroMQ cannot do to one connection: weigh it and cut it, by its descriptor.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/transport/transport.hpp"

namespace lapx::transport {

// The address at the other end, as the octets of its sockaddr; empty if there is none.
std::string peer_address(int fd);

// Ends the connection, which ZeroMQ's I/O thread then notices. Does nothing if the descriptor was
// closed meanwhile and stands for another connection, or for something else: `peer` is what
// peer_address() said before.
void cut(int fd, const std::string& peer);

// Octets that were read from the connection over its life: what TCP has taken in, less what still
// waits in the kernel, which bounds that by itself. Nothing if it is no TCP connection.
std::optional<std::uint64_t> octets_read(int fd);

// What is held of one connection: octets that were read from it and were not dealt with.
// ZeroMQ bounds the size of a frame and the number of messages that wait, but gathers the frames of
// one message without any bound, so a message that never ends would fill the memory.
class Backlog {
  public:
    // Before its first message a connection needs no more than a greeting and what follows at once.
    static constexpr std::uint64_t kUnheard = std::uint64_t{1024} * 1024;

    explicit Backlog(loop::Instant since) : since_(since) {}

    // A message came out of ZeroMQ.
    void came() { heard_ = true; }
    // A message of so many octets was dealt with.
    void delivered(std::size_t octets);
    // A look at the connection, of which octets_read() says `read`: what it holds now.
    std::uint64_t weigh(std::uint64_t read, loop::Instant now);
    // True if that is more than may wait by right.
    bool exceeds(const Options& options) const;

  private:
    loop::Instant since_;  // of base_
    std::uint64_t base_ = 0;
    std::uint64_t delivered_ = 0;  // since base_ was found
    std::uint64_t held_ = 0;
    bool heard_ = false;
};

}  // namespace lapx::transport
