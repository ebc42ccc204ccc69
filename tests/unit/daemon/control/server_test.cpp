#include <grp.h>
#include <sys/wait.h>

#include <fstream>

#include "tests/unit/daemon/control/fixture.hpp"

namespace lapx::control {
namespace {

constexpr uid_t kNobody = 65534;

TEST_F(ServerTest, GivesTheHandlerTheOperatorOfTheUnixAccount) {
    start();
    const auto client = get("/v1/status");
    EXPECT_EQ(client->status(), 200);
    EXPECT_EQ(client->body(), "{\"operator\":\"op-1\"}\n");
    EXPECT_NE(client->received().find("Content-Type: application/json"), std::string::npos);
}

TEST_F(ServerTest, DecodesPathQueryAndBody) {
    start();
    const auto client = post("/v1/echo/opta.nl%2F147?from=2026-01-01&q=a%26b+c", R"({"x":[1]})");
    EXPECT_EQ(client->status(), 200);
    const auto json = nlohmann::json::parse(client->body());
    EXPECT_EQ(json["path"], nlohmann::json({"echo", "opta.nl/147"}));
    EXPECT_EQ(json["query"], nlohmann::json({{"from", "2026-01-01"}, {"q", "a&b c"}}));
    EXPECT_EQ(json["body"], nlohmann::json({{"x", {1}}}));
}

TEST_F(ServerTest, TellsTheHandlerWhoWantsAMinimalAnswer) {
    start();
    const auto minimal = [this](const std::string& preference) {
        const auto client = ask("POST /v1/echo/x HTTP/1.1\r\nHost: lapx\r\nConnection: close\r\n" +
                                preference + "Content-Length: 0\r\n\r\n");
        return nlohmann::json::parse(client->body())["minimal"].get<bool>();
    };
    EXPECT_TRUE(minimal("Prefer: return=minimal\r\n"));
    EXPECT_FALSE(minimal("Prefer: return=representation\r\n"));
    EXPECT_FALSE(minimal(""));
}

TEST_F(ServerTest, AnswersRawOctetsUnderTheirOwnType) {
    start();
    const auto client = get("/v1/raw");
    EXPECT_EQ(client->body(), "a,b\r\n");
    EXPECT_NE(client->received().find("Content-Type: text/csv"), std::string::npos);
}

TEST_F(ServerTest, KeepsAConnectionForSeveralRequests) {
    start();
    Client client(options_.socket_path);
    const std::string request = "GET /v1/status HTTP/1.1\r\nHost: lapx\r\n\r\n";
    client.send(request + request);
    EXPECT_TRUE(drive({&client}, [&] {
        const std::size_t first = client.received().find("op-1");
        return first != std::string::npos &&
               client.received().find("op-1", first + 1) != std::string::npos;
    }));
}

TEST_F(ServerTest, SaysWhatIsNotThere) {
    start();
    EXPECT_EQ(get("/v1/nothing")->status(), 404);
    EXPECT_EQ(get("/")->status(), 404);
    const auto client = get("/v1/approve");
    EXPECT_EQ(client->status(), 405);
    EXPECT_NE(client->received().find("Allow: POST\r\n"), std::string::npos);
    EXPECT_TRUE(denials_.empty());
}

TEST_F(ServerTest, ReportsAnOperatorWithoutTheRole) {
    start();
    const auto client = post("/v1/approve", "{}");
    EXPECT_EQ(client->status(), 403);
    EXPECT_EQ(client->code(), "not-permitted");
    ASSERT_EQ(denials_.size(), 1U);
    EXPECT_EQ(denials_[0].operator_id, "op-1");
    EXPECT_EQ(denials_[0].what, "POST /v1/approve");
    EXPECT_EQ(server_->denials(), 1U);
}

TEST_F(ServerTest, RefusesAUnixAccountThatIsNoOperators) {
    if (::getuid() != 0) {
        GTEST_SKIP() << "needs root to become another Unix account";
    }
    options_.group = ::getgrgid(kNobody)->gr_name;
    start();
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) {
            ::_exit(2);
        }
        Client client(options_.socket_path);
        client.send("GET /v1/status HTTP/1.1\r\nHost: lapx\r\nConnection: close\r\n\r\n");
        pollfd fd{client.fd(), POLLIN, 0};
        while (client.connected() && !client.closed()) {
            client.move();
            ::poll(&fd, 1, 1000);
        }
        const std::string result = std::to_string(client.status()) + " " + client.code();
        ::_exit(::write(pipe[1], result.data(), result.size()) > 0 ? 0 : 3);
    }
    ::close(pipe[1]);
    pollfd answered{pipe[0], POLLIN, 0};
    EXPECT_TRUE(drive({}, [&] { return ::poll(&answered, 1, 0) == 1; }));
    std::array<char, 64> buffer{};
    EXPECT_GT(::read(pipe[0], buffer.data(), buffer.size()), 0);
    EXPECT_STREQ(buffer.data(), "403 not-permitted");
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipe[0]);
    ASSERT_EQ(denials_.size(), 1U);
    EXPECT_EQ(denials_[0].uid, kNobody);
    EXPECT_EQ(denials_[0].operator_id, "");
}

TEST_F(ServerTest, AnswersLaterAndOthersInTheMeantime) {
    start();
    Client waiting(options_.socket_path);
    waiting.send("GET /v1/later HTTP/1.1\r\nHost: lapx\r\n\r\n");
    ASSERT_TRUE(drive({&waiting}, [&] { return later_.size() == 1; }));
    EXPECT_EQ(get("/v1/status")->status(), 200);
    EXPECT_EQ(waiting.received(), "");
    later_[0].answer(nlohmann::json{{"done", true}});
    EXPECT_EQ(server_->timeout(), std::chrono::milliseconds(0)) << "the loop must not wait";
    EXPECT_TRUE(drive({&waiting}, [&] { return waiting.status() == 200; }));
    EXPECT_EQ(waiting.body(), "{\"done\":true}\n");
}

TEST_F(ServerTest, AnswersInternalForADroppedHandle) {
    start();
    EXPECT_EQ(get("/v1/drop")->status(), 500);
    Client waiting(options_.socket_path);
    waiting.send("GET /v1/later HTTP/1.1\r\nHost: lapx\r\n\r\n");
    ASSERT_TRUE(drive({&waiting}, [&] { return later_.size() == 1; }));
    later_.clear();
    EXPECT_TRUE(drive({&waiting}, [&] { return waiting.status() == 500; }));
    EXPECT_EQ(waiting.code(), "internal");
}

TEST_F(ServerTest, SurvivesAClientThatLeavesBeforeTheAnswer) {
    start();
    Client waiting(options_.socket_path);
    waiting.send("GET /v1/later HTTP/1.1\r\nHost: lapx\r\n\r\n");
    ASSERT_TRUE(drive({&waiting}, [&] { return later_.size() == 1; }));
    waiting.hang_up();
    EXPECT_EQ(get("/v1/status")->status(), 200);
    later_[0].answer(nlohmann::json{});
    EXPECT_EQ(get("/v1/status")->status(), 200);
}

TEST_F(ServerTest, TellsWaitingClientsThatItShutsDown) {
    start();
    Client waiting(options_.socket_path);
    waiting.send("GET /v1/later HTTP/1.1\r\nHost: lapx\r\n\r\n");
    ASSERT_TRUE(drive({&waiting}, [&] { return later_.size() == 1; }));
    server_.reset();
    EXPECT_FALSE(std::filesystem::exists(options_.socket_path));
    waiting.move();
    EXPECT_EQ(waiting.status(), 503);
    EXPECT_EQ(waiting.code(), "shutting-down");
    later_[0].answer(nlohmann::json{});  // too late, and harmless
}

TEST_F(ServerTest, ServesOthersWhileAClientIsSlowAndThenCutsItOff) {
    options_.idle_timeout = std::chrono::seconds(1);
    start();
    Client silent(options_.socket_path);
    Client slow(options_.socket_path);
    slow.send("POST /v1/echo/x HTTP/1.1\r\nHost: lapx\r\nContent-Length: 9\r\n\r\n{");
    ASSERT_TRUE(drive({&slow, &silent}, [&] { return get("/v1/status")->status() == 200; }));
    EXPECT_TRUE(drive({&slow, &silent}, [&] { return slow.closed() && silent.closed(); }));
    EXPECT_EQ(slow.status(), 0);
}

TEST_F(ServerTest, BoundsTheConnectionsOfOneAccount) {
    options_.connections_of_one = 2;
    start();
    Client first(options_.socket_path);
    Client second(options_.socket_path);
    Client third(options_.socket_path);
    EXPECT_TRUE(drive({&first, &second, &third}, [&] { return third.closed(); }));
    EXPECT_FALSE(first.closed());
    first.hang_up();
    second.hang_up();
    EXPECT_TRUE(drive({}, [&] { return get("/v1/status")->status() == 200; }));
}

}  // namespace
}  // namespace lapx::control
