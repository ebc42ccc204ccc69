#include "daemon/transport/connections.hpp"

#include <algorithm>
#include <functional>

namespace lapx::transport {

void Connections::add(int fd, loop::Instant now) {
    open_.insert_or_assign(fd, Connection{now, peer_address(fd), Backlog(now), {}});
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
    std::vector<Load> loads;
    for (auto& [fd, connection] : open_) {
        const auto read = octets_read(fd);
        if (!read) {
            findings.gone.push_back(fd);
            continue;
        }
        const std::uint64_t held = connection.backlog.weigh(*read, now);
        if (connection.backlog.exceeds(options_)) {
            findings.flooding.push_back(fd);
        } else if (!connection.route && now - connection.since > options_.silence) {
            findings.silent.push_back(fd);
        } else {
            loads.emplace_back(held, fd);
        }
    }
    findings.heavy = heaviest(std::move(loads));
    return findings;
}

std::vector<int> Connections::heaviest(std::vector<Load> loads) const {
    std::uint64_t total = 0;
    for (const auto& [held, fd] : loads) {
        total += held;
    }
    std::vector<int> surplus;
    std::sort(loads.begin(), loads.end(), std::greater<>());
    for (auto load = loads.begin(); total > options_.max_held; ++load) {
        surplus.push_back(load->second);
        total -= load->first;
    }
    return surplus;
}

}  // namespace lapx::transport
