#pragma once
// From the endpoint of a notice to an address that ZeroMQ can dial: its host name looked up, or a
// tunnel dug through the proxy, which then looks the name up.

#include <functional>
#include <memory>
#include <optional>

#include "daemon/transport/resolver.hpp"
#include "daemon/transport/tunnel.hpp"

namespace lapx::transport {

// What finding a way takes.
struct WayTools {
    loop::Loop& loop;
    Resolver& resolver;
    std::optional<Endpoint> proxy;
    loop::Duration patience;  // with the proxy
};

class Way {
  public:
    // Errors: kNotFound (no address for the name), kIo (the proxy). Called from the loop, later; it
    // may destroy the way.
    using Found = std::function<void(Result<Endpoint> numeric)>;

    // Keep it for as long as the connection. `tools` must outlive it.
    Way(const WayTools& tools, Endpoint target, Found found);
    Way(const Way&) = delete;
    Way& operator=(const Way&) = delete;
    ~Way();

  private:
    void find(Endpoint hop);
    void reached(const Endpoint& hop);
    void tell(Result<Endpoint> numeric);

    const WayTools& tools_;
    const Endpoint target_;
    Found found_;
    std::optional<std::uint64_t> question_;  // to the resolver
    std::unique_ptr<Tunnel> tunnel_;
    loop::Watch soon_;
};

}  // namespace lapx::transport
