#pragma once
// A way through a SOCKS5 proxy (RFC 1928, without authentication) to one endpoint: an entrance on
// this machine for ZeroMQ to dial, once, and a pump between that and the proxy. Host names go to
// the proxy as names. ZeroMQ's own SOCKS client is never used: it writes a proxy's answer past its
// buffer (docs/decisions/0010).
//
//   LAPX_TRY_ASSIGN(tunnel, Tunnel::dig(loop, proxy, target, patience, [&](auto entrance) { … }));

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/loop/loop.hpp"
#include "daemon/transport/resolver.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/descriptor.hpp"

namespace lapx::transport {

class Tunnel {
  public:
    // Gets the entrance once the proxy has reached the target. Errors: kIo, with the proxy's reason
    // or our own. Called from the loop, at most once; it may destroy the tunnel.
    using Ready = std::function<void(Result<Endpoint> entrance)>;

    // `proxy` is numeric. What is not ready after `patience` has failed. Errors: kIo.
    static Result<std::unique_ptr<Tunnel>> dig(loop::Loop& loop, const Endpoint& proxy,
                                               const Endpoint& target, loop::Duration patience,
                                               Ready ready);
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;
    // Ends what goes through it.
    ~Tunnel() = default;

  private:
    enum class Step : std::uint8_t { kConnecting, kGreeted, kAsked };

    // One of the two connections that are joined, and what it does not take in yet.
    struct End {
        Descriptor fd;
        std::uint32_t events = 0;  // that are watched for
        Bytes unsent;
        loop::Watch watch;
    };

    Tunnel(loop::Loop& loop, Endpoint target, Ready ready)
        : loop_(loop), target_(std::move(target)), ready_(std::move(ready)) {}
    Result<void> connect(const Endpoint& proxy);
    void negotiate();
    // Sends what the proxy is to read next.
    void say(BytesView octets, Step next);
    Bytes request() const;
    // Reads no more than `wanted` octets in all, so that nothing is taken from what follows. False
    // while they are not all there; then step over, or the tunnel has failed.
    bool has_answer(std::size_t wanted);
    void take_answer();
    Result<Endpoint> open_entrance();
    void enter();
    void fail_with(const std::string& why);
    void tell(Result<Endpoint> entrance);
    void collapse();

    void pump(End& from, End& to);
    bool flush(End& to);
    void watch(End& end, std::uint32_t events);
    void rewatch();

    loop::Loop& loop_;
    const Endpoint target_;
    Ready ready_;
    Step step_ = Step::kConnecting;
    // Version, reply, reserved, type, at most 1 + 255 octets of address, port.
    std::array<std::uint8_t, 262> answer_{};
    std::size_t answered_ = 0;
    Descriptor entrance_;
    loop::Watch entrance_watch_;
    loop::Watch deadline_;
    End proxy_;
    End local_;
};

}  // namespace lapx::transport
