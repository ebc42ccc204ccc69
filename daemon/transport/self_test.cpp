#include "daemon/transport/self_test.hpp"

#include <array>

namespace lapx::transport {
namespace {

constexpr int kRefused = 400;  // ZAP's status

// A socket bound to every address is dialled at the loopback one.
std::string dialable(std::string endpoint) {
    for (const auto& [any, loopback] :
         {std::pair{"//0.0.0.0:", "//127.0.0.1:"}, std::pair{"//[::]:", "//[::1]:"}}) {
        if (const std::size_t at = endpoint.find(any); at != std::string::npos) {
            endpoint.replace(at, std::string_view(any).size(), loopback);
        }
    }
    return endpoint;
}

Result<loop::Socket> stranger(const Context& context, const Key& server_key) {
    LAPX_TRY_ASSIGN(loop::Socket socket, context.open(ZMQ_DEALER));
    std::array<char, kKeyTextSize> public_key{};
    std::array<char, kKeyTextSize> secret_key{};
    if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
        return zmq_failure("zmq_curve_keypair");
    }
    const auto octets = [](const auto& text) {
        return BytesView(as_bytes(std::string_view(text.data(), kKeyTextSize)));
    };
    LAPX_TRY(set_option(socket.get(), ZMQ_CURVE_PUBLICKEY, octets(public_key)));
    LAPX_TRY(set_option(socket.get(), ZMQ_CURVE_SECRETKEY, octets(secret_key)));
    LAPX_TRY(set_option(socket.get(), ZMQ_CURVE_SERVERKEY, BytesView(server_key)));
    return socket;
}

}  // namespace

Result<void> expect_refusal(const Context& context, const std::string& endpoint,
                            const Key& server_key, std::chrono::milliseconds patience) {
    LAPX_TRY_ASSIGN(const loop::Socket socket, stranger(context, server_key));
    LAPX_TRY_ASSIGN(Monitor monitor,
                    Monitor::open(context, socket.get(),
                                  ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH));
    if (is_ipv6(endpoint)) {
        LAPX_TRY(set_option(socket.get(), ZMQ_IPV6, 1));
    }
    if (zmq_connect(socket.get(), dialable(endpoint).c_str()) != 0) {
        return zmq_failure("dialling " + endpoint);
    }
    zmq_pollitem_t item{monitor.socket().get(), 0, ZMQ_POLLIN, 0};
    zmq_poll(&item, 1, patience.count());
    const auto event = monitor.next();
    if (!event) {
        return fail(Code::kSelfTestFailed, "nobody refused a stranger at " + endpoint);
    }
    if (event->what != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH || event->value != kRefused) {
        return fail(Code::kSelfTestFailed, "a stranger was admitted at " + endpoint);
    }
    return {};
}

}  // namespace lapx::transport
