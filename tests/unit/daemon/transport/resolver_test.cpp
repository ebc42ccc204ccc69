#include "daemon/transport/resolver.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

#include "daemon/transport/tcp.hpp"
#include "schema/limits.hpp"
#include "tests/unit/daemon/transport/node.hpp"

namespace lapx::transport {
namespace {

// A name server that answers when told to.
struct SlowNames {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;

    void answer_now() {
        {
            const std::lock_guard lock(mutex);
            open = true;
        }
        changed.notify_all();
    }
};

class ResolverTest : public ::testing::Test {
  protected:
    ResolverTest() : loop_(std::move(loop::Loop::create(clock_).value())) {}
    // The names outlive the resolver's thread, which the test does not wait for.
    std::unique_ptr<Resolver> make() {
        return std::move(
            Resolver::create(*loop_,
                             [names = names_](const std::string& host) -> Result<std::string> {
                                 std::unique_lock lock(names->mutex);
                                 names->changed.wait(lock, [&] { return names->open; });
                                 if (host == "unknown.example") {
                                     return fail(Code::kNotFound, host);
                                 }
                                 return "192.0.2." + std::to_string(host.size());
                             })
                .value());
    }
    bool run_until_done(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < end) {
            loop_->run_round(10ms);
        }
        return done();
    }

    loop::SystemMonotonic clock_;
    std::unique_ptr<loop::Loop> loop_;
    const std::shared_ptr<SlowNames> names_ = std::make_shared<SlowNames>();
};

TEST_F(ResolverTest, LetsTheLoopRunWhileItWaits) {
    const auto resolver = make();
    std::set<std::string> answers;  // they come in any order
    resolver->ask("opta.nl", [&](auto address) { answers.insert(*address); });
    resolver->ask("acma.example", [&](auto address) { answers.insert(*address); });
    bool ticked = false;
    const loop::Watch tick = loop_->after(1ms, [&] { ticked = true; });
    ASSERT_TRUE(run_until_done([&] { return ticked; }));
    EXPECT_TRUE(answers.empty());
    names_->answer_now();
    ASSERT_TRUE(run_until_done([&] { return answers.size() == 2; }));
    EXPECT_EQ(answers, (std::set<std::string>{"192.0.2.7", "192.0.2.12"}));
}

TEST_F(ResolverTest, PassesOnThatANameIsUnknown) {
    const auto resolver = make();
    names_->answer_now();
    std::optional<Code> code;
    resolver->ask("unknown.example", [&](auto address) { code = address.error().code; });
    ASSERT_TRUE(run_until_done([&] { return code.has_value(); }));
    EXPECT_EQ(*code, Code::kNotFound);
}

TEST_F(ResolverTest, NeverAnswersWhatWasCancelled) {
    const auto resolver = make();
    bool second = false;
    const auto question = resolver->ask("opta.nl", [&](const auto&) { ADD_FAILURE(); });
    resolver->ask("acma.example", [&](const auto&) { second = true; });
    resolver->cancel(question);
    names_->answer_now();
    EXPECT_TRUE(run_until_done([&] { return second; }));
}

TEST_F(ResolverTest, AnswersOthersWhileSomeNamesHang) {
    const auto resolver = std::move(
        Resolver::create(*loop_, [names = names_](const std::string& host) -> Result<std::string> {
            if (host != "quick.example") {
                std::unique_lock lock(names->mutex);
                names->changed.wait(lock, [&] { return names->open; });
            }
            return std::string("192.0.2.1");
        }).value());
    int hung = 0;
    bool quick = false;
    for (int i = 0; i < 5; ++i) {
        resolver->ask("hangs.example", [&](const auto&) { ++hung; });
    }
    resolver->ask("quick.example", [&](const auto&) { quick = true; });
    ASSERT_TRUE(run_until_done([&] { return quick; }));
    EXPECT_EQ(hung, 0);
    names_->answer_now();
    EXPECT_TRUE(run_until_done([&] { return hung == 5; }));
}

TEST_F(ResolverTest, EndsWithoutWaitingForAnAnswer) {
    auto resolver = make();
    resolver->ask("opta.nl", [](const auto&) { ADD_FAILURE(); });
    resolver.reset();
    names_->answer_now();
    loop_->run_round(0ms);
}

TEST(ResolverSystem, KnowsThisMachineAndNoInvalidName) {
    const auto address = Resolver::ask_system("localhost");
    ASSERT_TRUE(address);
    EXPECT_TRUE((Endpoint{*address, "1"}).numeric());
    const auto nothing = Resolver::ask_system("no-such-name.invalid");
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, Code::kNotFound);
}

TEST(EndpointTest, ParsesWhatItPrints) {
    for (const char* text :
         {"tcp://192.0.2.7:5617", "tcp://[2001:db8::7]:5617", "tcp://opta.example:1"}) {
        EXPECT_EQ(Endpoint::parse(text).value().text(), text);
    }
    EXPECT_EQ(Endpoint::parse("tcp://localhost:9").value().numeric()->text(), "tcp://127.0.0.1:9");
    EXPECT_FALSE(Endpoint::parse("tcp://opta.example:1").value().numeric());
}

class BacklogTest : public ::testing::Test {
  protected:
    BacklogTest() { options_.high_water = 1; }
    bool exceeds(std::uint64_t read, std::chrono::seconds at = {}) {
        backlog_.weigh(read, loop::Instant(at));
        return backlog_.exceeds(options_);
    }

    static constexpr std::uint64_t kFrame = schema::kMaxFrame + 42;
    static constexpr std::uint64_t kLimit = 2 * kFrame + Backlog::kUnheard;
    Options options_;
    Backlog backlog_{loop::Instant()};
};

TEST_F(BacklogTest, GrantsLittleBeforeTheFirstMessage) {
    EXPECT_FALSE(exceeds(Backlog::kUnheard));
    EXPECT_TRUE(exceeds(Backlog::kUnheard + 1));
    backlog_.came();
    EXPECT_FALSE(exceeds(kLimit));
    EXPECT_TRUE(exceeds(kLimit + 1));
}

TEST_F(BacklogTest, IsWhatWasReadAndNotDelivered) {
    backlog_.came();
    backlog_.delivered(0);
    EXPECT_FALSE(exceeds(35 + kLimit));
    EXPECT_TRUE(exceeds(35 + kLimit + 1));
    // A delivery pays for itself, not for what came with it.
    for (std::uint64_t i = 1; i < 1'000; ++i) {
        backlog_.delivered(schema::kMaxFrame);
        EXPECT_FALSE(exceeds(35 + kLimit + i * kFrame));
        EXPECT_TRUE(exceeds(35 + kLimit + i * kFrame + 1));
    }
}

TEST_F(BacklogTest, HeartbeatsBetweenMessagesWeighNothing) {
    constexpr std::uint64_t kYear = 365;
    for (std::uint64_t day = 1; day <= kYear; ++day) {
        backlog_.delivered(0);
        const std::uint64_t read = day * (35 + 86'400 * 8);
        EXPECT_FALSE(exceeds(read, std::chrono::days(day)));
        EXPECT_TRUE(exceeds(read + kLimit + 1, std::chrono::days(day)));
    }
}

TEST(CutTest, LeavesADescriptorAloneThatStandsForSomethingElse) {
    std::array<int, 2> sides{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sides.data()), 0);
    cut(sides[0], "another address");
    cut(sides[0], "");
    EXPECT_EQ(write(sides[0], "x", 1), 1);
    cut(sides[0], peer_address(sides[0]));
    EXPECT_EQ(send(sides[0], "x", 1, MSG_NOSIGNAL), -1);
    close(sides[0]);
    close(sides[1]);
    EXPECT_EQ(octets_read(sides[0]), std::nullopt);
}

}  // namespace
}  // namespace lapx::transport
