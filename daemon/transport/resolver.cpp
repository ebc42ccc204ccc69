#include "daemon/transport/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <vector>

#include "daemon/transport/quiet_thread.hpp"

namespace lapx::transport {
namespace {

constexpr std::string_view kScheme = "tcp://";
// Questions that are put at the same time: so many names may hang before others wait for them.
constexpr std::size_t kMostThreads = 16;

bool is_port(std::string_view text) {
    std::uint32_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host(std::string_view text) {
    constexpr std::size_t kMaxHost = 253;
    return !text.empty() && text.size() <= kMaxHost &&
           text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "0123456789.-") == std::string_view::npos;
}

bool is_address(int family, const std::string& text) {
    std::array<std::uint8_t, sizeof(in6_addr)> address{};
    return inet_pton(family, text.c_str(), address.data()) == 1;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (!text.starts_with(kScheme) || colon == std::string_view::npos || colon < kScheme.size()) {
        return fail(Code::kInvalidArgument, "an endpoint is written like tcp://192.0.2.7:5617");
    }
    std::string host(text.substr(kScheme.size(), colon - kScheme.size()));
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    std::string port(text.substr(colon + 1));
    if (!is_port(port) || (bracketed ? !is_address(AF_INET6, host) : !is_host(host))) {
        return fail(Code::kInvalidArgument, "an endpoint is written like tcp://192.0.2.7:5617");
    }
    return Endpoint{std::move(host), std::move(port)};
}

std::string Endpoint::text() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    return std::string(kScheme) + (ipv6 ? "[" + host + "]" : host) + ":" + port;
}

std::optional<Endpoint> Endpoint::numeric() const {
    if (host == "localhost") {
        return Endpoint{"127.0.0.1", port};
    }
    if (is_address(AF_INET, host) || is_address(AF_INET6, host)) {
        return *this;
    }
    return std::nullopt;
}

struct Resolver::Shared {
    struct Question {
        std::uint64_t id;
        std::string host;
    };
    struct Answered {
        std::uint64_t id;
        Result<std::string> address;
    };

    ~Shared() { close(event); }

    const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    LookUp look_up;
    std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
    std::size_t threads = 0;
    std::size_t idle = 0;
    std::deque<Question> questions;
    std::vector<Answered> answers;

    void work() {
        std::unique_lock lock(mutex);
        while (true) {
            ++idle;
            changed.wait(lock, [&] { return stopping || !questions.empty(); });
            --idle;
            if (stopping) {
                return;
            }
            const Question question = std::move(questions.front());
            questions.pop_front();
            lock.unlock();
            Result<std::string> address = look_up(question.host);
            lock.lock();
            answers.push_back({question.id, std::move(address)});
            eventfd_write(event, 1);
        }
    }
};

Result<std::string> Resolver::ask_system(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    if (const int rc = getaddrinfo(host.c_str(), nullptr, &hints, &list); rc != 0) {
        return fail(Code::kNotFound, host + ": " + gai_strerror(rc));
    }
    std::array<char, NI_MAXHOST> text{};
    const int rc = getnameinfo(list->ai_addr, list->ai_addrlen, text.data(), text.size(), nullptr,
                               0, NI_NUMERICHOST);
    freeaddrinfo(list);
    if (rc != 0) {
        return fail(Code::kNotFound, host + ": " + gai_strerror(rc));
    }
    return std::string(text.data());
}

Result<std::unique_ptr<Resolver>> Resolver::create(loop::Loop& loop, LookUp look_up) {
    auto shared = std::make_shared<Shared>();
    if (shared->event < 0) {
        return fail(Code::kIo, "eventfd: " + std::generic_category().message(errno));
    }
    shared->look_up = std::move(look_up);
    std::unique_ptr<Resolver> resolver(new Resolver(shared));
    LAPX_TRY_ASSIGN(resolver->watch_,
                    loop.add_fd(shared->event, EPOLLIN,
                                [raw = resolver.get()](std::uint32_t) { raw->take_answers(); }));
    return resolver;
}

Resolver::~Resolver() {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->stopping = true;
    }
    shared_->changed.notify_all();
}

std::uint64_t Resolver::ask(const std::string& host, Answer answer) {
    waiting_.emplace(++last_, std::move(answer));
    const std::lock_guard lock(shared_->mutex);
    shared_->questions.push_back({last_, host});
    if (shared_->questions.size() > shared_->idle && shared_->threads < kMostThreads) {
        ++shared_->threads;
        start_quiet_thread([shared = shared_] { shared->work(); }).detach();
    }
    shared_->changed.notify_one();
    return last_;
}

void Resolver::take_answers() {
    std::vector<Shared::Answered> answers;
    {
        const std::lock_guard lock(shared_->mutex);
        eventfd_t count = 0;
        eventfd_read(shared_->event, &count);
        answers.swap(shared_->answers);
    }
    for (Shared::Answered& answered : answers) {
        const auto found = waiting_.find(answered.id);
        if (found == waiting_.end()) {
            continue;
        }
        const Answer answer = std::move(found->second);
        waiting_.erase(found);
        answer(std::move(answered.address));
    }
}

}  // namespace lapx::transport
