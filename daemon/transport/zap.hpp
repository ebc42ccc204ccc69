#pragma once
// Answers ZeroMQ's question "may this CURVE key connect?" (ZAP, RFC 27) on a thread of its own,
// from an immutable snapshot in memory. Without a handler ZeroMQ admits every key, so it must stand
// before a socket binds, and its death ends the process.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "daemon/loop/monotonic.hpp"
#include "daemon/transport/admitted.hpp"
#include "daemon/transport/sockets.hpp"

namespace lapx::transport {

// The property of a message that holds the lower-case hex of the CURVE key it came with; beside it
// stands "User-Id", the agency. ZeroMQ lets no peer override either on a ROUTER.
constexpr const char* kKeyProperty = "Curve-Key";
constexpr const char* kUserIdProperty = "User-Id";

class ZapHandler {
  public:
    // Nobody is admitted until the first publish(). `clock` is asked from the handler's thread and
    // must outlive it. Errors: kIo (a context has one handler).
    static Result<std::unique_ptr<ZapHandler>> start(Context& context,
                                                     const loop::Monotonic& clock);
    // Shuts the context down: no socket of it works without a handler.
    ~ZapHandler();
    ZapHandler(const ZapHandler&) = delete;
    ZapHandler& operator=(const ZapHandler&) = delete;

    // Handshakes that are answered from now on see this snapshot.
    void publish(std::shared_ptr<const Admitted> admitted);

    std::uint64_t refused() const { return refused_; }
    std::uint64_t over_quota() const { return over_quota_; }

  private:
    ZapHandler(Context& context, const loop::Monotonic& clock) : context_(context), clock_(clock) {}
    void serve(loop::Socket socket) noexcept;

    Context& context_;
    const loop::Monotonic& clock_;
    std::mutex mutex_;
    std::shared_ptr<const Admitted> admitted_ = std::make_shared<const Admitted>();
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> refused_ = 0;
    std::atomic<std::uint64_t> over_quota_ = 0;
    std::thread thread_;
};

}  // namespace lapx::transport
