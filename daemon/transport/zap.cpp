#include "daemon/transport/zap.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "daemon/transport/handshake_quota.hpp"
#include "daemon/transport/quiet_thread.hpp"

namespace lapx::transport {
namespace {

// Frames of a request: version, request id, domain, address, routing id, mechanism, credentials.
constexpr std::size_t kRequestFrames = 7;
enum Frame : std::size_t { kVersion, kRequestId, kDomain, kMechanism = 5, kCredentials };

struct Verdict {
    // 200 admitted; 300 try again later (the peer is cut and reconnects by itself); 400 refused
    // (the peer stops); 500 not understood.
    const char* status;
    std::string user_id;
    std::string metadata;
};

// ZMTP's encoding of one property: u8 length, name, u32be length, value.
std::string encode_property(std::string_view name, std::string_view value) {
    std::string out;
    out.push_back(static_cast<char>(name.size()));
    out.append(name);
    out.append(3, '\0');
    out.push_back(static_cast<char>(value.size()));
    out.append(value);
    return out;
}

bool send_frame(void* socket, BytesView frame, int flags) {
    return zmq_send(socket, frame.data(), frame.size(), flags) >= 0;
}

bool send_reply(void* socket, BytesView request_id, const Verdict& verdict) {
    return send_frame(socket, as_bytes("1.0"), ZMQ_SNDMORE) &&
           send_frame(socket, request_id, ZMQ_SNDMORE) &&
           send_frame(socket, as_bytes(verdict.status), ZMQ_SNDMORE) &&
           send_frame(socket, {}, ZMQ_SNDMORE) &&
           send_frame(socket, as_bytes(verdict.user_id), ZMQ_SNDMORE) &&
           send_frame(socket, as_bytes(verdict.metadata), 0);
}

// A request that a CURVE server of ours made.
bool is_well_formed(std::array<Message, kRequestFrames>& frames, std::size_t count) {
    return count == kRequestFrames && as_text(frames[kVersion].bytes()) == "1.0" &&
           as_text(frames[kDomain].bytes()) == "lapx" &&
           as_text(frames[kMechanism].bytes()) == "CURVE" &&
           frames[kCredentials].bytes().size() == Key{}.size();
}

bool wait_for_request(void* socket) {
    zmq_pollitem_t item{socket, 0, ZMQ_POLLIN, 0};
    while (zmq_poll(&item, 1, -1) < 0) {
        if (zmq_errno() != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

Result<std::unique_ptr<ZapHandler>> ZapHandler::start(Context& context,
                                                      const loop::Monotonic& clock) {
    LAPX_TRY_ASSIGN(loop::Socket socket, context.open(ZMQ_REP));
    if (zmq_bind(socket.get(), "inproc://zeromq.zap.01") != 0) {
        return zmq_failure("binding the ZAP handler");
    }
    std::unique_ptr<ZapHandler> handler(new ZapHandler(context, clock));
    handler->thread_ = start_quiet_thread(
        [raw = handler.get(), moved = std::make_unique<loop::Socket>(std::move(socket))]() mutable {
            raw->serve(std::move(*moved));
        });
    return handler;
}

ZapHandler::~ZapHandler() {
    stopping_ = true;
    context_.shut_down();
    thread_.join();
}

void ZapHandler::publish(std::shared_ptr<const Admitted> admitted) {
    const std::lock_guard lock(mutex_);
    admitted_ = std::move(admitted);
}

// noexcept: an exception here ends the process, as any other death of the handler does.
void ZapHandler::serve(loop::Socket socket) noexcept {
    HandshakeQuota quota;
    const auto judge = [&](BytesView credentials) -> Verdict {
        Key key{};
        std::copy(credentials.begin(), credentials.end(), key.begin());
        std::shared_ptr<const Admitted> admitted;
        {
            const std::lock_guard lock(mutex_);
            admitted = admitted_;
        }
        const Agency* agency = admitted->find(key);
        if (agency == nullptr) {
            ++refused_;
            return {"400", {}, {}};
        }
        if (!quota.take(key, clock_.now())) {
            ++over_quota_;
            return {"300", {}, {}};
        }
        return {"200", agency->text(), encode_property(kKeyProperty, hex(key))};
    };
    while (wait_for_request(socket.get())) {
        std::array<Message, kRequestFrames> frames;
        const std::size_t count = receive(socket.get(), frames);
        if (count == 0) {
            continue;
        }
        const bool well_formed = is_well_formed(frames, count);
        const Verdict verdict =
            well_formed ? judge(frames[kCredentials].bytes()) : Verdict{"500", {}, {}};
        if (!send_reply(socket.get(), frames[kRequestId].bytes(), verdict)) {
            break;
        }
    }
    if (!stopping_) {
        std::fputs("lapxd: the ZAP handler died; nothing guards the socket any more\n", stderr);
        std::abort();
    }
}

}  // namespace lapx::transport
