#include "daemon/transport/sockets.hpp"

#include <string.h>  // NOLINT: explicit_bzero is not in <cstring>

#include <algorithm>
#include <array>
#include <cstring>

#include "schema/limits.hpp"

namespace lapx::transport {
namespace {

constexpr int kMaxSockets = 16384;  // three for each peer dialled
// ms; what we ask the peer to grant us between heartbeats. ZeroMQ is not right beyond a minute.
constexpr int kMaxTimeToLive = 60'000;
constexpr std::size_t kKeySize = 32;
}  // namespace

tl::unexpected<Error> zmq_failure(const std::string& what) {
    return fail(Code::kIo, what + ": " + zmq_strerror(zmq_errno()));
}

Result<Context> Context::create() {
    Context context(zmq_ctx_new());
    if (context.handle_ == nullptr) {
        return zmq_failure("zmq_ctx_new");
    }
    if (zmq_ctx_set(context.handle_, ZMQ_IO_THREADS, 1) != 0 ||
        zmq_ctx_set(context.handle_, ZMQ_BLOCKY, 0) != 0 ||
        zmq_ctx_set(context.handle_, ZMQ_MAX_SOCKETS, kMaxSockets) != 0) {
        return zmq_failure("zmq_ctx_set");
    }
    return context;
}

Context::~Context() {
    if (handle_ != nullptr) {
        while (zmq_ctx_term(handle_) != 0 && zmq_errno() == EINTR) {
        }
    }
}

Result<loop::Socket> Context::open(int type) const {
    loop::Socket socket(zmq_socket(handle_, type));
    if (!socket) {
        return zmq_failure("zmq_socket");
    }
    LAPX_TRY(set_option(socket.get(), ZMQ_LINGER, 0));
    return socket;
}

std::size_t receive(void* socket, std::span<Message> frames) {
    std::size_t count = 0;
    Message surplus;
    while (true) {
        Message& frame = count < frames.size() ? frames[count] : surplus;
        if (zmq_msg_recv(frame.get(), socket, ZMQ_DONTWAIT) < 0) {
            return 0;  // messages arrive whole, so this can only be the first frame
        }
        ++count;
        if (zmq_msg_more(frame.get()) == 0) {
            return count;
        }
    }
}

void take_in_commands(void* socket) {
    int events = 0;
    std::size_t size = sizeof events;
    zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
}

Result<void> set_option(void* socket, int option, int value) {
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0) {
        return zmq_failure("socket option " + std::to_string(option));
    }
    return {};
}

Result<void> set_option(void* socket, int option, std::int64_t value) {
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0) {
        return zmq_failure("socket option " + std::to_string(option));
    }
    return {};
}

Result<void> set_option(void* socket, int option, BytesView value) {
    if (zmq_setsockopt(socket, option, value.data(), value.size()) != 0) {
        return zmq_failure("socket option " + std::to_string(option));
    }
    return {};
}

Result<void> set_limits(void* socket, const Options& options) {
    const int beat = static_cast<int>(options.heartbeat.count());
    const auto max_frame = static_cast<std::int64_t>(schema::kMaxFrame + kCurveOverhead);
    LAPX_TRY(set_option(socket, ZMQ_SNDHWM, options.high_water));
    LAPX_TRY(set_option(socket, ZMQ_RCVHWM, 0));
    LAPX_TRY(set_option(socket, ZMQ_MAXMSGSIZE, max_frame));
    LAPX_TRY(set_option(socket, ZMQ_HEARTBEAT_IVL, beat));
    LAPX_TRY(set_option(socket, ZMQ_HEARTBEAT_TIMEOUT, 2 * beat));
    LAPX_TRY(set_option(socket, ZMQ_HEARTBEAT_TTL, std::min(4 * beat, kMaxTimeToLive)));
    return set_option(socket, ZMQ_HANDSHAKE_IVL, static_cast<int>(options.handshake.count()));
}

Result<void> make_curve_server(void* socket, std::span<const std::uint8_t, 32> secret) {
    LAPX_TRY(set_option(socket, ZMQ_CURVE_SERVER, 1));
    LAPX_TRY(set_option(socket, ZMQ_CURVE_SECRETKEY, BytesView(secret)));
    return set_option(socket, ZMQ_ZAP_DOMAIN, as_bytes("lapx"));
}

Result<Key> curve_public_key(void* server) {
    std::array<char, kKeyTextSize> secret{};
    std::array<char, kKeyTextSize> text{};
    std::size_t size = secret.size();
    Key key{};
    const bool ok = zmq_getsockopt(server, ZMQ_CURVE_SECRETKEY, secret.data(), &size) == 0 &&
                    zmq_curve_public(text.data(), secret.data()) == 0 &&
                    zmq_z85_decode(key.data(), text.data()) != nullptr;
    explicit_bzero(secret.data(), secret.size());
    if (!ok) {
        return zmq_failure("CURVE public key");
    }
    return key;
}

Result<void> make_curve_client(void* socket, void* own, const Key& own_public,
                               const Key& server_key) {
    std::array<std::uint8_t, kKeySize> secret{};
    std::size_t size = secret.size();
    if (zmq_getsockopt(own, ZMQ_CURVE_SECRETKEY, secret.data(), &size) != 0) {
        return zmq_failure("CURVE secret key");
    }
    const auto done = set_option(socket, ZMQ_CURVE_SECRETKEY, BytesView(secret));
    explicit_bzero(secret.data(), secret.size());
    LAPX_TRY(done);
    LAPX_TRY(set_option(socket, ZMQ_CURVE_PUBLICKEY, BytesView(own_public)));
    return set_option(socket, ZMQ_CURVE_SERVERKEY, BytesView(server_key));
}

bool is_ipv6(std::string_view endpoint) { return endpoint.find('[') != std::string_view::npos; }

Result<Monitor> Monitor::open(const Context& context, void* socket, int events) {
    // Names need only differ while in use, and sockets in use have different addresses.
    const std::string name = "inproc://monitor-" + std::to_string(std::hash<void*>{}(socket));
    LAPX_TRY_ASSIGN(loop::Socket pair, context.open(ZMQ_PAIR));
    if (zmq_socket_monitor(socket, name.c_str(), events) != 0) {
        return zmq_failure("zmq_socket_monitor");
    }
    Monitor monitor;
    monitor.watched_ = socket;
    monitor.pair_ = std::move(pair);
    if (zmq_connect(monitor.pair_.get(), name.c_str()) != 0) {
        return zmq_failure("connecting to a monitor");
    }
    return monitor;
}

Monitor& Monitor::operator=(Monitor&& other) noexcept {
    if (this != &other) {
        close();
        watched_ = std::exchange(other.watched_, nullptr);
        pair_ = std::move(other.pair_);
    }
    return *this;
}

void Monitor::close() {
    if (watched_ != nullptr) {
        zmq_socket_monitor(std::exchange(watched_, nullptr), nullptr, 0);
    }
    pair_.close();
}

std::optional<Monitor::Event> Monitor::next() {
    // Frame 1: u16 event and u32 value in the machine's own order; frame 2: the endpoint.
    std::array<Message, 2> frames;
    if (receive(pair_.get(), frames) != 2) {
        return std::nullopt;
    }
    const BytesView bytes = frames[0].bytes();
    std::uint16_t what = 0;
    std::int32_t value = 0;
    if (bytes.size() != sizeof what + sizeof value) {
        return std::nullopt;
    }
    std::memcpy(&what, bytes.data(), sizeof what);
    std::memcpy(&value, bytes.data() + sizeof what, sizeof value);
    return Event{what, value};
}

}  // namespace lapx::transport
