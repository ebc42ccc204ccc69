#pragma once
// The little of ZeroMQ that transport uses, owned and checked: context, message, monitor, options.
// Only this folder includes it.

#include <zmq.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "daemon/loop/socket.hpp"
#include "daemon/transport/transport.hpp"
#include "schema/base/bytes.hpp"

namespace lapx::transport {

// What CURVE adds to a frame on the wire: command name, nonce, authenticator, flags. MAXMSGSIZE
// counts it.
inline constexpr std::size_t kCurveOverhead = 33;
inline constexpr std::size_t kKeyTextSize = 41;  // Z85 with its NUL
// Messages dealt with in one round, so that no flood keeps timers and the other sockets waiting.
inline constexpr int kMessagesPerRound = 64;

tl::unexpected<Error> zmq_failure(const std::string& what);

// One I/O thread. Never used after a fork: helpers are started before it exists.
class Context {
  public:
    static Result<Context> create();
    Context(Context&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Context& operator=(Context&&) = delete;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    // Waits for its sockets to be closed, also by other threads.
    ~Context();

    void* get() const { return handle_; }
    // Every call on its sockets, in any thread, fails with ETERM from now on.
    void shut_down() { zmq_ctx_shutdown(handle_); }
    // With LINGER 0. Errors: kIo (descriptors or sockets exhausted).
    Result<loop::Socket> open(int type) const;

  private:
    explicit Context(void* handle) : handle_(handle) {}
    void* handle_;
};

class Message {
  public:
    Message() { zmq_msg_init(&message_); }
    ~Message() { zmq_msg_close(&message_); }
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    zmq_msg_t* get() { return &message_; }
    BytesView bytes() {
        return {static_cast<const std::uint8_t*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
    }
    // Null if the connection has no such property.
    const char* property(const char* name) { return zmq_msg_gets(&message_, name); }

  private:
    zmq_msg_t message_;
};

// Takes one whole message without waiting: its first frames go into `frames`, any others are thrown
// away. Returns how many there were; 0 when there is no message.
std::size_t receive(void* socket, std::span<Message> frames);

// Whether a failed send would go through after all once the socket has taken in what the I/O thread
// told it: ZeroMQ looks only now and then by itself.
void take_in_commands(void* socket);

Result<void> set_option(void* socket, int option, int value);
Result<void> set_option(void* socket, int option, std::int64_t value);
Result<void> set_option(void* socket, int option, BytesView value);

// Queue and frame sizes, heartbeats, time to shake hands. What came in may wait in any number, and
// is bounded by Backlog: where ZeroMQ stops reading for it, libzmq 4.3.4 aborts the process if the
// connection ends then and a PING of either side comes next.
Result<void> set_limits(void* socket, const Options& options);

// `socket` becomes a CURVE server with this secret, in ZAP domain "lapx".
Result<void> make_curve_server(void* socket, std::span<const std::uint8_t, 32> secret);
// The public key of the secret that a CURVE server holds.
Result<Key> curve_public_key(void* server);
// `socket` becomes a CURVE client of `server_key`, with the key pair of `own`, a CURVE server of
// ours: ZeroMQ keeps the secret there anyway, so it is kept nowhere else.
Result<void> make_curve_client(void* socket, void* own, const Key& own_public,
                               const Key& server_key);
// ZMQ_IPV6 is wanted for such an endpoint.
bool is_ipv6(std::string_view endpoint);

// The life of one socket's connections, as ZeroMQ tells it.
class Monitor {
  public:
    struct Event {
        int what;   // ZMQ_EVENT_…
        int value;  // a descriptor, or a ZAP status
    };

    // Watches `events` of `socket`, which must outlive the monitor. Errors: kIo.
    static Result<Monitor> open(const Context& context, void* socket, int events);
    Monitor() = default;
    Monitor(Monitor&& other) noexcept
        : watched_(std::exchange(other.watched_, nullptr)), pair_(std::move(other.pair_)) {}
    Monitor& operator=(Monitor&& other) noexcept;
    ~Monitor() { close(); }
    void close();

    const loop::Socket& socket() const { return pair_; }
    std::optional<Event> next();

  private:
    void* watched_ = nullptr;
    loop::Socket pair_;
};

}  // namespace lapx::transport
