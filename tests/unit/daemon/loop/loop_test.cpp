#include "daemon/loop/loop.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

namespace lapx::loop {
namespace {

using namespace std::chrono_literals;

class SetClock final : public Monotonic {
  public:
    Instant now() const override { return instant; }
    Instant instant{};
};

class LoopTest : public ::testing::Test {
  protected:
    std::unique_ptr<Loop> make(const Monotonic& clock) {
        auto loop = Loop::create(clock);
        EXPECT_TRUE(loop);
        return std::move(*loop);
    }

    SetClock set_clock_;
    SystemMonotonic system_clock_;
};

class EventFd {
  public:
    EventFd() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~EventFd() { close(fd_); }
    int get() const { return fd_; }
    void raise() { EXPECT_EQ(eventfd_write(fd_, 1), 0); }
    void lower() {
        eventfd_t value = 0;
        EXPECT_EQ(eventfd_read(fd_, &value), 0);
    }

  private:
    int fd_;
};

// Two PAIR sockets joined over inproc.
class Pair {
  public:
    Pair() : context_(zmq_ctx_new()) {
        zmq_ctx_set(context_, ZMQ_BLOCKY, 0);
        near = Socket(zmq_socket(context_, ZMQ_PAIR));
        far = Socket(zmq_socket(context_, ZMQ_PAIR));
        EXPECT_EQ(zmq_bind(near.get(), "inproc://pair"), 0);
        EXPECT_EQ(zmq_connect(far.get(), "inproc://pair"), 0);
    }
    ~Pair() {
        near.close();
        far.close();
        zmq_ctx_term(context_);
    }
    void* context_;
    Socket near;
    Socket far;
};

bool read_one(const Socket& socket) {
    std::array<char, 16> buffer{};
    return zmq_recv(socket.get(), buffer.data(), buffer.size(), ZMQ_DONTWAIT) >= 0;
}

TEST_F(LoopTest, CallsBackForADescriptorAsLongAsItIsReady) {
    const auto loop = make(set_clock_);
    EventFd event;
    int calls = 0;
    const Watch watch = loop->add_fd(event.get(), EPOLLIN,
                                     [&](std::uint32_t events) {
                                         EXPECT_EQ(events, static_cast<std::uint32_t>(EPOLLIN));
                                         ++calls;
                                     })
                            .value();
    EXPECT_FALSE(loop->run_round(0s));
    event.raise();
    EXPECT_TRUE(loop->run_round(0s));
    EXPECT_TRUE(loop->run_round(0s));
    event.lower();
    EXPECT_FALSE(loop->run_round(0s));
    EXPECT_EQ(calls, 2);
}

TEST_F(LoopTest, RefusesADescriptorThatIsNotOpen) {
    const auto loop = make(set_clock_);
    const auto watch = loop->add_fd(-1, EPOLLIN, [](std::uint32_t) {});
    ASSERT_FALSE(watch);
    EXPECT_EQ(watch.error().code, Code::kIo);
}

TEST_F(LoopTest, ReadsEveryMessageThoughTheDescriptorSpeaksOnlyOnce) {
    const auto loop = make(set_clock_);
    Pair pair;
    int calls = 0;
    const Watch watch = loop->add_socket(pair.near,
                                         [&] {
                                             EXPECT_TRUE(read_one(pair.near));
                                             ++calls;
                                         })
                            .value();
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(zmq_send(pair.far.get(), "m", 1, 0), 1);
    }
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(loop->run_round(0s)) << i;
    }
    EXPECT_FALSE(loop->run_round(0s));
    EXPECT_EQ(calls, 10);
}

TEST_F(LoopTest, SeesMessagesThatCameBeforeTheWatch) {
    const auto loop = make(set_clock_);
    Pair pair;
    ASSERT_EQ(zmq_send(pair.far.get(), "m", 1, 0), 1);
    int events = 0;
    std::size_t size = sizeof events;
    // Takes in the command that would have made the descriptor readable.
    ASSERT_EQ(zmq_getsockopt(pair.near.get(), ZMQ_EVENTS, &events, &size), 0);
    bool called = false;
    const Watch watch = loop->add_socket(pair.near, [&] { called = read_one(pair.near); }).value();
    loop->run_round(0s);
    EXPECT_TRUE(called);
}

TEST_F(LoopTest, SeesMessagesThatASendTookInWhenTheSocketIsTouched) {
    const auto loop = make(set_clock_);
    Pair pair;
    bool called = false;
    const Watch watch = loop->add_socket(pair.near, [&] { called = read_one(pair.near); }).value();
    loop->run_round(0s);
    ASSERT_EQ(zmq_send(pair.far.get(), "m", 1, 0), 1);
    int events = 0;
    std::size_t size = sizeof events;
    ASSERT_EQ(zmq_getsockopt(pair.near.get(), ZMQ_EVENTS, &events, &size), 0);
    EXPECT_FALSE(loop->run_round(0s));
    watch.touch();
    EXPECT_TRUE(loop->run_round(0s));
    EXPECT_TRUE(called);
}

TEST_F(LoopTest, FiresTimersInOrderWhenDue) {
    const auto loop = make(set_clock_);
    std::string order;
    const Watch late = loop->after(20ms, [&] { order += 'b'; });
    const Watch early = loop->after(10ms, [&] { order += 'a'; });
    EXPECT_FALSE(loop->run_round(0s));
    set_clock_.instant += 20ms;
    EXPECT_TRUE(loop->run_round(0s));
    EXPECT_FALSE(loop->run_round(0s));
    EXPECT_EQ(order, "ab");
}

TEST_F(LoopTest, RepeatsATimerWithoutMakingUpForMissedPeriods) {
    const auto loop = make(set_clock_);
    int calls = 0;
    const Watch watch = loop->every(10ms, [&] { ++calls; });
    set_clock_.instant += 35ms;
    loop->run_round(0s);
    loop->run_round(0s);
    EXPECT_EQ(calls, 1);
    set_clock_.instant += 10ms;
    loop->run_round(0s);
    EXPECT_EQ(calls, 2);
}

TEST_F(LoopTest, ATimerSetByATimerWaitsForTheNextRound) {
    const auto loop = make(set_clock_);
    int calls = 0;
    Watch inner;
    const Watch outer = loop->after(0s, [&] { inner = loop->after(0s, [&] { ++calls; }); });
    loop->run_round(0s);
    EXPECT_EQ(calls, 0);
    loop->run_round(0s);
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, ACallbackMayEndItsOwnWatchAndOthers) {
    const auto loop = make(set_clock_);
    EventFd first_event;
    EventFd second_event;
    Watch first;
    Watch second;
    int calls = 0;
    const auto end_both = [&](std::uint32_t) {
        ++calls;
        first.reset();
        second.reset();
    };
    first = loop->add_fd(first_event.get(), EPOLLIN, end_both).value();
    second = loop->add_fd(second_event.get(), EPOLLIN, end_both).value();
    first_event.raise();
    second_event.raise();
    EXPECT_TRUE(loop->run_round(0s));
    EXPECT_FALSE(loop->run_round(0s));
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, CallsTheHookOncePerRoundInWhichSomethingHappened) {
    const auto loop = make(set_clock_);
    EventFd first_event;
    EventFd second_event;
    int work = 0;
    int commits = 0;
    loop->on_idle_of_round([&] {
        EXPECT_EQ(work, 2);
        ++commits;
    });
    const auto count = [&](std::uint32_t) { ++work; };
    const Watch first = loop->add_fd(first_event.get(), EPOLLIN, count).value();
    const Watch second = loop->add_fd(second_event.get(), EPOLLIN, count).value();
    loop->run_round(0s);
    EXPECT_EQ(commits, 0);
    first_event.raise();
    second_event.raise();
    loop->run_round(0s);
    EXPECT_EQ(commits, 1);
}

TEST_F(LoopTest, DeliversASignalAndStops) {
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, nullptr, &before);
    const auto loop = make(system_clock_);
    int got = 0;
    const Watch watch = loop->add_signals({SIGTERM, SIGHUP},
                                          [&](int number) {
                                              got = number;
                                              loop->stop();
                                          })
                            .value();
    ASSERT_EQ(raise(SIGTERM), 0);
    loop->run();
    EXPECT_EQ(got, SIGTERM);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(LoopTest, WakesUpForAMessageOfAnotherThread) {
    const auto loop = make(system_clock_);
    Pair pair;
    const Watch watch = loop->add_socket(pair.near,
                                         [&] {
                                             read_one(pair.near);
                                             loop->stop();
                                         })
                            .value();
    std::thread sender([&] { zmq_send(pair.far.get(), "m", 1, 0); });
    loop->run();
    sender.join();
}

TEST_F(LoopTest, UsesNoProcessorTimeWhileNothingIsReady) {
    const auto loop = make(system_clock_);
    Pair pair;
    EventFd event;
    const Watch socket_watch = loop->add_socket(pair.near, [&] { read_one(pair.near); }).value();
    const Watch fd_watch = loop->add_fd(event.get(), EPOLLIN, [](std::uint32_t) {}).value();
    ASSERT_EQ(zmq_send(pair.far.get(), "m", 1, 0), 1);
    int rounds = 0;
    bool over = false;
    const Watch timer = loop->after(100ms, [&] { over = true; });
    while (!over) {
        loop->run_round(1h);
        ++rounds;
    }
    // The message, its echo in the descriptor, the timer; a loop that spins needs thousands.
    EXPECT_LE(rounds, 6);
}

}  // namespace
}  // namespace lapx::loop
