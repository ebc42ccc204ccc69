// Peers that break the rules: none of them is heard, and the honest go on.

#include <thread>

#include "daemon/transport/sockets.hpp"
#include "daemon/transport/tcp.hpp"
#include "daemon/transport/transport.hpp"
#include "schema/limits.hpp"
#include "tests/unit/daemon/transport/curve_by_hand.hpp"
#include "tests/unit/daemon/transport/node.hpp"

namespace lapx::transport {
namespace {

Options strict_options() {
    Options options = quick_options();
    options.high_water = 4;
    options.max_waiting = 5'000;
    return options;
}

// acma is under attack; opta is honest; mallory's key is admitted as mallory's.
class UnderAttack : public ::testing::Test {
  protected:
    explicit UnderAttack(const Options& options = strict_options())
        : acma_("acma.example", options) {
        acma_.admit({opta_.peer_key(), mallory()});
        opta_.admit({acma_.peer_key()});
    }
    PeerKey mallory() const { return {agency("mallory.example"), mallory_}; }
    ::testing::AssertionResult run(const std::function<bool()>& done) {
        return run_until({&acma_, &opta_}, done);
    }
    Stats stats() const { return acma_.transport->stats(); }
    ::testing::AssertionResult opta_is_heard() {
        opta_.dial(acma_);
        const std::string text = "honest " + std::to_string(++asked_);
        return run([&] {
            if (acma_.has_message(text)) {
                return true;
            }
            opta_.transport->send(acma_.name(), as_bytes(text));
            return false;
        });
    }
    std::size_t heard_from_mallory() const {
        return static_cast<std::size_t>(
            std::count_if(acma_.events.messages.begin(), acma_.events.messages.end(),
                          [](const Inbound& m) { return m.from.text() == "mallory.example"; }));
    }

    Node acma_;
    Node opta_{"opta.nl"};
    const KeyPair mallory_keys_ = make_keys();
    const Key mallory_ = mallory_keys_.open;
    RawPeer raw_;
    int asked_ = 0;
};

TEST_F(UnderAttack, NeverHearsAnUnknownKey) {
    void* stranger = raw_.dial(acma_, make_keys());
    RawPeer::send(stranger, {"let me in"});
    ASSERT_TRUE(run([&] { return stats().refused >= 1; }));
    ASSERT_TRUE(opta_is_heard());
    EXPECT_FALSE(acma_.has_message("let me in"));
    EXPECT_EQ(stats().accepted, 1U);
}

TEST_F(UnderAttack, NeverHearsAStrangerThatDialledBeforeItOpened) {
    const KeptPort port;
    void* stranger = raw_.open(ZMQ_DEALER);
    const KeyPair keys = make_keys();
    zmq_setsockopt(stranger, ZMQ_CURVE_SERVERKEY, acma_.keys().open.data(), 32);
    zmq_setsockopt(stranger, ZMQ_CURVE_PUBLICKEY, keys.open.data(), 32);
    zmq_setsockopt(stranger, ZMQ_CURVE_SECRETKEY, keys.secret.data(), 32);
    RawPeer::set(stranger, ZMQ_RECONNECT_IVL, 1);
    ASSERT_EQ(zmq_connect(stranger, port.endpoint().c_str()), 0);
    RawPeer::send(stranger, {"first!"});
    Node node("acma.example", port.options(), acma_.keys());
    ASSERT_TRUE(run_until({&node}, [&] { return node.transport->stats().refused >= 1; }));
    EXPECT_EQ(node.transport->stats().accepted, 0U);
    EXPECT_TRUE(node.events.messages.empty());
}

TEST_F(UnderAttack, NeverHearsAPeerWithoutCurve) {
    void* null_peer = raw_.open(ZMQ_DEALER);
    void* plain_peer = raw_.open(ZMQ_DEALER);
    zmq_setsockopt(plain_peer, ZMQ_PLAIN_USERNAME, "opta.nl", 7);
    zmq_setsockopt(plain_peer, ZMQ_PLAIN_PASSWORD, "x", 1);
    for (void* peer : {null_peer, plain_peer}) {
        ASSERT_EQ(zmq_connect(peer, acma_.endpoint().c_str()), 0);
        RawPeer::send(peer, {"no curve"});
    }
    ASSERT_TRUE(run([&] { return stats().unheard >= 2; }));
    ASSERT_TRUE(opta_is_heard());
    EXPECT_FALSE(acma_.has_message("no curve"));
}

TEST_F(UnderAttack, ShrugsOffGarbageOnThePort) {
    std::vector<std::unique_ptr<HandMadePeer>> peers;
    for (const std::string& garbage :
         {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string(4096, '\xff'),
          std::string(4096, '\0'), std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0CURVE", 17),
          std::string("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11)}) {
        peers.push_back(std::make_unique<HandMadePeer>());
        peers.back()->connect_to(acma_.endpoint());
        peers.back()->send_octets(garbage);
    }
    ASSERT_TRUE(opta_is_heard());
    EXPECT_EQ(stats().accepted, 1U);
}

TEST_F(UnderAttack, LosesTheConnectionOfAnOversizedFrame) {
    void* peer = raw_.dial(acma_, mallory_keys_);
    RawPeer::send(peer, {"small"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    RawPeer::send(peer, {std::string(schema::kMaxFrame + 1, 'x')});
    ASSERT_TRUE(run([&] { return acma_.events.disconnected.size() == 1; }));
    EXPECT_EQ(heard_from_mallory(), 1U);
    EXPECT_TRUE(opta_is_heard());
}

TEST_F(UnderAttack, LosesTheConnectionOfAMessageThatComesTwice) {
    HandMadePeer peer;
    peer.connect_to(acma_.endpoint());
    std::thread hands([&] {
        peer.shake_hands_as_client(acma_.keys().open, mallory_keys_.secret, mallory_,
                                   {{"Socket-Type", "DEALER"}, {"Identity", ""}});
        peer.send_message_twice("once");
    });
    EXPECT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    hands.join();
    EXPECT_TRUE(run([&] { return peer.is_closed(); }));
    EXPECT_EQ(heard_from_mallory(), 1U);
    EXPECT_TRUE(opta_is_heard());
}

// Connections, either end, over which so many octets were read.
std::ptrdiff_t connections_that_read(std::uint64_t octets) {
    std::ptrdiff_t count = 0;
    for (int fd = 0; fd < 1'024; ++fd) {
        count += octets_read(fd).value_or(0) >= octets ? 1 : 0;
    }
    return count;
}

// Waits until over so many connections so many octets were read.
::testing::AssertionResult are_read(std::ptrdiff_t connections, std::uint64_t octets) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (connections_that_read(octets) < connections) {
        if (std::chrono::steady_clock::now() > end) {
            return ::testing::AssertionFailure() << "not within the deadline";
        }
        std::this_thread::sleep_for(1ms);
    }
    return ::testing::AssertionSuccess();
}

TEST_F(UnderAttack, DealsWithPeersByTurnsHoweverManyConnectionsTheyHave) {
    constexpr std::size_t kEach = 100;
    const std::string text(100, 'x');
    std::vector<void*> sockets{raw_.dial(acma_, opta_.keys())};
    for (int i = 0; i < 4; ++i) {
        sockets.push_back(raw_.dial(acma_, mallory_keys_));
    }
    for (void* socket : sockets) {
        RawPeer::send(socket, {"first"});
    }
    ASSERT_TRUE(run([&] { return acma_.events.messages.size() == sockets.size(); }));
    // All of it waits in acma before it looks at any.
    std::ptrdiff_t filled = 0;
    for (void* socket : sockets) {
        for (std::size_t i = 0; i < kEach; ++i) {
            RawPeer::send(socket, {text});
        }
        ++filled;
        ASSERT_TRUE(are_read(filled, kEach * (text.size() + kCurveOverhead)));
    }
    const auto heard_from_opta = [&] {
        return acma_.events.messages.size() - heard_from_mallory();
    };
    std::size_t mallory_by_then = 0;
    acma_.events.react = [&](const Inbound&) {
        if (heard_from_opta() == 1 + kEach && mallory_by_then == 0) {
            mallory_by_then = heard_from_mallory();
        }
    };
    ASSERT_TRUE(run([&] { return acma_.events.messages.size() == sockets.size() * (1 + kEach); }));
    EXPECT_LE(mallory_by_then, 4 + kEach + kMessagesPerRound);
}

TEST_F(UnderAttack, IsNoFloodWhatCameAndWaits) {
    constexpr std::size_t kMany = 24;
    const std::string text(65'536, 'x');
    void* peer = raw_.dial(acma_, mallory_keys_);
    ASSERT_TRUE(run([&] { return stats().accepted == 1; }));
    for (std::size_t i = 0; i < kMany; ++i) {
        RawPeer::send(peer, {text});
    }
    // More than who was never heard may have waiting. acma looks at its connections before it deals
    // with any of it.
    ASSERT_TRUE(are_read(1, kMany * text.size()));
    ASSERT_TRUE(run([&] { return heard_from_mallory() == kMany; }));
    EXPECT_EQ(stats().floods, 0U);
    EXPECT_EQ(stats().muted, 0U);
}

// An attacker that is gone leaves nothing behind.
TEST_F(UnderAttack, LosesWhatWaitsWithItsConnection) {
    const std::string text(100'000, 'x');
    {
        RawPeer gone;
        void* peer = gone.dial(acma_, mallory_keys_);
        RawPeer::send(peer, {"first"});
        ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
        for (int i = 0; i < 30; ++i) {
            RawPeer::send(peer, {text});
        }
        ASSERT_TRUE(are_read(1, 30 * text.size()));
    }
    // ZeroMQ reports the end before it closes the descriptor.
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (connections_that_read(30 * text.size()) != 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), end);
        std::this_thread::sleep_for(1ms);
    }
    ASSERT_TRUE(run([&] { return acma_.events.disconnected.size() == 1; }));
    ASSERT_TRUE(opta_is_heard());
    EXPECT_EQ(heard_from_mallory(), 1U);
    EXPECT_EQ(stats().lost, 30U);
}

TEST_F(UnderAttack, ShutsOutWhoLetsTooMuchWait) {
    void* peer = raw_.dial(acma_, mallory_keys_);
    for (int i = 0; i < 8'000; ++i) {
        RawPeer::send(peer, {"x"});
    }
    ASSERT_TRUE(run([&] { return stats().muted == 1; }));
    EXPECT_EQ(stats().swamping, 1U);
    EXPECT_TRUE(opta_is_heard());
}

TEST_F(UnderAttack, OutlivesAConnectionThatEndsWhileItsMessagesWait) {
    for (int i = 0; i < 20; ++i) {
        HandMadePeer peer;
        peer.connect_to(acma_.endpoint());
        // Without the loop, which is what takes messages.
        peer.shake_hands_as_client(acma_.keys().open, mallory_keys_.secret, mallory_,
                                   {{"Socket-Type", "DEALER"}, {"Identity", ""}});
        peer.send_burst_and_reset();
        ASSERT_TRUE(opta_is_heard());
    }
    EXPECT_GT(heard_from_mallory() + stats().lost, 0U);  // else no burst was read before the reset
}

TEST_F(UnderAttack, MutesWhoSendsMoreThanOneFrame) {
    void* peer = raw_.dial(acma_, mallory_keys_);
    RawPeer::send(peer, {"fine"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    RawPeer::send(peer, {"two", "frames"});
    RawPeer::send(peer, {"and on"});
    ASSERT_TRUE(run([&] { return stats().multi_frame == 1; }));
    EXPECT_EQ(stats().muted, 1U);
    EXPECT_EQ(acma_.events.disconnected, std::vector<std::string>{"mallory.example"});
    // It reconnects and is refused.
    ASSERT_TRUE(run([&] { return stats().refused >= 1; }));
    ASSERT_TRUE(opta_is_heard());
    EXPECT_EQ(heard_from_mallory(), 1U);
}

class MutedBriefly : public UnderAttack {
  protected:
    MutedBriefly() : UnderAttack(brief()) {}
    static Options brief() {
        Options options = strict_options();
        options.mute = 50ms;
        return options;
    }
};

TEST_F(MutedBriefly, HearsTheSenderAgainAfterwards) {
    RawPeer::send(raw_.dial(acma_, mallory_keys_), {"two", "frames"});
    ASSERT_TRUE(run([&] { return stats().muted == 1; }));
    ASSERT_TRUE(run([&] {
        RawPeer again;
        RawPeer::send(again.dial(acma_, mallory_keys_), {"sorry"});
        return run_until(
                   {&acma_}, [&] { return heard_from_mallory() == 1; }, 1s) == true;
    }));
}

TEST_F(UnderAttack, CutsAMessageThatNeverEndsBeforeItFillsTheMemory) {
    void* peer = raw_.dial(acma_, mallory_keys_);
    RawPeer::set(peer, ZMQ_SNDHWM, 0);
    RawPeer::send(peer, {"hello"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    const std::vector<std::string> frames(200, std::string(schema::kMaxFrame, 'x'));
    RawPeer::send(peer, frames);
    ASSERT_TRUE(run([&] { return stats().floods == 1; }));
    EXPECT_EQ(stats().muted, 1U);
    EXPECT_EQ(stats().multi_frame, 0U);  // it never came to its end
    EXPECT_TRUE(opta_is_heard());
}

class UnfinishedMessages : public UnderAttack {
  protected:
    UnfinishedMessages() : UnderAttack(little_memory()) {}
    static Options little_memory() {
        Options options = quick_options();
        options.max_held = std::uint64_t{4} * 1024 * 1024;
        return options;
    }
    void shake_hands(HandMadePeer& peer) {
        peer.connect_to(acma_.endpoint());
        peer.shake_hands_as_client(acma_.keys().open, mallory_keys_.secret, mallory_,
                                   {{"Socket-Type", "DEALER"}, {"Identity", ""}});
    }
};

TEST_F(UnfinishedMessages, CostTheConnectionThatHasSaidNothingElse) {
    HandMadePeer peer;
    shake_hands(peer);
    peer.send_unfinished(25);
    ASSERT_TRUE(run([&] { return stats().floods == 1; }));
    EXPECT_TRUE(run([&] { return peer.is_closed(); }));
    EXPECT_EQ(stats().muted, 0U);  // it never said who it is
    EXPECT_TRUE(opta_is_heard());
}

TEST_F(UnfinishedMessages, CostTheLargestConnectionWhenTheyAreTooManyTogether) {
    std::array<HandMadePeer, 4> peers;
    for (std::size_t i = 0; i < peers.size(); ++i) {
        shake_hands(peers[i]);
        peers[i].send_message("hello");
        ASSERT_TRUE(run([&] { return heard_from_mallory() == i + 1; }));
    }
    for (HandMadePeer& peer : peers) {
        peer.send_unfinished(&peer == &peers[2] ? 25 : 20);
    }
    ASSERT_TRUE(run([&] { return stats().heavy >= 1; }));
    EXPECT_TRUE(run([&] { return peers[2].is_closed(); }));
    EXPECT_EQ(stats().heavy, 1U);
    EXPECT_EQ(stats().muted, 0U);
    EXPECT_EQ(acma_.events.disconnected, std::vector<std::string>{"mallory.example"});
    EXPECT_TRUE(opta_is_heard());
}

TEST_F(UnderAttack, MutesWhoChoosesARoutingId) {
    RawPeer::send(raw_.dial(acma_, mallory_keys_, "opta.nl"), {"it is me"});
    ASSERT_TRUE(run([&] { return stats().routing_id == 1; }));
    EXPECT_EQ(stats().muted, 1U);
    EXPECT_EQ(heard_from_mallory(), 0U);
    EXPECT_TRUE(opta_is_heard());
}

TEST_F(UnderAttack, CutsARevokedKeyOnAnOpenConnection) {
    void* peer = raw_.dial(acma_, mallory_keys_);
    RawPeer::send(peer, {"one"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    const Route route = acma_.events.up.back();
    acma_.admit({opta_.peer_key()});
    EXPECT_EQ(acma_.events.disconnected, std::vector<std::string>{"mallory.example"});
    EXPECT_EQ(acma_.transport->send(route, as_bytes("x")), SendResult::kUnreachable);
    RawPeer::send(peer, {"two"});
    // Its reconnection, which shows that it was cut.
    ASSERT_TRUE(run([&] { return stats().refused >= 1; }));
    ASSERT_TRUE(opta_is_heard());
    EXPECT_EQ(heard_from_mallory(), 1U);
}

TEST_F(UnderAttack, DropsWhatARevokedKeySentBefore) {
    void* peer = raw_.dial(acma_, mallory_keys_);
    RawPeer::send(peer, {"one"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    acma_.events.react = [&](const Inbound&) { acma_.admit({opta_.peer_key()}); };
    // Both lie in the queue when the first revokes the key.
    RawPeer::send(peer, {"two"});
    RawPeer::send(peer, {"three"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 2; }));
    ASSERT_TRUE(opta_is_heard());
    EXPECT_FALSE(acma_.has_message("three"));
}

TEST_F(UnderAttack, CutsTheOldKeyOfAnAgencyThatHasANewOne) {
    RawPeer::send(raw_.dial(acma_, mallory_keys_), {"old"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    const KeyPair fresh = make_keys();
    acma_.admit({opta_.peer_key(), {agency("mallory.example"), fresh.open}});
    EXPECT_EQ(acma_.events.disconnected.size(), 1U);
    RawPeer other;
    RawPeer::send(other.dial(acma_, fresh), {"new"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 2; }));
    EXPECT_TRUE(acma_.has_message("new"));
}

TEST_F(UnderAttack, KeepsOnlyAFewConnectionsOfOneKey) {
    constexpr std::size_t kTried = 7;
    for (std::size_t i = 1; i <= kTried; ++i) {
        RawPeer::send(raw_.dial(acma_, mallory_keys_), {"hello"});
        ASSERT_TRUE(run([&] { return heard_from_mallory() >= i; }));
    }
    EXPECT_LE(acma_.transport->link(agency("mallory.example")).accepted, 4U);
    EXPECT_GE(stats().crowded, 3U);
    EXPECT_TRUE(opta_is_heard());
}

TEST_F(UnderAttack, LimitsTheHandshakesOfOneKey) {
    for (int i = 0; i < 80; ++i) {
        raw_.dial(acma_, mallory_keys_);
    }
    ASSERT_TRUE(run([&] { return stats().over_quota > 0; }));
    EXPECT_TRUE(opta_is_heard());
}

class ImpatientWithSilence : public UnderAttack {
  protected:
    ImpatientWithSilence() : UnderAttack(impatient()) {}
    static Options impatient() {
        Options options = strict_options();
        options.silence = 100ms;
        return options;
    }
};

TEST_F(ImpatientWithSilence, CutsConnectionsThatSayNothing) {
    HandMadePeer tcp_only;
    tcp_only.connect_to(acma_.endpoint());
    HandMadePeer authenticated;
    authenticated.connect_to(acma_.endpoint());
    std::thread hands([&] {
        authenticated.shake_hands_as_client(acma_.keys().open, mallory_keys_.secret, mallory_,
                                            {{"Socket-Type", "DEALER"}, {"Identity", ""}});
    });
    EXPECT_TRUE(opta_is_heard());
    EXPECT_TRUE(run([&] { return stats().silent == 2; }));
    hands.join();
    EXPECT_TRUE(run([&] { return tcp_only.is_closed() && authenticated.is_closed(); }));
    EXPECT_TRUE(acma_.events.disconnected.empty());
}

class WithRoomForThree : public UnderAttack {
  protected:
    WithRoomForThree() : UnderAttack(small()) {}
    static Options small() {
        Options options = strict_options();
        options.max_connections = 3;
        return options;
    }
};

TEST_F(WithRoomForThree, CutsTheOldestSilentConnectionFirst) {
    ASSERT_TRUE(opta_is_heard());
    std::vector<std::unique_ptr<HandMadePeer>> peers;
    for (int i = 0; i < 20; ++i) {
        peers.push_back(std::make_unique<HandMadePeer>());
        peers.back()->connect_to(acma_.endpoint());
    }
    ASSERT_TRUE(run([&] { return stats().crowded >= 18; }));
    EXPECT_TRUE(run([&] { return peers.front()->is_closed(); }));
    EXPECT_FALSE(peers.back()->is_closed());
    EXPECT_TRUE(acma_.events.disconnected.empty());
}

TEST_F(UnderAttack, BelievesNoMetadataOfAClient) {
    HandMadePeer peer;
    peer.connect_to(acma_.endpoint());
    std::thread hands([&] {
        peer.shake_hands_as_client(acma_.keys().open, mallory_keys_.secret, mallory_,
                                   {{"Socket-Type", "DEALER"},
                                    {"Identity", ""},
                                    {"User-Id", "opta.nl"},
                                    {"Curve-Key", hex(opta_.keys().open)},
                                    {"__fd", "0"}});
        peer.send_message("I am opta");
    });
    EXPECT_TRUE(run([&] { return acma_.has_message("I am opta"); }));
    hands.join();
    ASSERT_FALSE(acma_.events.messages.empty());
    EXPECT_EQ(acma_.events.messages.front().from.text(), "mallory.example");
    EXPECT_EQ(acma_.transport->link(agency("mallory.example")).accepted, 1U);
}

TEST_F(UnderAttack, BelievesNoMetadataOfAServerThatItDialled) {
    HandMadePeer server;
    const std::string endpoint = server.listen_anywhere();
    std::thread hands([&] {
        server.take_connection();
        server.shake_hands_as_server(mallory_keys_.secret, {{"Socket-Type", "ROUTER"},
                                                            {"Identity", ""},
                                                            {"User-Id", "opta.nl"},
                                                            {"Curve-Key", hex(opta_.keys().open)}});
        server.send_message("I am opta");
    });
    ASSERT_TRUE(acma_.transport->dial(mallory().agency, {mallory_}, {endpoint}));
    EXPECT_TRUE(run([&] { return acma_.has_message("I am opta"); }));
    hands.join();
    ASSERT_FALSE(acma_.events.messages.empty());
    EXPECT_EQ(acma_.events.messages.front().from.text(), "mallory.example");
}

// A ROUTER of libzmq's as the server that acma dials.
class DiallingMallory : public UnderAttack {
  protected:
    DiallingMallory() {
        server_ = raw_.open(ZMQ_ROUTER);
        RawPeer::set(server_, ZMQ_CURVE_SERVER, 1);
        zmq_setsockopt(server_, ZMQ_CURVE_SECRETKEY, mallory_keys_.secret.data(), 32);
        EXPECT_EQ(zmq_bind(server_, "tcp://127.0.0.1:*"), 0);
        std::array<char, 64> endpoint{};
        std::size_t size = endpoint.size();
        EXPECT_EQ(zmq_getsockopt(server_, ZMQ_LAST_ENDPOINT, endpoint.data(), &size), 0);
        EXPECT_TRUE(acma_.transport->dial(mallory().agency, {mallory_}, {endpoint.data()}));
        EXPECT_TRUE(run([&] { return acma_.events.up.size() == 1; }));
        acma_.transport->send(mallory().agency, as_bytes("hello"));
        std::array<char, 64> buffer{};
        const int id_size = zmq_recv(server_, buffer.data(), buffer.size(), 0);
        acma_id_.assign(buffer.data(), static_cast<std::size_t>(id_size));
        zmq_recv(server_, buffer.data(), buffer.size(), 0);
    }
    void* server_;
    std::string acma_id_;
};

TEST_F(DiallingMallory, MutesAServerThatSendsMoreThanOneFrame) {
    RawPeer::send(server_, {acma_id_, "fine"});
    ASSERT_TRUE(run([&] { return heard_from_mallory() == 1; }));
    RawPeer::send(server_, {acma_id_, "two", "frames"});
    RawPeer::send(server_, {acma_id_, "and on"});
    ASSERT_TRUE(run([&] { return stats().multi_frame == 1; }));
    EXPECT_EQ(acma_.events.disconnected.size(), 1U);
    ASSERT_TRUE(opta_is_heard());
    EXPECT_EQ(heard_from_mallory(), 1U);
    EXPECT_EQ(acma_.transport->link(mallory().agency).dialled, Link::State::kNotAdmitted);
}

TEST_F(DiallingMallory, HangsUpWhenTheKeyIsRevoked) {
    acma_.admit({opta_.peer_key()});
    EXPECT_EQ(acma_.events.disconnected.size(), 1U);
    EXPECT_EQ(acma_.transport->send(mallory().agency, as_bytes("x")), SendResult::kUnreachable);
    ASSERT_TRUE(opta_is_heard());
    EXPECT_EQ(acma_.transport->link(mallory().agency).dialled, Link::State::kNotAdmitted);
}

TEST_F(DiallingMallory, CutsAServerWhoseMessageNeverEnds) {
    RawPeer::set(server_, ZMQ_SNDHWM, 0);
    std::vector<std::string> frames(200, std::string(schema::kMaxFrame, 'x'));
    frames.front() = acma_id_;
    RawPeer::send(server_, frames);
    ASSERT_TRUE(run([&] { return stats().floods == 1; }));
    EXPECT_EQ(acma_.events.disconnected.size(), 1U);
    EXPECT_TRUE(opta_is_heard());
}

}  // namespace
}  // namespace lapx::transport
