// Dialling through a SOCKS5 proxy, honest and otherwise.

#include "daemon/transport/tunnel.hpp"

#include <arpa/inet.h>
#include <fcntl.h>

#include <array>
#include <cerrno>

#include "schema/limits.hpp"
#include "tests/unit/daemon/transport/node.hpp"

namespace lapx::transport {
namespace {

Descriptor listen_anywhere(std::uint16_t& port) {
    Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd.get(), 16), 0);
    EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
    return fd;
}

Descriptor connect_to(std::uint16_t port) {
    Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    return fd;
}

// The proxy's end of one connection, driven by hand.
class TunnelTest : public ::testing::Test {
  protected:
    TunnelTest()
        : loop_(std::move(loop::Loop::create(clock_).value())), proxy_(listen_anywhere(port_)) {}

    void dig(Endpoint target, loop::Duration patience = 20s) {
        auto tunnel = Tunnel::dig(*loop_, {"127.0.0.1", std::to_string(port_)}, target, patience,
                                  [this](Result<Endpoint> got) { outcome_ = std::move(got); });
        ASSERT_TRUE(tunnel) << tunnel.error().context;
        tunnel_ = std::move(*tunnel);
        ASSERT_TRUE(run_until([&] {
            peer_ = Descriptor(accept4(proxy_.get(), nullptr, nullptr, SOCK_NONBLOCK));
            return static_cast<bool>(peer_);
        }));
    }
    ::testing::AssertionResult run_until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) {
                return ::testing::AssertionFailure() << "not within the deadline";
            }
            loop_->run_round(1ms);
        }
        return ::testing::AssertionSuccess();
    }
    static std::string octets(std::initializer_list<int> list) {
        std::string out;
        for (const int octet : list) {
            out.push_back(static_cast<char>(octet));
        }
        return out;
    }
    static void say(const Descriptor& fd, std::string_view text) {
        EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    // Until so many octets have come.
    std::string hear(const Descriptor& fd, std::size_t size) {
        std::string out;
        EXPECT_TRUE(run_until([&] {
            std::array<char, 65536> buffer{};
            const ssize_t got = recv(fd.get(), buffer.data(),
                                     std::min(buffer.size(), size - out.size()), MSG_DONTWAIT);
            out.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            return out.size() == size;
        }));
        return out;
    }
    void greet() {
        EXPECT_EQ(hear(peer_, 3), octets({5, 1, 0}));
        say(peer_, octets({5, 0}));
    }
    void expect_failure(std::string_view word) {
        ASSERT_TRUE(run_until([&] { return outcome_.has_value(); }));
        ASSERT_FALSE(*outcome_);
        EXPECT_NE(outcome_->error().context.find(word), std::string::npos)
            << outcome_->error().context;
    }
    // Through the whole of a tunnel.
    void join() {
        dig({"192.0.2.7", "5617"});
        greet();
        hear(peer_, 10);
        say(peer_, kAccepted);
        ASSERT_TRUE(run_until([&] { return outcome_.has_value(); }));
        ASSERT_TRUE(*outcome_) << outcome_->error().context;
        local_ = connect_to(static_cast<std::uint16_t>(std::stoul((*outcome_)->port)));
    }

    const std::string kAccepted = octets({5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
    loop::SystemMonotonic clock_;
    std::unique_ptr<loop::Loop> loop_;
    std::uint16_t port_ = 0;
    Descriptor proxy_;
    std::optional<Result<Endpoint>> outcome_;
    std::unique_ptr<Tunnel> tunnel_;
    Descriptor peer_;   // what the proxy has accepted
    Descriptor local_;  // where ZeroMQ would be
};

TEST_F(TunnelTest, NamesAreTheProxysToLookUp) {
    dig({"opta.example", "5617"});
    greet();
    EXPECT_EQ(hear(peer_, 19), octets({5, 1, 0, 3, 12}) + "opta.example" + octets({0x15, 0xf1}));
}

TEST_F(TunnelTest, AddressesGoAsAddresses) {
    dig({"192.0.2.7", "5617"});
    greet();
    EXPECT_EQ(hear(peer_, 10), octets({5, 1, 0, 1, 192, 0, 2, 7, 0x15, 0xf1}));
    dig({"2001:db8::7", "1"});
    greet();
    EXPECT_EQ(hear(peer_, 22),
              octets({5, 1, 0, 4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 1}));
}

TEST_F(TunnelTest, CarriesBothWaysHoweverMuch) {
    join();
    std::string sent(8 * 1024 * 1024, 'x');
    for (std::size_t i = 0; i < sent.size(); ++i) {
        sent[i] = static_cast<char>(i * 31 + i / 4096);
    }
    for (const auto& [from, to] : {std::pair{&local_, &peer_}, std::pair{&peer_, &local_}}) {
        std::string got;
        std::size_t at = 0;
        ASSERT_TRUE(run_until([&, from = from, to = to] {
            const ssize_t put = send(from->get(), sent.data() + at, sent.size() - at, MSG_NOSIGNAL);
            at += static_cast<std::size_t>(std::max<ssize_t>(put, 0));
            std::array<char, 10'000> buffer{};
            const ssize_t taken = recv(to->get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            got.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(taken, 0)));
            return got.size() == sent.size();
        }));
        EXPECT_TRUE(got == sent);
    }
}

TEST_F(TunnelTest, WhatTheTargetSaysAtOnceIsNotTakenForTheAnswer) {
    dig({"192.0.2.7", "5617"});
    greet();
    hear(peer_, 10);
    say(peer_, kAccepted + "first words");
    ASSERT_TRUE(run_until([&] { return outcome_.has_value(); }));
    local_ = connect_to(static_cast<std::uint16_t>(std::stoul((*outcome_)->port)));
    EXPECT_EQ(hear(local_, 11), "first words");
}

// An answer of every length, octet by octet, with more behind it than any answer has.
TEST_F(TunnelTest, ReadsAnAnswerInPiecesAndNotBeyondIt) {
    const std::string behind(4096, 'A');
    for (const std::string& answer :
         {kAccepted, octets({5, 0, 0, 4}) + std::string(18, '\1'),
          octets({5, 0, 0, 3, 255}) + std::string(257, '\1'), octets({5, 0, 0, 3, 0, 0, 0})}) {
        outcome_.reset();
        dig({"opta.example", "5617"});
        greet();
        hear(peer_, 19);
        for (const char octet : answer) {
            EXPECT_FALSE(outcome_.has_value());
            say(peer_, std::string(1, octet));
            loop_->run_round(1ms);
        }
        ASSERT_TRUE(run_until([&] { return outcome_.has_value(); }));
        ASSERT_TRUE(*outcome_) << outcome_->error().context;
        say(peer_, behind);
        local_ = connect_to(static_cast<std::uint16_t>(std::stoul((*outcome_)->port)));
        EXPECT_EQ(hear(local_, behind.size()), behind);
    }
}

TEST_F(TunnelTest, AnswersThatAreNoneEndIt) {
    for (const auto& [answer, word] :
         {std::pair{octets({4, 0, 0, 1, 0, 0, 0, 0, 0, 0}), "not SOCKS5"},
          std::pair{octets({5, 0, 1, 1, 0, 0, 0, 0, 0, 0}), "not SOCKS5"},
          std::pair{octets({5, 0, 0, 2, 0, 0, 0, 0, 0, 0}), "not SOCKS5"},
          std::pair{octets({5, 5, 0, 1, 0, 0, 0, 0, 0, 0}), "refused there"},
          std::pair{octets({5, 77, 0, 1, 0, 0, 0, 0, 0, 0}), "no known reason"}}) {
        outcome_.reset();
        dig({"192.0.2.7", "5617"});
        greet();
        hear(peer_, 10);
        say(peer_, answer);
        expect_failure(word);
    }
}

TEST_F(TunnelTest, AProxyThatWantsAPasswordIsNamed) {
    dig({"192.0.2.7", "5617"});
    hear(peer_, 3);
    say(peer_, octets({5, 0xff}));
    expect_failure("password");
}

TEST_F(TunnelTest, AProxyThatGoesAwayOrSaysNothingEndsIt) {
    dig({"192.0.2.7", "5617"});
    hear(peer_, 3);
    peer_ = Descriptor();
    expect_failure("closed");
    outcome_.reset();
    dig({"192.0.2.7", "5617"}, 50ms);
    expect_failure("in time");
}

TEST_F(TunnelTest, WhenOneEndGoesSoDoesTheOther) {
    for (Descriptor* end : {&local_, &peer_}) {
        outcome_.reset();
        join();
        say(local_, "x");
        hear(peer_, 1);
        *end = Descriptor();
        const Descriptor& other = end == &local_ ? peer_ : local_;
        EXPECT_TRUE(run_until([&] {
            char octet = 0;
            const ssize_t got = recv(other.get(), &octet, 1, MSG_DONTWAIT);
            return got == 0 || (got < 0 && errno != EAGAIN);
        }));
    }
}

TEST_F(TunnelTest, ItsEntranceIsForOne) {
    join();
    say(local_, "x");
    hear(peer_, 1);
    const auto port = static_cast<std::uint16_t>(std::stoul((*outcome_)->port));
    Descriptor second(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_NE(connect(second.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
}

}  // namespace
}  // namespace lapx::transport
