#include "tools/bench/http_client.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "tools/bench/clocks.hpp"

namespace lapx::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLength = "Content-Length: ";
constexpr int kPatience = 60'000;  // ms without any answer

tl::unexpected<Error> broken(const std::string& what) { return fail(Code::kIo, what); }

Result<int> connect_to(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    if (text.size() >= sizeof address.sun_path) {
        return broken("the socket's path is too long");
    }
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return broken("cannot connect to " + text);
    }
    return fd;
}

std::size_t number_after(std::string_view head, std::string_view key) {
    std::size_t value = 0;
    if (const std::size_t at = head.find(key); at != std::string_view::npos) {
        std::from_chars(head.data() + at + key.size(), head.data() + head.size(), value);
    }
    return value;
}

}  // namespace

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view type) {
    std::string out(method);
    out.append(" ").append(target).append(" HTTP/1.1\r\nHost: lapx\r\n");
    if (!body.empty()) {
        out.append("Content-Type: ").append(type);
        out.append("\r\nPrefer: return=minimal\r\nContent-Length: ");
        out.append(std::to_string(body.size())).append("\r\n");
    }
    return out.append("\r\n").append(body);
}

Result<HttpClient> HttpClient::connect(const std::filesystem::path& socket,
                                       std::size_t connections) {
    HttpClient client;
    client.epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < connections; ++i) {
        LAPX_TRY_ASSIGN(const int fd, connect_to(socket));
        client.connections_.emplace_back().fd = fd;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        if (epoll_ctl(client.epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
            return broken("epoll");
        }
    }
    return client;
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : epoll_(std::exchange(other.epoll_, -1)), connections_(std::move(other.connections_)) {
    other.connections_.clear();
}

HttpClient::~HttpClient() {
    for (const Connection& connection : connections_) {
        ::close(connection.fd);
    }
    if (epoll_ >= 0) {
        ::close(epoll_);
    }
}

Result<void> HttpClient::write(Connection& connection, std::string_view request) {
    while (!request.empty()) {
        const ssize_t sent = ::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return broken("the node closed the connection");
        }
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<bool> HttpClient::read(Connection& connection, std::string& body) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        return broken("the node closed the connection");
    }
    connection.received.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t head_size = connection.received.find(kHeadEnd);
    if (head_size == std::string::npos) {
        return false;
    }
    const std::string_view head = std::string_view(connection.received).substr(0, head_size);
    const std::size_t begin = head_size + kHeadEnd.size();
    const std::size_t length = number_after(head, kLength);
    if (connection.received.size() < begin + length) {
        return false;
    }
    const std::size_t status = number_after(head, "HTTP/1.1 ");
    body = connection.received.substr(begin, length);
    connection.received.clear();
    constexpr std::size_t kOk = 200;
    if (status != kOk) {
        return fail(Code::kInvalidArgument, std::to_string(status) + ": " + body);
    }
    return true;
}

Result<std::string> HttpClient::call(std::string_view request) {
    LAPX_TRY(write(connections_.front(), request));
    std::string body;
    while (true) {
        LAPX_TRY_ASSIGN(const bool whole, read(connections_.front(), body));
        if (whole) {
            return body;
        }
    }
}

Result<void> HttpClient::begin(Connection& connection, const Exchange& exchange) {
    connection.since = wall();
    connection.first = true;
    return write(connection, exchange.first);
}

Result<void> HttpClient::repeat(const Exchange& exchange, std::size_t count,
                                const std::function<void(double)>& answered) {
    std::size_t begun = 0;
    for (Connection& connection : connections_) {
        if (begun < count) {
            ++begun;
            LAPX_TRY(begin(connection, exchange));
        }
    }
    std::array<epoll_event, 64> events;
    std::string body;
    for (std::size_t done = 0; done < count;) {
        const int ready =
            epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kPatience);
        if (ready <= 0) {
            return broken("the node does not answer");
        }
        for (int i = 0; i < ready; ++i) {
            Connection& connection = connections_[events.at(static_cast<std::size_t>(i)).data.u64];
            LAPX_TRY_ASSIGN(const bool whole, read(connection, body));
            if (!whole) {
                continue;
            }
            if (exchange.then && std::exchange(connection.first, false)) {
                LAPX_TRY_ASSIGN(const std::string second, exchange.then(body));
                LAPX_TRY(write(connection, second));
                continue;
            }
            ++done;
            answered(wall() - connection.since);
            if (begun < count) {
                ++begun;
                LAPX_TRY(begin(connection, exchange));
            }
        }
    }
    return {};
}

}  // namespace lapx::bench
