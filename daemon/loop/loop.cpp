#include "daemon/loop/loop.hpp"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

namespace lapx::loop {
namespace {

constexpr int kEventsPerRound = 256;

tl::unexpected<Error> system_failure(const char* what) {
    return fail(Code::kIo, std::string(what) + ": " + std::generic_category().message(errno));
}

// Also takes in what the I/O thread has told the socket since, which is what makes its descriptor
// fall silent. A socket whose context ended is not readable.
bool is_readable(void* socket) {
    int events = 0;
    std::size_t size = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN) != 0;
}

}  // namespace

struct Loop::Entry {
    ~Entry() {
        if (owned_fd >= 0) {
            close(owned_fd);
        }
    }

    std::function<void(std::uint32_t)> callback;
    int fd = -1;             // registered with epoll
    int owned_fd = -1;       // closed with the entry
    void* socket = nullptr;  // a ZeroMQ socket
    bool pending = false;    // stands in pending_
    Instant due{};           // a timer, if period or due is set
    Duration period{};
};

Watch& Watch::operator=(Watch&& other) noexcept {
    if (this != &other) {
        reset();
        loop_ = std::exchange(other.loop_, nullptr);
        id_ = std::exchange(other.id_, 0);
    }
    return *this;
}

void Watch::reset() {
    if (loop_ != nullptr) {
        std::exchange(loop_, nullptr)->remove(id_);
    }
}

void Watch::touch() const {
    if (loop_ != nullptr) {
        loop_->touch(id_);
    }
}

Loop::Loop(int epoll, const Monotonic& clock) : epoll_(epoll), clock_(clock) {}

Loop::~Loop() { close(epoll_); }

Result<std::unique_ptr<Loop>> Loop::create(const Monotonic& clock) {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        return system_failure("epoll_create1");
    }
    return std::unique_ptr<Loop>(new Loop(epoll, clock));
}

std::uint64_t Loop::keep(std::unique_ptr<Entry> entry) {
    entries_.emplace(++last_id_, std::move(entry));
    return last_id_;
}

Loop::Entry* Loop::find(std::uint64_t id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : found->second.get();
}

Result<Watch> Loop::add_descriptor(int fd, std::uint32_t events, std::unique_ptr<Entry> entry) {
    entry->fd = fd;
    epoll_event event{};
    event.events = events;
    event.data.u64 = last_id_ + 1;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        return system_failure("epoll_ctl");
    }
    return Watch(this, keep(std::move(entry)));
}

Result<Watch> Loop::add_fd(int fd, std::uint32_t events,
                           std::function<void(std::uint32_t)> callback) {
    auto entry = std::make_unique<Entry>();
    entry->callback = std::move(callback);
    return add_descriptor(fd, events, std::move(entry));
}

Result<Watch> Loop::add_socket(const Socket& socket, Callback callback) {
    int fd = -1;
    std::size_t size = sizeof fd;
    if (zmq_getsockopt(socket.get(), ZMQ_FD, &fd, &size) != 0) {
        return fail(Code::kIo, std::string("ZMQ_FD: ") + zmq_strerror(zmq_errno()));
    }
    auto entry = std::make_unique<Entry>();
    entry->socket = socket.get();
    entry->callback = [call = std::move(callback)](std::uint32_t) { call(); };
    auto watch = add_descriptor(fd, EPOLLIN, std::move(entry));
    if (watch) {
        watch->touch();  // messages may have come before the watch
    }
    return watch;
}

Result<Watch> Loop::add_signals(std::initializer_list<int> signals,
                                std::function<void(int)> callback) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : signals) {
        sigaddset(&set, number);
    }
    auto entry = std::make_unique<Entry>();
    if (const int rc = pthread_sigmask(SIG_BLOCK, &set, nullptr); rc != 0) {
        errno = rc;
        return system_failure("pthread_sigmask");
    }
    const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) {
        return system_failure("signalfd");
    }
    entry->owned_fd = fd;
    entry->callback = [fd, call = std::move(callback)](std::uint32_t) {
        signalfd_siginfo info{};
        while (read(fd, &info, sizeof info) == sizeof info) {
            call(static_cast<int>(info.ssi_signo));
        }
    };
    return add_descriptor(fd, EPOLLIN, std::move(entry));
}

Watch Loop::add_timer(Duration delay, Duration period, Callback callback) {
    auto entry = std::make_unique<Entry>();
    entry->callback = [call = std::move(callback)](std::uint32_t) { call(); };
    entry->due = now() + delay;
    entry->period = period;
    const Instant due = entry->due;
    const std::uint64_t id = keep(std::move(entry));
    timers_.emplace(due, id);
    return {this, id};
}

Watch Loop::after(Duration delay, Callback callback) {
    return add_timer(delay, Duration::zero(), std::move(callback));
}

Watch Loop::every(Duration period, Callback callback) {
    return add_timer(period, period, std::move(callback));
}

void Loop::remove(std::uint64_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) {
        return;
    }
    Entry& entry = *found->second;
    if (entry.fd >= 0) {
        // Fails only if the owner closed the descriptor first, which has unregistered it.
        epoll_ctl(epoll_, EPOLL_CTL_DEL, entry.fd, nullptr);
    }
    timers_.erase({entry.due, id});
    removed_.push_back(std::move(found->second));
    entries_.erase(found);
}

void Loop::touch(std::uint64_t id) {
    Entry* entry = find(id);
    if (entry != nullptr && entry->socket != nullptr && !entry->pending) {
        entry->pending = true;
        pending_.push_back(id);
    }
}

int Loop::timeout_ms(Duration max_wait) const {
    if (!pending_.empty()) {
        return 0;
    }
    if (!timers_.empty()) {
        max_wait = std::min(max_wait, timers_.begin()->first - now());
    }
    // Rounded up, so that the loop does not spin through the last millisecond before a timer.
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(max_wait).count();
    constexpr std::int64_t kLongest = 3'600'000;
    return static_cast<int>(std::clamp<std::int64_t>(wait, 0, kLongest));
}

bool Loop::call_ready_descriptors(int timeout_ms) {
    std::array<epoll_event, kEventsPerRound> events;
    const int count = epoll_wait(epoll_, events.data(), kEventsPerRound, timeout_ms);
    bool called = false;
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events.at(static_cast<std::size_t>(i));
        Entry* entry = find(event.data.u64);
        if (entry == nullptr) {
            continue;
        }
        if (entry->socket != nullptr) {
            touch(event.data.u64);
            continue;
        }
        called = true;
        entry->callback(event.events);
    }
    return called;
}

bool Loop::call_readable_sockets() {
    bool called = false;
    looking_at_.clear();
    looking_at_.swap(pending_);
    for (const std::uint64_t id : looking_at_) {
        Entry* entry = find(id);
        if (entry == nullptr) {
            continue;
        }
        entry->pending = false;
        if (is_readable(entry->socket)) {
            called = true;
            // After a read only ZMQ_EVENTS knows whether there is more.
            touch(id);
            entry->callback(0);
        }
    }
    return called;
}

bool Loop::call_due_timers() {
    bool called = false;
    const Instant instant = now();
    // A timer set by a callback of this round waits for the next, even if it is due already.
    const std::uint64_t newest = last_id_;
    auto it = timers_.begin();
    while (it != timers_.end() && it->first <= instant) {
        const std::uint64_t id = it->second;
        if (id > newest) {
            ++it;
            continue;
        }
        Entry& entry = *find(id);
        timers_.erase(it);
        if (entry.period > Duration::zero()) {
            entry.due = instant + entry.period;
            timers_.emplace(entry.due, id);
        }
        called = true;
        entry.callback(0);
        it = timers_.begin();
    }
    return called;
}

bool Loop::run_round(Duration max_wait) {
    bool called = call_ready_descriptors(timeout_ms(max_wait));
    called = call_readable_sockets() || called;
    called = call_due_timers() || called;
    if (called && idle_of_round_) {
        idle_of_round_();
    }
    removed_.clear();
    return called;
}

void Loop::run() {
    stopping_ = false;
    while (!stopping_) {
        run_round(Duration::max());
    }
}

}  // namespace lapx::loop
