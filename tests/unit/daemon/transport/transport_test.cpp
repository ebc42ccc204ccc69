// Honest peers: connecting, exchanging, losing each other.

#include "daemon/transport/transport.hpp"

#include "schema/limits.hpp"
#include "tests/unit/daemon/transport/node.hpp"

namespace lapx::transport {
namespace {

Options narrow() {
    Options options = quick_options();
    options.high_water = 1;
    return options;
}

class TwoNodes : public ::testing::Test {
  protected:
    explicit TwoNodes(const Options& options = quick_options())
        : opta_("opta.nl", options), acma_("acma.example", options) {}
    void admit_each_other() {
        opta_.admit({acma_.peer_key()});
        acma_.admit({opta_.peer_key()});
    }
    ::testing::AssertionResult opta_reaches_acma() {
        return run_until(both_, [&] {
            return opta_.transport->link(acma_.name()).dialled == Link::State::kConnected;
        });
    }
    Node opta_;
    Node acma_;
    const std::vector<Node*> both_{&opta_, &acma_};
};

TEST_F(TwoNodes, ExchangeOverOneConnection) {
    admit_each_other();
    opta_.dial(acma_);
    ASSERT_TRUE(opta_reaches_acma());
    EXPECT_EQ(opta_.events.connected, std::vector<std::string>{"acma.example"});
    EXPECT_EQ(opta_.transport->send(acma_.name(), as_bytes("hello")), SendResult::kSent);
    ASSERT_TRUE(run_until(both_, [&] { return acma_.has_message("hello"); }));
    const Inbound& got = acma_.events.messages.front();
    EXPECT_EQ(got.from, opta_.name());
    EXPECT_EQ(acma_.events.connected, std::vector<std::string>{"opta.nl"});

    EXPECT_EQ(acma_.transport->send(got.route, as_bytes("by route")), SendResult::kSent);
    EXPECT_EQ(acma_.transport->send(opta_.name(), as_bytes("by agency")), SendResult::kSent);
    ASSERT_TRUE(run_until(both_, [&] { return opta_.has_message("by agency"); }));
    EXPECT_TRUE(opta_.has_message("by route"));
    EXPECT_EQ(opta_.events.messages.front().from, acma_.name());
    EXPECT_EQ(opta_.events.messages.front().route, opta_.events.up.front());
    EXPECT_EQ(acma_.transport->link(opta_.name()).accepted, 1U);
    EXPECT_EQ(acma_.transport->stats().accepted, 1U);
}

TEST_F(TwoNodes, PreferTheConnectionTheyDialledThemselves) {
    admit_each_other();
    opta_.dial(acma_);
    acma_.dial(opta_);
    ASSERT_TRUE(opta_reaches_acma());
    ASSERT_TRUE(run_until(both_, [&] { return acma_.events.up.size() == 1; }));
    const Route dialled = acma_.events.up.front();
    opta_.transport->send(acma_.name(), as_bytes("a"));
    ASSERT_TRUE(run_until(both_, [&] { return acma_.events.up.size() == 2; }));
    acma_.transport->send(opta_.name(), as_bytes("b"));
    ASSERT_TRUE(run_until(both_, [&] { return opta_.has_message("b"); }));
    // It came by acma's own connection, which opta accepted, not by the one that opta dialled.
    EXPECT_NE(opta_.events.messages.front().route, opta_.events.up.front());
    EXPECT_EQ(acma_.transport->send(dialled, as_bytes("c")), SendResult::kSent);
}

TEST_F(TwoNodes, CarryAFrameOfTheGreatestSize) {
    admit_each_other();
    opta_.dial(acma_);
    ASSERT_TRUE(opta_reaches_acma());
    const Bytes frame(schema::kMaxFrame, 0x5a);
    EXPECT_EQ(opta_.transport->send(acma_.name(), frame), SendResult::kSent);
    ASSERT_TRUE(run_until(both_, [&] { return !acma_.events.messages.empty(); }));
    EXPECT_EQ(acma_.events.messages.front().payload, frame);
}

TEST_F(TwoNodes, SayThatAPeerIsUnreachable) {
    admit_each_other();
    EXPECT_EQ(opta_.transport->send(acma_.name(), as_bytes("x")), SendResult::kUnreachable);
    EXPECT_EQ(opta_.transport->send(Route{77}, as_bytes("x")), SendResult::kUnreachable);
    // Dialled, but nobody there: nothing is queued for a connection that does not stand.
    opta_.dial(acma_, {"tcp://127.0.0.1:1"});
    ASSERT_TRUE(run_until(both_, [&] {
        return opta_.transport->link(acma_.name()).dialled == Link::State::kConnecting;
    }));
    EXPECT_EQ(opta_.transport->send(acma_.name(), as_bytes("x")), SendResult::kUnreachable);
}

// Of whom no more than one message waits to leave.
class NarrowNodes : public TwoNodes {
  protected:
    NarrowNodes() : TwoNodes(narrow()) {}
};

TEST_F(NarrowNodes, SayThatAPeerTakesNoMoreBothWays) {
    admit_each_other();
    opta_.dial(acma_);
    ASSERT_TRUE(opta_reaches_acma());
    opta_.transport->send(acma_.name(), as_bytes("first"));
    ASSERT_TRUE(run_until(both_, [&] { return acma_.has_message("first"); }));
    // Neither side reads; so many of these may wait at the other end.
    const Bytes frame(schema::kMaxFrame / 4, 1);
    for (Node* from : both_) {
        const Agency& to = from == &opta_ ? acma_.name() : opta_.name();
        SendResult result = SendResult::kSent;
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (result == SendResult::kSent && std::chrono::steady_clock::now() < end) {
            result = from->transport->send(to, frame);
        }
        EXPECT_EQ(result, SendResult::kFull);
    }
    // Full is not for ever.
    ASSERT_TRUE(run_until(both_, [&] {
        return opta_.transport->send(acma_.name(), as_bytes("again")) == SendResult::kSent;
    }));
    ASSERT_TRUE(run_until(both_, [&] { return acma_.has_message("again"); }));
}

TEST_F(TwoNodes, FindEachOtherAgainAfterARestart) {
    const KeptPort port;
    auto before = std::make_unique<Node>("acma.example", port.options(), acma_.keys());
    before->admit({opta_.peer_key()});
    opta_.admit({acma_.peer_key()});
    opta_.dial(*before);
    ASSERT_TRUE(run_until({&opta_, before.get()}, [&] { return !opta_.events.up.empty(); }));
    before.reset();
    ASSERT_TRUE(run_until({&opta_}, [&] { return opta_.events.up.empty(); }));
    EXPECT_EQ(opta_.events.disconnected, std::vector<std::string>{"acma.example"});
    EXPECT_EQ(opta_.transport->send(acma_.name(), as_bytes("x")), SendResult::kUnreachable);

    Node reborn("acma.example", port.options(), acma_.keys());
    reborn.admit({opta_.peer_key()});
    ASSERT_TRUE(run_until({&opta_, &reborn}, [&] { return !opta_.events.up.empty(); }));
    EXPECT_EQ(opta_.transport->send(acma_.name(), as_bytes("back")), SendResult::kSent);
    ASSERT_TRUE(run_until({&opta_, &reborn}, [&] { return reborn.has_message("back"); }));
}

TEST_F(TwoNodes, GoOnUnderANewConnectionKeyOfWhichThePeerKnows) {
    const KeyPair next = make_keys();
    const std::vector<Key> named{acma_.keys().open, next.open};
    acma_.admit({opta_.peer_key()});
    Options options = quick_options();
    options.patience = 200ms;
    Node peer(opta_.name().text(), options, opta_.keys());
    peer.admit({acma_.peer_key(), {acma_.name(), next.open}});
    ASSERT_TRUE(peer.transport->dial(acma_.name(), named, {acma_.endpoint()}));
    const std::vector<Node*> both{&peer, &acma_};
    ASSERT_TRUE(run_until(both, [&] { return !peer.events.up.empty(); }));
    const std::string endpoint = acma_.endpoint();
    peer.transport->send(acma_.name(), as_bytes("before"));
    ASSERT_TRUE(run_until(both, [&] { return acma_.has_message("before"); }));

    ASSERT_TRUE(acma_.transport->rekey(next.secret));
    EXPECT_TRUE(acma_.events.up.empty());
    EXPECT_EQ(acma_.endpoint(), endpoint);
    EXPECT_EQ(acma_.transport->public_key(), next.open);
    ASSERT_TRUE(run_until(both, [&] { return peer.events.up.empty(); }));
    // Found by the key named second, without anybody having said that it is in use.
    ASSERT_TRUE(run_until(both, [&] { return !peer.events.up.empty(); }));
    peer.transport->send(acma_.name(), as_bytes("after"));
    ASSERT_TRUE(run_until(both, [&] { return acma_.has_message("after"); }));
    // The connection stands when the former key is named no more.
    const Route route = peer.events.up.front();
    ASSERT_TRUE(peer.transport->dial(acma_.name(), {next.open}, {endpoint}));
    EXPECT_EQ(peer.events.up.front(), route);
    // And our own dialling is under the new key too.
    ASSERT_TRUE(acma_.transport->dial(peer.name(), {peer.keys().open}, {peer.endpoint()}));
    ASSERT_TRUE(run_until(both, [&] { return acma_.events.up.size() == 2; }));
}

TEST_F(TwoNodes, ReportTheEndOfAnAcceptedConnection) {
    admit_each_other();
    opta_.dial(acma_);
    ASSERT_TRUE(opta_reaches_acma());
    opta_.transport->send(acma_.name(), as_bytes("hello"));
    ASSERT_TRUE(run_until(both_, [&] { return acma_.events.up.size() == 1; }));
    const Route route = acma_.events.up.front();
    opta_.transport->hang_up(acma_.name());
    EXPECT_TRUE(opta_.events.up.empty());
    ASSERT_TRUE(run_until(both_, [&] { return acma_.events.up.empty(); }));
    EXPECT_EQ(acma_.transport->send(route, as_bytes("x")), SendResult::kUnreachable);
    EXPECT_EQ(acma_.transport->send(opta_.name(), as_bytes("x")), SendResult::kUnreachable);
}

TEST_F(TwoNodes, ConnectOnceTheOtherSideHasAdmittedTheKey) {
    opta_.admit({acma_.peer_key()});
    opta_.dial(acma_);
    ASSERT_TRUE(run_until(both_, [&] {
        return opta_.transport->link(acma_.name()).dialled == Link::State::kRefused &&
               acma_.transport->stats().refused >= 2;
    }));
    EXPECT_TRUE(opta_.events.connected.empty());
    acma_.admit({opta_.peer_key()});
    EXPECT_TRUE(opta_reaches_acma());
}

TEST_F(TwoNodes, DialNobodyTheyHaveNotAdmitted) {
    acma_.admit({opta_.peer_key()});
    opta_.dial(acma_);
    for (int i = 0; i < 20; ++i) {
        opta_.loop().run_round(10ms);
        acma_.loop().run_round(0ms);
    }
    EXPECT_EQ(opta_.transport->link(acma_.name()).dialled, Link::State::kNotAdmitted);
    EXPECT_EQ(acma_.transport->stats().accepted, 0U);
    opta_.admit({acma_.peer_key()});
    EXPECT_TRUE(opta_reaches_acma());
}

TEST_F(TwoNodes, TryTheNextEndpointWhenOneIsDead) {
    Options options = quick_options();
    options.patience = 50ms;
    Node impatient("opc.example", options);
    impatient.admit({acma_.peer_key()});
    acma_.admit({impatient.peer_key()});
    RawPeer raw;
    void* deaf = raw.open(ZMQ_STREAM);  // takes the connection and never answers
    ASSERT_EQ(zmq_bind(deaf, "tcp://127.0.0.1:*"), 0);
    std::array<char, 64> endpoint{};
    std::size_t size = endpoint.size();
    ASSERT_EQ(zmq_getsockopt(deaf, ZMQ_LAST_ENDPOINT, endpoint.data(), &size), 0);
    impatient.dial(acma_, {"tcp://127.0.0.1:1", endpoint.data(), acma_.endpoint()});
    ASSERT_TRUE(run_until({&impatient, &acma_}, [&] {
        return impatient.transport->link(acma_.name()).dialled == Link::State::kConnected;
    }));
    EXPECT_EQ(impatient.transport->link(acma_.name()).endpoint, acma_.endpoint());
}

TEST_F(TwoNodes, ResolveNamesThemselves) {
    admit_each_other();
    const std::string endpoint = acma_.endpoint();
    const std::string port = endpoint.substr(endpoint.rfind(':'));
    opta_.dial(acma_, {"tcp://localhost" + port});
    EXPECT_TRUE(opta_reaches_acma());
}

TEST_F(TwoNodes, DialAgainOnlyWhenSomethingChanged) {
    admit_each_other();
    opta_.dial(acma_);
    ASSERT_TRUE(opta_reaches_acma());
    opta_.dial(acma_);
    EXPECT_TRUE(opta_.events.disconnected.empty());
    opta_.dial(acma_, {acma_.endpoint(), "tcp://127.0.0.1:1"});
    EXPECT_EQ(opta_.events.disconnected.size(), 1U);
    EXPECT_TRUE(opta_reaches_acma());
}

TEST_F(TwoNodes, RefuseEndpointsThatAreNone) {
    for (const char* text : {"ipc:///tmp/x", "tcp://127.0.0.1", "tcp://127.0.0.1:0",
                             "tcp://127.0.0.1:65536", "tcp://a b:5617", "tcp://:5617",
                             "tcp://[127.0.0.1]:5617", "tcp://[::1:5617", "tcp://x;y:1", ""}) {
        const auto dialled = opta_.transport->dial(acma_.name(), {acma_.keys().open}, {text});
        ASSERT_FALSE(dialled) << text;
        EXPECT_EQ(dialled.error().code, Code::kInvalidArgument);
    }
    EXPECT_FALSE(opta_.transport->dial(acma_.name(), {acma_.keys().open}, {}));
}

TEST_F(TwoNodes, MayHangUpAndDialAgainFromWithinACallback) {
    admit_each_other();
    opta_.dial(acma_);
    ASSERT_TRUE(opta_reaches_acma());
    opta_.transport->send(acma_.name(), as_bytes("hello"));
    opta_.events.react = [&](const Inbound&) {
        opta_.events.react = nullptr;
        opta_.transport->hang_up(acma_.name());
        opta_.dial(acma_);
    };
    acma_.events.react = [&](const Inbound& inbound) {
        acma_.transport->send(inbound.route, as_bytes("answer"));
    };
    ASSERT_TRUE(run_until(both_, [&] { return opta_.events.connected.size() == 2; }));
    EXPECT_EQ(opta_.events.disconnected.size(), 1U);
}

TEST(TransportOpen, NamesTheAddressItCannotListenOn) {
    const Node first("opta.nl");
    loop::SystemMonotonic clock;
    const auto loop = std::move(loop::Loop::create(clock).value());
    Recorder events;
    for (const std::string& bind : {first.endpoint(), std::string("ipc:///tmp/lapx-test"),
                                    std::string("tcp://no.such.interface:1")}) {
        Options options;
        options.bind = bind;
        const auto opened = Transport::open(*loop, clock, events, make_keys().secret, options);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Code::kConfigInvalid);
        EXPECT_NE(opened.error().context.find(bind), std::string::npos);
    }
}

TEST(TransportOpen, NeedsNoAddressToDial) {
    Options options = quick_options();
    options.bind = std::nullopt;
    Node dialler("opta.nl", options);
    Node acma("acma.example");
    dialler.admit({acma.peer_key()});
    acma.admit({dialler.peer_key()});
    EXPECT_EQ(dialler.endpoint(), "");
    dialler.dial(acma);
    EXPECT_TRUE(run_until({&dialler, &acma}, [&] { return !dialler.events.up.empty(); }));
}

TEST(TransportOpen, TestsItselfWithinASecondAlsoOnEveryAddress) {
    for (const char* bind : {"tcp://127.0.0.1:*", "tcp://*:*", "tcp://[::1]:*"}) {
        Options options = quick_options();
        options.bind = bind;
        const auto start = std::chrono::steady_clock::now();
        const Node node("opta.nl", options);
        EXPECT_LT(std::chrono::steady_clock::now() - start, 1s) << bind;
        EXPECT_EQ(node.transport->stats().refused, 0U);
    }
}

TEST(TransportClose, DoesNotWaitForAPeerThatTakesNothing) {
    Node opta("opta.nl", narrow());
    Node acma("acma.example");
    opta.admit({acma.peer_key()});
    acma.admit({opta.peer_key()});
    opta.dial(acma);
    ASSERT_TRUE(run_until({&opta, &acma}, [&] { return !opta.events.up.empty(); }));
    const Bytes frame(schema::kMaxFrame, 1);
    while (opta.transport->send(acma.name(), frame) == SendResult::kSent) {
    }
    const auto start = std::chrono::steady_clock::now();
    opta.transport.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

}  // namespace
}  // namespace lapx::transport
