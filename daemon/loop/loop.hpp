#pragma once
// The one thread of the node waits here for all it reacts to: descriptors, ZeroMQ sockets, timers
// and signals.
//
//   LAPX_TRY_ASSIGN(auto loop, Loop::create(clock));
//   Watch ticker = loop->every(1s, [&] { … });
//   loop->on_idle_of_round([&] { commit(); });
//   loop->run();
//
// Sockets are watched through their descriptors with epoll, and not with zmq_poll, which asks every
// socket in each round: a round costs what is active, not what is open.
//
// Work goes in rounds: what is ready is called back once each, then, if anything was called, the
// idle-of-round hook. Callbacks must not throw and must not block. Everything here belongs to the
// thread that runs the loop.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/loop/monotonic.hpp"
#include "daemon/loop/socket.hpp"
#include "schema/base/result.hpp"

namespace lapx::loop {

class Loop;

// Keeps one registration alive; destroying it ends the callbacks at once, also from within one.
// Must not outlive its loop.
class Watch {
  public:
    Watch() = default;
    Watch(Watch&& other) noexcept
        : loop_(std::exchange(other.loop_, nullptr)), id_(std::exchange(other.id_, 0)) {}
    Watch& operator=(Watch&& other) noexcept;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { reset(); }

    void reset();
    // A ZeroMQ socket that was used outside its own callback (a send, say) may have become readable
    // without its descriptor saying so: ask the loop to look again.
    void touch() const;

  private:
    friend class Loop;
    Watch(Loop* loop, std::uint64_t id) : loop_(loop), id_(id) {}
    Loop* loop_ = nullptr;
    std::uint64_t id_ = 0;
};

class Loop {
  public:
    using Callback = std::function<void()>;

    // `clock` must outlive the loop. Errors: kIo.
    static Result<std::unique_ptr<Loop>> create(const Monotonic& clock);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Level-triggered; `events` is EPOLLIN and so on, and the callback gets what epoll reported.
    // The caller keeps the descriptor open as long as the watch. Errors: kIo.
    Result<Watch> add_fd(int fd, std::uint32_t events, std::function<void(std::uint32_t)> callback);
    // Called while the socket has a message to read, once a round: read some, not for ever.
    // Destroy the watch before the socket. Errors: kIo.
    Result<Watch> add_socket(const Socket& socket, Callback callback);
    // Blocks the signals in the calling thread (so call this before other threads start) and
    // delivers them here. They stay blocked when the watch ends. Errors: kIo.
    Result<Watch> add_signals(std::initializer_list<int> signals,
                              std::function<void(int)> callback);
    // Once, `delay` from now; the watch may be kept or dropped after it fired.
    [[nodiscard]] Watch after(Duration delay, Callback callback);
    // Again and again, `period` apart; periods missed are not made up for.
    [[nodiscard]] Watch every(Duration period, Callback callback);
    // Called once at the end of each round in which anything was called back.
    void on_idle_of_round(Callback callback) { idle_of_round_ = std::move(callback); }

    // Runs rounds until stop() is called, from a callback.
    void run();
    void stop() { stopping_ = true; }
    // One round that waits at most `max_wait` for something to do. True if anything was called.
    bool run_round(Duration max_wait);
    Instant now() const { return clock_.now(); }

  private:
    friend class Watch;
    struct Entry;

    Loop(int epoll, const Monotonic& clock);
    Result<Watch> add_descriptor(int fd, std::uint32_t events, std::unique_ptr<Entry> entry);
    Watch add_timer(Duration delay, Duration period, Callback callback);
    std::uint64_t keep(std::unique_ptr<Entry> entry);
    void remove(std::uint64_t id);
    void touch(std::uint64_t id);
    Entry* find(std::uint64_t id);
    int timeout_ms(Duration max_wait) const;
    bool call_ready_descriptors(int timeout_ms);
    bool call_readable_sockets();
    bool call_due_timers();

    const int epoll_;
    const Monotonic& clock_;
    bool stopping_ = false;
    std::uint64_t last_id_ = 0;
    std::unordered_map<std::uint64_t, std::unique_ptr<Entry>> entries_;
    // What was removed during a round lives on to its end: it may be the callback that runs.
    std::vector<std::unique_ptr<Entry>> removed_;
    std::vector<std::uint64_t> pending_;     // sockets to look at without waiting
    std::vector<std::uint64_t> looking_at_;  // those of this round
    std::set<std::pair<Instant, std::uint64_t>> timers_;
    Callback idle_of_round_;
};

}  // namespace lapx::loop
