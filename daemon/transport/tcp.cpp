#include "daemon/transport/tcp.hpp"

#include <linux/tcp.h>  // glibc's tcp_info ends before tcpi_bytes_received
#include <netinet/in.h>
#include <sys/socket.h>

namespace lapx::transport {

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

std::optional<std::uint64_t> octets_received(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
        return std::nullopt;
    }
    return info.tcpi_bytes_received;
}

}  // namespace lapx::transport
