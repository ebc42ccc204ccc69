#include "daemon/transport/way.hpp"

namespace lapx::transport {

Way::Way(const WayTools& tools, Endpoint target, Found found)
    : tools_(tools), target_(std::move(target)), found_(std::move(found)) {
    // Nothing but the proxy is ever asked or dialled where there is one.
    find(tools_.proxy ? *tools_.proxy : target_);
}

Way::~Way() {
    if (question_) {
        tools_.resolver.cancel(*question_);
    }
}

void Way::find(Endpoint hop) {
    if (auto numeric = hop.numeric()) {
        soon_ = tools_.loop.after(loop::Duration::zero(),
                                  [this, hop = std::move(*numeric)] { reached(hop); });
        return;
    }
    const std::string host = hop.host;
    question_ = tools_.resolver.ask(
        host, [this, hop = std::move(hop)](Result<std::string> address) mutable {
            question_.reset();
            if (!address && tools_.proxy) {
                tell(fail(Code::kIo, "no address for the proxy, " + hop.host));
            } else if (!address) {
                tell(tl::unexpected<Error>(address.error()));
            } else {
                reached({std::move(*address), std::move(hop.port)});
            }
        });
}

void Way::reached(const Endpoint& hop) {
    if (!tools_.proxy) {
        tell(hop);
        return;
    }
    auto tunnel = Tunnel::dig(tools_.loop, hop, target_, tools_.patience,
                              [this](Result<Endpoint> entrance) { tell(std::move(entrance)); });
    if (!tunnel) {
        tell(tl::unexpected<Error>(tunnel.error()));
        return;
    }
    tunnel_ = std::move(*tunnel);
}

// Last, always: it may destroy this.
void Way::tell(Result<Endpoint> numeric) {
    const Found found = std::exchange(found_, {});
    found(std::move(numeric));
}

}  // namespace lapx::transport
