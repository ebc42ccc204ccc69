// Bodies of requests and answers: JSON within its limits, octets as they come.

#include "tests/unit/daemon/control/fixture.hpp"

namespace lapx::control {
namespace {

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
class BodiesTest : public ServerTest {
  protected:
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

    int sinks_ = 0;
};

TEST_F(BodiesTest, GivesABodyOfOctetsToItsHandlerAsItComesWhateverTheLimitForJson) {
    start();
    add_streams();
    const auto client = post("/v1/octets", std::string(7'000'000, 'x'));
    EXPECT_EQ(client->status(), 200);
    EXPECT_EQ(client->body(), "7000000\n");
    EXPECT_EQ(sinks_, 0);
}

TEST_F(BodiesTest, RefusesABodyOfOctetsBeforeItIsReadOrInTheMiddle) {
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

TEST_F(BodiesTest, DropsABodyOfOctetsWhoseClientGoesAway) {
    start();
    add_streams();
    Client client(options_.socket_path);
    client.send("POST /v1/octets HTTP/1.1\r\nHost: lapx\r\nContent-Length: 1000\r\n\r\nxxx");
    ASSERT_TRUE(drive({&client}, [&] { return sinks_ == 1; }));
    client.hang_up();
    EXPECT_TRUE(drive({&client}, [&] { return sinks_ == 0; }));
}

TEST_F(BodiesTest, AnswersWithOctetsAsTheClientTakesThem) {
    start();
    add_streams();
    const auto client = get("/v1/octets");
    EXPECT_EQ(client->status(), 200);
    EXPECT_EQ(client->body(), std::string(5'000'000, 'x'));
    EXPECT_NE(client->received().find("Content-Length: 5000000"), std::string::npos);
}

TEST_F(BodiesTest, BreaksTheConnectionWhereTheOctetsOfAnAnswerBreakOff) {
    start();
    add_streams();
    EXPECT_EQ(get("/v1/broken")->body().size(), 1'000'000U);
}

TEST_F(BodiesTest, RefusesABodyThatIsDeclaredTooLarge) {
    start();
    const auto client =
        ask("POST /v1/echo/x HTTP/1.1\r\nHost: lapx\r\nContent-Length: 1048577\r\n\r\n");
    EXPECT_EQ(client->status(), 413);
    EXPECT_EQ(client->code(), "too-large");
    EXPECT_EQ(post("/v1/echo/x", "{\"x\":\"" + std::string((1 << 20) - 8, 'x') + "\"}")->status(),
              200);
}

TEST_F(BodiesTest, RefusesAChunkedBodyThatBecomesTooLarge) {
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

TEST_F(BodiesTest, BoundsAllBodiesTogether) {
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

TEST_F(BodiesTest, RefusesTwoWaysToSayHowLongTheBodyIs) {
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

TEST_F(BodiesTest, RefusesJsonThatIsDeepAmbiguousOrBroken) {
    start();
    EXPECT_EQ(post("/v1/echo/x", std::string(100'000, '['))->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x", R"({"a":1,"a":2})")->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x", "{\"a\":\"\xff\"}")->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x?q=1&q=2", "{}")->code(), "invalid-argument");
    EXPECT_EQ(post("/v1/echo/x?q=%ff", "{}")->code(), "invalid-argument");
}

TEST_F(BodiesTest, RefusesABodyOfAnotherFormThanTheHandlerReads) {
    start();
    EXPECT_EQ(post("/v1/type", R"({"text":"x"})")->status(), 200);
    for (const char* body : {R"({"text":1})", "{}", "[]", ""}) {
        const auto client = post("/v1/type", body);
        EXPECT_EQ(client->status(), 400) << body;
        EXPECT_EQ(client->code(), "invalid-argument") << body;
    }
}

TEST_F(BodiesTest, RefusesAMemberThatMeansNothing) {
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

}  // namespace
}  // namespace lapx::control
