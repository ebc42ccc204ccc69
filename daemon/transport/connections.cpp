#include "daemon/transport/connections.hpp"

namespace lapx::transport {

void Connections::add(int fd, loop::Instant now) {
    open_.insert_or_assign(fd, Connection{now, peer_address(fd), {}, {}});
}

Connection* Connections::find(int fd) {
    const auto found = open_.find(fd);
    return found == open_.end() ? nullptr : &found->second;
}

void Connections::cut(int fd) {
    if (const Connection* connection = find(fd)) {
        transport::cut(fd, connection->peer);
    }
}

std::optional<int> Connections::surplus() const {
    if (open_.size() <= options_.max_connections) {
        return std::nullopt;
    }
    auto oldest = open_.end();
    for (auto it = open_.begin(); it != open_.end(); ++it) {
        if (!it->second.route &&
            (oldest == open_.end() || it->second.since < oldest->second.since)) {
            oldest = it;
        }
    }
    return oldest == open_.end() ? std::nullopt : std::optional(oldest->first);
}

Connections::Findings Connections::inspect(loop::Instant now) {
    Findings findings;
    for (auto& [fd, connection] : open_) {
        const auto received = octets_received(fd);
        if (!received) {
            findings.gone.push_back(fd);
        } else if (connection.backlog.exceeds(options_, *received)) {
            findings.flooding.push_back(fd);
        } else if (!connection.route && now - connection.since > options_.silence) {
            findings.silent.push_back(fd);
        }
    }
    return findings;
}

}  // namespace lapx::transport
