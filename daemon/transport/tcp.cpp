#include "daemon/transport/tcp.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>  // glibc's tcp_info ends before tcpi_bytes_received
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "daemon/transport/sockets.hpp"
#include "schema/limits.hpp"

namespace lapx::transport {
namespace {

// Octets a second that ZeroMQ says for itself, heartbeats above all: ours cost eight.
constexpr double kHeartbeats = 64;

// A message of one frame, of so many octets, with what CURVE and ZMTP put around it.
std::uint64_t on_wire(std::size_t octets) {
    constexpr std::size_t kLongestShortFrame = 255;
    const std::size_t boxed = octets + kCurveOverhead;
    return boxed + (boxed > kLongestShortFrame ? 9 : 2);
}

}  // namespace

std::string peer_address(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return {};
    }
    return {reinterpret_cast<const char*>(&address), size};
}

void cut(int fd, const std::string& peer) {
    if (!peer.empty() && peer_address(fd) == peer) {
        shutdown(fd, SHUT_RDWR);
    }
}

std::optional<std::uint64_t> octets_read(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
        return std::nullopt;
    }
    // Asked second: what comes or is read in between makes the answer too small, never too large.
    int waiting = 0;
    if (ioctl(fd, SIOCINQ, &waiting) != 0 || waiting < 0) {
        return std::nullopt;
    }
    const std::uint64_t received = info.tcpi_bytes_received;
    return received - std::min(received, static_cast<std::uint64_t>(waiting));
}

void Backlog::delivered(std::size_t octets) { delivered_ += on_wire(octets); }

// Only a delivery pays for heartbeats: else a message that never ends could come as slowly.
std::uint64_t Backlog::weigh(std::uint64_t read, loop::Instant now) {
    if (delivered_ > 0) {
        const std::chrono::duration<double> passed = now - since_;
        const auto heartbeats = static_cast<std::uint64_t>(passed.count() * kHeartbeats);
        base_ += delivered_;
        base_ = std::max(base_, std::min(read, base_ + heartbeats));
        since_ = now;
        delivered_ = 0;
    }
    held_ = read - std::min(read, base_);
    return held_;
}

bool Backlog::exceeds(const Options& options) const {
    // A full queue of the largest messages, and the one that is being read.
    const auto queue =
        (static_cast<std::uint64_t>(options.high_water) + 1) * on_wire(schema::kMaxFrame);
    return held_ > (heard_ ? queue + kUnheard : kUnheard);
}

}  // namespace lapx::transport
