#include "daemon/transport/tunnel.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lapx::transport {
namespace {

// RFC 1928.
constexpr std::uint8_t kSocksVersion = 5;
constexpr std::uint8_t kNoAuthentication = 0;
constexpr std::uint8_t kConnect = 1;
enum AddressType : std::uint8_t { kIpv4 = 1, kName = 3, kIpv6 = 4 };
constexpr std::size_t kChoiceSize = 2;
constexpr std::size_t kReplyHead = 5;  // up to the first octet of the address

constexpr std::size_t kSlice = std::size_t{32} * 1024;  // pumped at a time

std::string words_of(std::uint8_t reply) {
    constexpr std::array<const char*, 9> kWords{"",
                                                "the proxy failed",
                                                "the proxy does not allow it",
                                                "the proxy does not reach that network",
                                                "the proxy does not reach that host",
                                                "refused there",
                                                "timed out at the proxy",
                                                "the proxy cannot do that",
                                                "the proxy does not know such addresses"};
    return reply < kWords.size() ? kWords.at(reply) : "the proxy gives no known reason";
}

std::string reason() { return std::generic_category().message(errno); }

// Of a whole reply, told by its head; 0 if there is no such.
std::size_t reply_size(std::uint8_t type, std::uint8_t first) {
    constexpr std::size_t kRest = 4 + 2;  // what is before and after the address
    switch (type) {
        case kIpv4:
            return kRest + sizeof(in_addr);
        case kIpv6:
            return kRest + sizeof(in6_addr);
        case kName:
            return kRest + 1 + first;
        default:
            return 0;
    }
}

Descriptor open_socket(int family) {
    Descriptor fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int yes = 1;
    if (fd) {
        setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    return fd;
}

sockaddr_storage address_of(const Endpoint& numeric, socklen_t& size) {
    sockaddr_storage out{};
    const auto port = htons(static_cast<std::uint16_t>(std::stoul(numeric.port)));
    auto& ipv4 = reinterpret_cast<sockaddr_in&>(out);
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(out);
    if (inet_pton(AF_INET, numeric.host.c_str(), &ipv4.sin_addr) == 1) {
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = port;
        size = sizeof ipv4;
    } else {
        inet_pton(AF_INET6, numeric.host.c_str(), &ipv6.sin6_addr);
        ipv6.sin6_family = AF_INET6;
        ipv6.sin6_port = port;
        size = sizeof ipv6;
    }
    return out;
}

void append(Bytes& out, const void* octets, std::size_t size) {
    const auto* from = static_cast<const std::uint8_t*>(octets);
    out.insert(out.end(), from, from + size);
}

}  // namespace

Result<std::unique_ptr<Tunnel>> Tunnel::dig(loop::Loop& loop, const Endpoint& proxy,
                                            const Endpoint& target, loop::Duration patience,
                                            Ready ready) {
    std::unique_ptr<Tunnel> tunnel(new Tunnel(loop, target, std::move(ready)));
    LAPX_TRY(tunnel->connect(proxy));
    tunnel->deadline_ = loop.after(
        patience, [raw = tunnel.get()] { raw->fail_with("the proxy does not answer in time"); });
    return tunnel;
}

Result<void> Tunnel::connect(const Endpoint& proxy) {
    socklen_t size = 0;
    const sockaddr_storage address = address_of(proxy, size);
    proxy_.fd = open_socket(address.ss_family);
    if (!proxy_.fd ||
        (::connect(proxy_.fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 &&
         errno != EINPROGRESS)) {
        return fail(Code::kIo, "the proxy at " + proxy.text() + ": " + reason());
    }
    LAPX_TRY_ASSIGN(proxy_.watch, loop_.add_fd(proxy_.fd.get(), EPOLLOUT,
                                               [this](std::uint32_t) { negotiate(); }));
    return {};
}

void Tunnel::negotiate() {
    switch (step_) {
        case Step::kConnecting: {
            int error = 0;
            socklen_t size = sizeof error;
            getsockopt(proxy_.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
            if (error != 0) {
                fail_with("the proxy: " + std::generic_category().message(error));
                return;
            }
            say(std::array<std::uint8_t, 3>{kSocksVersion, 1, kNoAuthentication}, Step::kGreeted);
            return;
        }
        case Step::kGreeted:
            if (!has_answer(kChoiceSize)) {
                return;
            }
            if (answer_[0] != kSocksVersion || answer_[1] != kNoAuthentication) {
                fail_with("that is no SOCKS5 proxy, or one that wants a password");
                return;
            }
            say(request(), Step::kAsked);
            return;
        case Step::kAsked:
            take_answer();
            return;
    }
}

void Tunnel::say(BytesView octets, Step next) {
    // Nothing is on its way yet, so that the kernel has room for so little.
    const ssize_t sent = send(proxy_.fd.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(octets.size())) {
        fail_with("the proxy: " + reason());
        return;
    }
    step_ = next;
    answered_ = 0;
    proxy_.watch.reset();
    auto added = loop_.add_fd(proxy_.fd.get(), EPOLLIN, [this](std::uint32_t) { negotiate(); });
    if (!added) {
        fail_with(added.error().context);
        return;
    }
    proxy_.watch = std::move(*added);
}

Bytes Tunnel::request() const {
    Bytes out{kSocksVersion, kConnect, 0};
    in_addr ipv4{};
    in6_addr ipv6{};
    if (inet_pton(AF_INET, target_.host.c_str(), &ipv4) == 1) {
        out.push_back(kIpv4);
        append(out, &ipv4, sizeof ipv4);
    } else if (inet_pton(AF_INET6, target_.host.c_str(), &ipv6) == 1) {
        out.push_back(kIpv6);
        append(out, &ipv6, sizeof ipv6);
    } else {
        out.push_back(kName);
        out.push_back(static_cast<std::uint8_t>(target_.host.size()));
        append(out, target_.host.data(), target_.host.size());
    }
    const auto port = htons(static_cast<std::uint16_t>(std::stoul(target_.port)));
    append(out, &port, sizeof port);
    return out;
}

bool Tunnel::has_answer(std::size_t wanted) {
    const ssize_t got =
        recv(proxy_.fd.get(), answer_.data() + answered_, wanted - answered_, MSG_DONTWAIT);
    if (got > 0) {
        answered_ += static_cast<std::size_t>(got);
        return answered_ == wanted;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        fail_with("the proxy closed the connection");
    }
    return false;
}

void Tunnel::take_answer() {
    if (answered_ < kReplyHead && !has_answer(kReplyHead)) {
        return;
    }
    const std::size_t size = reply_size(answer_[3], answer_[4]);
    if (answer_[0] != kSocksVersion || answer_[2] != 0 || size == 0) {
        fail_with("the proxy's answer is not SOCKS5");
        return;
    }
    if (answered_ < size && !has_answer(size)) {
        return;
    }
    if (answer_[1] != 0) {
        fail_with(words_of(answer_[1]));
        return;
    }
    proxy_.watch.reset();  // what the target says waits for somebody to say it to
    tell(open_entrance());
}

Result<Endpoint> Tunnel::open_entrance() {
    entrance_ = open_socket(AF_INET);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (!entrance_ || bind(entrance_.get(), raw, size) != 0 || listen(entrance_.get(), 1) != 0 ||
        getsockname(entrance_.get(), raw, &size) != 0) {
        return fail(Code::kIo, "no entrance to the proxy: " + reason());
    }
    LAPX_TRY_ASSIGN(entrance_watch_,
                    loop_.add_fd(entrance_.get(), EPOLLIN, [this](std::uint32_t) { enter(); }));
    return Endpoint{"127.0.0.1", std::to_string(ntohs(address.sin_port))};
}

void Tunnel::enter() {
    local_.fd =
        Descriptor(accept4(entrance_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!local_.fd) {
        return;
    }
    entrance_watch_.reset();
    entrance_ = Descriptor();
    const int yes = 1;
    setsockopt(local_.fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    rewatch();
}

void Tunnel::fail_with(const std::string& why) {
    proxy_.watch.reset();
    tell(fail(Code::kIo, why));
}

// Last, always: it may destroy this.
void Tunnel::tell(Result<Endpoint> entrance) {
    deadline_.reset();
    const Ready ready = std::exchange(ready_, {});
    if (ready) {
        ready(std::move(entrance));
    }
}

// ZeroMQ sees a connection that ended.
void Tunnel::collapse() {
    proxy_ = End();
    local_ = End();
}

// One slice from one end to the other; what that does not take in is kept, and no more is read.
void Tunnel::pump(End& from, End& to) {
    std::array<std::uint8_t, kSlice> slice;
    const ssize_t got = recv(from.fd.get(), slice.data(), slice.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        collapse();
        return;
    }
    if (got > 0) {
        to.unsent.assign(slice.begin(), slice.begin() + got);
        if (!flush(to)) {
            collapse();
        }
    }
}

// False if the connection is gone.
bool Tunnel::flush(End& to) {
    if (to.unsent.empty()) {
        return true;
    }
    const ssize_t sent = send(to.fd.get(), to.unsent.data(), to.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    to.unsent.erase(to.unsent.begin(), to.unsent.begin() + sent);
    if (to.unsent.empty()) {
        to.unsent = Bytes();  // idle connections hold no memory
    }
    return true;
}

// Each end is read while the other has nothing left to take in.
void Tunnel::rewatch() {
    constexpr std::uint32_t kIn = EPOLLIN;
    constexpr std::uint32_t kOut = EPOLLOUT;
    if (local_.fd) {
        watch(proxy_, (local_.unsent.empty() ? kIn : 0) | (proxy_.unsent.empty() ? 0 : kOut));
    }
    if (local_.fd) {
        watch(local_, (proxy_.unsent.empty() ? kIn : 0) | (local_.unsent.empty() ? 0 : kOut));
    }
}

void Tunnel::watch(End& end, std::uint32_t events) {
    if (events == end.events) {
        return;
    }
    End& other = &end == &proxy_ ? local_ : proxy_;
    end.watch.reset();
    auto added = loop_.add_fd(end.fd.get(), events, [this, &end, &other](std::uint32_t what) {
        const bool lost = (what & EPOLLOUT) != 0 && !flush(end);
        // Of an end that is gone the loop would be told again and again.
        const bool gone = !other.unsent.empty() && (what & (EPOLLHUP | EPOLLERR)) != 0;
        if (lost || gone) {
            collapse();
        } else if (other.unsent.empty()) {
            pump(end, other);
        }
        rewatch();
    });
    if (!added) {
        collapse();
        return;
    }
    end.watch = std::move(*added);
    end.events = events;
}

}  // namespace lapx::transport
