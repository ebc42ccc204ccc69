#include "daemon/control/server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace lapx::control {
namespace {

constexpr uid_t kNobody = 65534;

// Counts what it takes; refuses what comes after its limit.
class Counting final : public BodySink {
  public:
    Counting(std::uint64_t most, int& alive) : most_(most), alive_(alive) { ++alive_; }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;
    ~Counting() override { --alive_; }
    Result<void> take(std::string_view octets) override {
        taken_ += octets.size();
        return taken_ <= most_ ? Result<void>{} : fail(Code::kDiskFull);
    }
    std::uint64_t taken() const { return taken_; }

  private:
    std::uint64_t most_;
    int& alive_;
    std::uint64_t taken_ = 0;
};

// So many times the same octet, in pieces.
class Repeating final : public BodySource {
  public:
    Repeating(std::uint64_t size, std::uint64_t breaks_at) : size_(size), breaks_at_(breaks_at) {}
    std::uint64_t size() const override { return size_; }
    Result<std::size_t> read(std::span<char> out) override {
        if (given_ >= breaks_at_) {
            return fail(Code::kIo);
        }
        const std::size_t count = std::min<std::uint64_t>({out.size(), 1'000, size_ - given_});
        std::fill_n(out.begin(), count, 'x');
        given_ += count;
        return count;
    }

  private:
    std::uint64_t size_;
    std::uint64_t breaks_at_;
    std::uint64_t given_ = 0;
};

// A client that speaks raw octets.
class Client {
  public:
    explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
        connected_ =
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { hang_up(); }

    bool connected() const { return connected_; }
    int fd() const { return fd_; }
    const std::string& received() const { return received_; }
    bool closed() const { return closed_; }
    void send(std::string_view text) { to_send_ += text; }
    void hang_up() {
        if (fd_ >= 0) {
            ::close(std::exchange(fd_, -1));
        }
    }
    // Moves what can be moved without waiting.
    void move() {
        if (!to_send_.empty()) {
            const ssize_t n = ::send(fd_, to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
            if (n > 0) {
                to_send_.erase(0, static_cast<std::size_t>(n));
            }
        }
        std::array<char, 65536> buffer;
        ssize_t n = 0;
        while ((n = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0) {
            received_.append(buffer.data(), static_cast<std::size_t>(n));
        }
        closed_ = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }

    int status() const {
        return received_.starts_with("HTTP/1.1 ") ? std::stoi(received_.substr(9, 3)) : 0;
    }
    std::string body() const {
        const std::size_t at = received_.find("\r\n\r\n");
        return at == std::string::npos ? "" : received_.substr(at + 4);
    }
    std::string code() const {
        const auto json = nlohmann::json::parse(body(), nullptr, false);
        return json.is_object() ? json["error"].value("code", "") : "";
    }

  private:
    int fd_;
    bool connected_ = false;
    bool closed_ = false;
    std::string to_send_;
    std::string received_;
};

class ServerTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "lapx-control-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
        options_.socket_path = folder_ + "/control.sock";
        options_.body_limit = 1 << 20;
    }
    void TearDown() override {
        server_.reset();
        std::filesystem::remove_all(folder_);
    }

    void start() {
        Operator who;
        who.id = "op-1";
        who.uid = ::getuid();
        who.roles = {Role::kClerk};
        auto server =
            Server::open(options_, {who}, [this](const Denial& d) { denials_.push_back(d); });
        ASSERT_TRUE(server) << server.error().context;
        server_ = std::move(*server);
        server_->route("GET", "/v1/status", {}, {}, [](const Request& request, Pending pending) {
            pending.answer(nlohmann::json{{"operator", request.who.id}});
        });
        server_->route("POST", "/v1/echo/{word}", {Role::kClerk}, {"*"},
                       [](const Request& request, Pending pending) {
                           pending.answer(nlohmann::json{{"path", request.path},
                                                         {"query", request.query},
                                                         {"body", request.body},
                                                         {"minimal", request.minimal}});
                       });
        server_->route("POST", "/v1/approve", {Role::kApprover}, {"text"},
                       [](const Request&, Pending pending) { pending.answer(Reply{}); });
        server_->route("GET", "/v1/later", {}, {}, [this](const Request&, Pending pending) {
            later_.push_back(std::move(pending));
        });
        server_->route("GET", "/v1/drop", {}, {}, [](const Request&, Pending) {});
        server_->route(
            "POST", "/v1/type", {}, {"text"}, [](const Request& request, Pending pending) {
                pending.answer(nlohmann::json(request.body.at("text").get<std::string>()));
            });
        server_->route("GET", "/v1/raw", {}, {}, [](const Request&, Pending pending) {
            pending.answer(Reply{.content_type = "text/csv", .octets = "a,b\r\n"});
        });
    }

    void add_streams() {
        server_->route(
            "POST", "/v1/octets", {Role::kClerk},
            UploadHandler{
                [this](const Request&, std::uint64_t length) -> Result<std::unique_ptr<BodySink>> {
                    if (length > 10'000'000) {
                        return fail(Code::kTooLarge);
                    }
                    return std::make_unique<Counting>(8'000'000, sinks_);
                },
                [](const Request&, std::unique_ptr<BodySink> sink, Pending pending) {
                    pending.answer(nlohmann::json(static_cast<Counting*>(sink.get())->taken()));
                }});
        const auto give = [](std::uint64_t breaks_at) {
            return [breaks_at](const Request&, Pending pending) {
                pending.answer(Reply{.content_type = "application/octet-stream",
                                     .source = std::make_shared<Repeating>(5'000'000, breaks_at)});
            };
        };
        server_->route("GET", "/v1/octets", {}, {}, give(5'000'001));
        server_->route("GET", "/v1/broken", {}, {}, give(1'000'000));
    }

    // Runs the server and the clients until `done`, as a loop would. False after ten seconds.
    template <typename Done>
    bool drive(std::initializer_list<Client*> clients, Done done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!done()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            std::vector<pollfd> fds{{server_->fd(), POLLIN, 0}};
            for (const Client* client : clients) {
                if (client->fd() >= 0 && !client->closed()) {
                    fds.push_back({client->fd(), POLLIN, 0});
                }
            }
            const auto wait = std::min(server_->timeout().value_or(std::chrono::milliseconds(20)),
                                       std::chrono::milliseconds(20));
            ::poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
            server_->run();
            for (Client* client : clients) {
                if (client->fd() >= 0 && !client->closed()) {
                    client->move();
                }
            }
        }
        return true;
    }

    // Sends `request` on a connection of its own and reads until the server closes it.
    std::unique_ptr<Client> ask(std::string_view request) {
        auto client = std::make_unique<Client>(options_.socket_path);
        client->send(request);
        EXPECT_TRUE(drive({client.get()}, [&] { return client->closed(); })) << request;
        return client;
    }
    std::unique_ptr<Client> get(const std::string& path) {
        return ask("GET " + path + " HTTP/1.1\r\nHost: lapx\r\nConnection: close\r\n\r\n");
    }
    std::unique_ptr<Client> post(const std::string& path, const std::string& body) {
        return ask("POST " + path + " HTTP/1.1\r\nHost: lapx\r\nConnection: close\r\n" +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    std::string folder_;
    Options options_;
    std::vector<Denial> denials_;
    std::vector<Pending> later_;
    int sinks_ = 0;
    std::unique_ptr<Server> server_;
};

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

TEST_F(ServerTest, GivesABodyOfOctetsToItsHandlerAsItComesWhateverTheLimitForJson) {
    start();
    add_streams();
    const auto client = post("/v1/octets", std::string(7'000'000, 'x'));
    EXPECT_EQ(client->status(), 200);
    EXPECT_EQ(client->body(), "7000000\n");
    EXPECT_EQ(sinks_, 0);
}

TEST_F(ServerTest, RefusesABodyOfOctetsBeforeItIsReadOrInTheMiddle) {
    start();
    add_streams();
    EXPECT_EQ(
        ask("POST /v1/octets HTTP/1.1\r\nHost: lapx\r\nContent-Length: 10000001\r\n\r\n")->code(),
        "too-large");
    EXPECT_EQ(ask("POST /v1/octets HTTP/1.1\r\nHost: lapx\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
                  ->code(),
              "invalid-argument");
    EXPECT_EQ(post("/v1/octets", std::string(9'000'000, 'x'))->code(), "disk-full");
    EXPECT_EQ(sinks_, 0);
}

TEST_F(ServerTest, DropsABodyOfOctetsWhoseClientGoesAway) {
    start();
    add_streams();
    Client client(options_.socket_path);
    client.send("POST /v1/octets HTTP/1.1\r\nHost: lapx\r\nContent-Length: 1000\r\n\r\nxxx");
    ASSERT_TRUE(drive({&client}, [&] { return sinks_ == 1; }));
    client.hang_up();
    EXPECT_TRUE(drive({&client}, [&] { return sinks_ == 0; }));
}

TEST_F(ServerTest, AnswersWithOctetsAsTheClientTakesThem) {
    start();
    add_streams();
    const auto client = get("/v1/octets");
    EXPECT_EQ(client->status(), 200);
    EXPECT_EQ(client->body(), std::string(5'000'000, 'x'));
    EXPECT_NE(client->received().find("Content-Length: 5000000"), std::string::npos);
}

TEST_F(ServerTest, BreaksTheConnectionWhereTheOctetsOfAnAnswerBreakOff) {
    start();
    add_streams();
    EXPECT_EQ(get("/v1/broken")->body().size(), 1'000'000U);
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

TEST_F(ServerTest, RefusesABodyThatIsDeclaredTooLarge) {
    start();
    const auto client =
        ask("POST /v1/echo/x HTTP/1.1\r\nHost: lapx\r\nContent-Length: 1048577\r\n\r\n");
    EXPECT_EQ(client->status(), 413);
    EXPECT_EQ(client->code(), "too-large");
    EXPECT_EQ(post("/v1/echo/x", "{\"x\":\"" + std::string((1 << 20) - 8, 'x') + "\"}")->status(),
              200);
}

TEST_F(ServerTest, RefusesAChunkedBodyThatBecomesTooLarge) {
    start();
    const std::string head =
        "POST /v1/echo/x HTTP/1.1\r\nHost: lapx\r\nConnection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    std::string chunks;
    for (int i = 0; i < 5; ++i) {
        chunks += "40000\r\n" + std::string(0x40000, 'x') + "\r\n";
    }
    EXPECT_EQ(ask(head + chunks + "0\r\n\r\n")->status(), 413);
    EXPECT_EQ(ask(head + "7\r\n{\"a\":1}\r\n0\r\n\r\n")->status(), 200);
    std::string endless;
    for (int i = 0; i < 4; ++i) {
        endless += chunks;
    }
    EXPECT_EQ(ask(head + endless)->status(), 0) << "cut off at twice the limit";
    EXPECT_EQ(get("/v1/status")->status(), 200);
}

TEST_F(ServerTest, BoundsAllBodiesTogether) {
    options_.bodies_limit = 1000;
    start();
    Client first(options_.socket_path);
    first.send("POST /v1/echo/x HTTP/1.1\r\nHost: l\r\nContent-Length: 907\r\n\r\n{\"x\":\"" +
               std::string(800, 'x'));
    // Whether the first body has arrived shows in whether the second still fits.
    EXPECT_TRUE(drive({&first},
                      [&] { return post("/v1/echo/x", std::string(300, ' '))->status() == 503; }));
    first.send(std::string(99, 'x') + "\"}");
    EXPECT_TRUE(drive({&first}, [&] { return first.status() == 200; }));
    EXPECT_EQ(post("/v1/echo/x", "{\"x\":\"" + std::string(800, 'x') + "\"}")->status(), 200);
}

TEST_F(ServerTest, RefusesTwoWaysToSayHowLongTheBodyIs) {
    start();
    for (const char* headers :
         {"Host: l\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n",
          "Host: l\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
          "Host: l\r\nContent-Length: 4\r\ncontent-length: 4\r\n",
          "Host: l\r\nContent-Length: 4\r\nContent-Length: 5\r\n",
          "Host: l\r\nhost: m\r\nContent-Length: 4\r\n",
          "Host: l\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
        const auto client = ask("POST /v1/echo/x HTTP/1.1\r\n" + std::string(headers) +
                                "\r\n4\r\nnull\r\n0\r\n\r\n");
        EXPECT_EQ(client->status(), 400) << headers;
        EXPECT_NE(client->received().find("Connection: close"), std::string::npos) << headers;
    }
}

TEST_F(ServerTest, RefusesJsonThatIsDeepAmbiguousOrBroken) {
    start();
    EXPECT_EQ(post("/v1/echo/x", std::string(100'000, '['))->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x", R"({"a":1,"a":2})")->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x", "{\"a\":\"\xff\"}")->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x?q=1&q=2", "{}")->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x?q=%ff", "{}")->code(), "invalid-argument");
}

TEST_F(ServerTest, RefusesABodyOfAnotherFormThanTheHandlerReads) {
    start();
    EXPECT_EQ(post("/v1/type", R"({"text":"x"})")->status(), 200);
    for (const char* body : {R"({"text":1})", "{}", "[]", ""}) {
        const auto client = post("/v1/type", body);
        EXPECT_EQ(client->status(), 400) << body;
        EXPECT_EQ(client->code(), "invalid-argument") << body;
    }
}

TEST_F(ServerTest, RefusesAMemberThatMeansNothing) {
    start();
    EXPECT_EQ(post("/v1/type", R"({"text":"x"})")->status(), 200);
    EXPECT_EQ(post("/v1/type?text=x", R"({"text":"x"})")->status(), 200);
    for (const char* body : {R"({"text":"x","txet":"y"})", R"({"Text":"x"})", R"({"*":"x"})"}) {
        const auto client = post("/v1/type", body);
        EXPECT_EQ(client->status(), 400);
        EXPECT_EQ(client->code(), "invalid-argument");
    }
    EXPECT_EQ(post("/v1/type?as=x", R"({"text":"x"})")->code(), "invalid-argument");
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
