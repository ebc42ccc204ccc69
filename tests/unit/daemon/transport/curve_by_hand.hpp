#pragma once
// ZMTP 3.0 with CURVE (ZeroMQ RFC 23, 26) by hand, for peers that say in their metadata what
// libzmq would never let them say. Blocking; every call fails the test by throwing.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "daemon/transport/admitted.hpp"
#include "schema/base/bytes.hpp"

namespace lapx::transport {

using Metadata = std::vector<std::pair<std::string, std::string>>;

class HandMadePeer {
  public:
    HandMadePeer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{20, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        crypto_box_keypair(short_public_.data(), short_secret_.data());
    }
    ~HandMadePeer() {
        close(fd_);
        close(listening_);
    }
    HandMadePeer(const HandMadePeer&) = delete;
    HandMadePeer& operator=(const HandMadePeer&) = delete;

    // Plain TCP.
    void connect_to(const std::string& endpoint) {
        const sockaddr_in address = loopback(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
        check(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    std::string listen_anywhere() {
        listening_ = std::exchange(fd_, -1);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        check(bind(listening_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        check(listen(listening_, 8) == 0);
        check(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        return "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    void take_connection() {
        fd_ = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        check(fd_ >= 0);
    }
    void send_octets(std::string_view octets) {
        check(::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(octets.size()));
    }
    // True once the other side has closed or reset the connection; what it says is thrown away.
    bool is_closed() {
        std::array<char, 512> buffer{};
        const ssize_t count = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return count == 0 || (count < 0 && errno != EAGAIN);
    }

    // CURVE client of `server_key`, with `secret`/`open` as its key.
    void shake_hands_as_client(const Key& server_key, const Key& secret, const Key& open,
                               const Metadata& metadata) {
        greet(false);
        send_command(std::string("\x05HELLO\x01\x00", 8) + std::string(72, '\0') +
                     text(short_public_) + short_nonce(1) +
                     box(std::string(64, '\0'), "CurveZMQHELLO---" + short_nonce(1), server_key,
                         short_secret_));
        const std::string welcome = receive_frame().substr(8);
        const std::string inner = unbox(welcome.substr(16), "WELCOME-" + welcome.substr(0, 16),
                                        server_key, short_secret_);
        std::memcpy(their_short_.data(), inner.data(), their_short_.size());
        const std::string vouch_nonce(16, 'v');
        const std::string vouch = box(text(short_public_) + text(server_key),
                                      "VOUCH---" + vouch_nonce, their_short_, secret);
        send_command("\x08INITIATE" + inner.substr(32) + short_nonce(2) +
                     box(text(open) + vouch_nonce + vouch + encode(metadata),
                         "CurveZMQINITIATE" + short_nonce(2), their_short_, short_secret_));
        check(receive_frame().starts_with("\x05READY"));
        message_nonce_ = "CurveZMQMESSAGEC";
    }

    // CURVE server whose long-term secret is `secret`; admits whoever comes.
    void shake_hands_as_server(const Key& secret, const Metadata& metadata) {
        greet(true);
        const std::string hello = receive_frame();
        std::memcpy(their_short_.data(), hello.data() + 80, their_short_.size());
        const std::string nonce(16, 'w');
        send_command("\x07WELCOME" + nonce +
                     box(text(short_public_) + std::string(96, 'c'), "WELCOME-" + nonce,
                         their_short_, secret));
        check(receive_frame().starts_with("\x08INITIATE"));
        send_command("\x05READY" + short_nonce(1) +
                     box(encode(metadata), "CurveZMQREADY---" + short_nonce(1), their_short_,
                         short_secret_));
        message_nonce_ = "CurveZMQMESSAGES";
    }

    void send_message(const std::string& payload) { send_message_frame('\0', payload); }
    // Many messages and a PING at once, and then a reset.
    void send_burst_and_reset() {
        std::string burst;
        for (int i = 0; i < 200; ++i) {
            burst += message_frame('\0', "x");
        }
        send_octets(burst + message_frame('\x02', std::string("\4PING\0\0", 7)));
        const linger none{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(std::exchange(fd_, -1));
    }
    // With the nonce of the one before.
    void send_message_twice(const std::string& payload) {
        send_message(payload);
        --nonce_;
        send_message(payload);
    }
    // So many frames of 60,000 octets, of a message that has more of them.
    void send_unfinished(int frames) {
        for (int i = 0; i < frames; ++i) {
            send_message_frame('\x01', std::string(60'000, 'x'));
        }
    }

  private:
    static void check(bool ok) {
        if (!ok) {
            throw std::runtime_error("the hand-made peer is stuck");
        }
    }
    static sockaddr_in loopback(int port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static std::string text(const Key& key) {
        return {reinterpret_cast<const char*>(key.data()), key.size()};
    }
    static std::string short_nonce(std::uint8_t value) {
        return std::string(7, '\0') + static_cast<char>(value);
    }
    static std::string encode(const Metadata& metadata) {
        std::string out;
        for (const auto& [name, value] : metadata) {
            out += static_cast<char>(name.size()) + name + std::string(3, '\0') +
                   static_cast<char>(value.size()) + value;
        }
        return out;
    }
    static const unsigned char* octets(const std::string& text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    }
    static std::string box(const std::string& plain, const std::string& nonce, const Key& to,
                           const Key& secret) {
        std::string out(plain.size() + crypto_box_MACBYTES, '\0');
        check(nonce.size() == crypto_box_NONCEBYTES &&
              crypto_box_easy(reinterpret_cast<unsigned char*>(out.data()), octets(plain),
                              plain.size(), octets(nonce), to.data(), secret.data()) == 0);
        return out;
    }
    static std::string unbox(const std::string& boxed, const std::string& nonce, const Key& from,
                             const Key& secret) {
        std::string out(boxed.size() - crypto_box_MACBYTES, '\0');
        check(crypto_box_open_easy(reinterpret_cast<unsigned char*>(out.data()), octets(boxed),
                                   boxed.size(), octets(nonce), from.data(), secret.data()) == 0);
        return out;
    }
    void greet(bool as_server) {
        std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0", 12);
        greeting += "CURVE" + std::string(15, '\0');
        greeting += as_server ? '\x01' : '\0';
        greeting.resize(64);
        send_octets(greeting);
        receive_octets(64);
    }
    std::string receive_octets(std::size_t count) {
        std::string out(count, '\0');
        check(recv(fd_, out.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count));
        return out;
    }
    std::string receive_frame() {
        const std::string head = receive_octets(2);
        if ((head[0] & 2) == 0) {
            return receive_octets(static_cast<std::uint8_t>(head[1]));
        }
        const std::string rest = receive_octets(7);
        return receive_octets(static_cast<std::size_t>(static_cast<std::uint8_t>(rest[5])) << 8U |
                              static_cast<std::uint8_t>(rest[6]));
    }
    void send_message_frame(char flags, const std::string& payload) {
        send_octets(message_frame(flags, payload));
    }
    std::string message_frame(char flags, const std::string& payload) {
        const std::string nonce = short_nonce(++nonce_);
        return frame(0,
                     "\x07MESSAGE" + nonce +
                         box(flags + payload, message_nonce_ + nonce, their_short_, short_secret_));
    }
    void send_command(const std::string& body) { send_octets(frame(4, body)); }
    static std::string frame(char flags, const std::string& body) {
        std::string out;
        if (body.size() < 256) {
            out = {flags, static_cast<char>(body.size())};
        } else {
            out = std::string(1, static_cast<char>(flags | 2)) + std::string(6, '\0') +
                  static_cast<char>(body.size() >> 8U) + static_cast<char>(body.size());
        }
        return out + body;
    }

    int fd_;
    int listening_ = -1;
    Key short_public_{};
    Key short_secret_{};
    Key their_short_{};
    std::uint8_t nonce_ = 2;
    std::string message_nonce_;
};

}  // namespace lapx::transport
