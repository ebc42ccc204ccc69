#include "daemon/transport/zap.hpp"

#include <stdexcept>

#include "daemon/transport/handshake_quota.hpp"
#include "daemon/transport/self_test.hpp"
#include "tests/unit/daemon/transport/node.hpp"

namespace lapx::transport {
namespace {

// What the handler answers; empty if it does not answer within a second.
std::vector<std::string> ask(const Context& context, const std::vector<std::string>& request) {
    const loop::Socket socket = context.open(ZMQ_REQ).value();
    RawPeer::set(socket.get(), ZMQ_RCVTIMEO, 1'000);
    EXPECT_EQ(zmq_connect(socket.get(), "inproc://zeromq.zap.01"), 0);
    RawPeer::send(socket.get(), request);
    std::vector<std::string> reply;
    int more = 1;
    while (more != 0) {
        Message frame;
        if (zmq_msg_recv(frame.get(), socket.get(), 0) < 0) {
            return reply;
        }
        reply.emplace_back(as_text(frame.bytes()));
        more = zmq_msg_more(frame.get());
    }
    return reply;
}

std::vector<std::string> request_for(const Key& key) {
    return {"1.0",
            "7",
            "lapx",
            "127.0.0.1",
            "",
            "CURVE",
            {reinterpret_cast<const char*>(key.data()), key.size()}};
}

class ZapTest : public ::testing::Test {
  protected:
    Context context_ = Context::create().value();
    loop::SystemMonotonic clock_;
    const Key key_ = make_keys().open;
};

TEST_F(ZapTest, AdmitsExactlyTheSnapshotInForce) {
    const auto handler = std::move(ZapHandler::start(context_, clock_).value());
    EXPECT_EQ(ask(context_, request_for(key_)).at(2), "400");
    handler->publish(std::make_shared<const Admitted>(Admitted({{agency("opta.nl"), key_}})));
    const auto reply = ask(context_, request_for(key_));
    ASSERT_EQ(reply.size(), 6U);
    EXPECT_EQ(reply[0], "1.0");
    EXPECT_EQ(reply[1], "7");
    EXPECT_EQ(reply[2], "200");
    EXPECT_EQ(reply[4], "opta.nl");
    EXPECT_EQ(reply[5], std::string("\x09"
                                    "Curve-Key\0\0\0\x40",
                                    14) +
                            hex(key_));
    handler->publish(std::make_shared<const Admitted>());
    EXPECT_EQ(ask(context_, request_for(key_)).at(2), "400");
    EXPECT_EQ(handler->refused(), 2U);
}

TEST_F(ZapTest, RefusesEveryOtherQuestionAndGoesOn) {
    const auto handler = std::move(ZapHandler::start(context_, clock_).value());
    handler->publish(std::make_shared<const Admitted>(Admitted({{agency("opta.nl"), key_}})));
    const auto with = [&](std::size_t frame, std::string value) {
        auto request = request_for(key_);
        request.at(frame) = std::move(value);
        return request;
    };
    auto longer = request_for(key_);
    longer.emplace_back("more");
    auto shorter = request_for(key_);
    shorter.pop_back();
    for (const auto& request : {with(0, "2.0"),
                                with(2, ""),
                                with(2, "other"),
                                with(5, "PLAIN"),
                                with(5, "NULL"),
                                with(6, "short"),
                                with(6, std::string(33, 'k')),
                                longer,
                                shorter,
                                {"1.0"}}) {
        const auto reply = ask(context_, request);
        ASSERT_EQ(reply.size(), 6U);
        EXPECT_EQ(reply[2], "500");
        EXPECT_EQ(reply[4], "");
    }
    EXPECT_EQ(ask(context_, request_for(key_)).at(2), "200");
}

TEST_F(ZapTest, PutsOffAKeyThatAsksTooOften) {
    const auto handler = std::move(ZapHandler::start(context_, clock_).value());
    const Key other = make_keys().open;
    handler->publish(std::make_shared<const Admitted>(
        Admitted({{agency("opta.nl"), key_}, {agency("acma.example"), other}})));
    std::string status = "200";
    for (int i = 0; i < 1'000 && status == "200"; ++i) {
        status = ask(context_, request_for(key_)).at(2);
    }
    EXPECT_EQ(status, "300");
    EXPECT_EQ(handler->over_quota(), 1U);
    EXPECT_EQ(ask(context_, request_for(other)).at(2), "200");
}

TEST_F(ZapTest, IsTheOnlyOneInItsContext) {
    const auto handler = std::move(ZapHandler::start(context_, clock_).value());
    const auto second = ZapHandler::start(context_, clock_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kIo);
}

class ThrowingClock final : public loop::Monotonic {
  public:
    loop::Instant now() const override { throw std::runtime_error("no clock"); }
};

// Nothing may run on while nobody guards the door.
class ZapDeathTest : public ZapTest {
  protected:
    void SetUp() override { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(ZapDeathTest, AnExceptionInTheHandlerEndsTheProcess) {
    EXPECT_DEATH(
        {
            const ThrowingClock broken;
            const auto handler = std::move(ZapHandler::start(context_, broken).value());
            handler->publish(
                std::make_shared<const Admitted>(Admitted({{agency("opta.nl"), key_}})));
            ask(context_, request_for(key_));
        },
        "terminate called");
}

TEST_F(ZapDeathTest, AHandlerThatStopsUnaskedEndsTheProcess) {
    EXPECT_DEATH(
        {
            const auto handler = std::move(ZapHandler::start(context_, clock_).value());
            context_.shut_down();
            loop::Loop::create(clock_).value()->run_round(20s);
        },
        "ZAP handler died");
}

// A CURVE server on a port of its own.
class SelfTestTest : public ZapTest {
  protected:
    std::string serve() {
        router_ = context_.open(ZMQ_ROUTER).value();
        EXPECT_TRUE(make_curve_server(router_.get(), keys_.secret));
        EXPECT_EQ(zmq_bind(router_.get(), "tcp://127.0.0.1:*"), 0);
        std::array<char, 64> endpoint{};
        std::size_t size = endpoint.size();
        EXPECT_EQ(zmq_getsockopt(router_.get(), ZMQ_LAST_ENDPOINT, endpoint.data(), &size), 0);
        return endpoint.data();
    }
    const KeyPair keys_ = make_keys();
    std::unique_ptr<ZapHandler> handler_;
    loop::Socket router_;
};

TEST_F(SelfTestTest, PassesWhereAHandlerStands) {
    handler_ = std::move(ZapHandler::start(context_, clock_).value());
    EXPECT_TRUE(expect_refusal(context_, serve(), keys_.open, 10s));
    router_.close();
}

TEST_F(SelfTestTest, FailsWhereNoHandlerStands) {
    const auto result = expect_refusal(context_, serve(), keys_.open, 10s);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kSelfTestFailed);
}

TEST_F(SelfTestTest, FailsInTimeWhereNobodyAnswers) {
    const auto result = expect_refusal(context_, "tcp://127.0.0.1:1", keys_.open, 50ms);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kSelfTestFailed);
}

TEST(HandshakeQuotaTest, AllowsABurstAndThenASteadyRate) {
    HandshakeQuota quota;
    const Key key = make_keys().open;
    loop::Instant now{};
    for (int i = 0; i < HandshakeQuota::kBurst; ++i) {
        EXPECT_TRUE(quota.take(key, now));
    }
    EXPECT_FALSE(quota.take(key, now));
    EXPECT_TRUE(quota.take(make_keys().open, now));
    now += 1s;
    EXPECT_TRUE(quota.take(key, now));
    EXPECT_TRUE(quota.take(key, now));
    EXPECT_FALSE(quota.take(key, now));
    now += 1h;
    for (int i = 0; i < HandshakeQuota::kBurst; ++i) {
        EXPECT_TRUE(quota.take(key, now));
    }
    EXPECT_FALSE(quota.take(key, now));
}

TEST(AdmittedTest, CountsTheConnectionsOfAKeyForTheAgencyThatComesFirst) {
    const Key key = make_keys().open;
    const Admitted admitted({{agency("opta.nl"), key}, {agency("thief.example"), key}});
    EXPECT_TRUE(admitted.holds(agency("opta.nl"), key));
    EXPECT_FALSE(admitted.holds(agency("thief.example"), key));
    EXPECT_TRUE(admitted.names(agency("thief.example"), key)) << "it may be dialled with it";
    EXPECT_FALSE(admitted.names(agency("acma.example"), key));
    EXPECT_EQ(admitted.find(make_keys().open), nullptr);
}

}  // namespace
}  // namespace lapx::transport
