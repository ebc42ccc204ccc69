#include "daemon/transport/probe.hpp"

namespace lapx::transport {
namespace {

// For the whole of one endpoint and key.
constexpr std::chrono::seconds kProbePatience{5};

}  // namespace

Probe::Probe(const DialTools& tools, Endpoint endpoint, std::vector<Key> keys, Done done)
    : tools_(tools),
      endpoint_(std::move(endpoint)),
      keys_(std::move(keys)),
      done_(std::move(done)) {
    start();
}

void Probe::start() {
    answered_ = false;
    deadline_ = tools_.loop.after(kProbePatience, [this] {
        finish(answered_ ? schema::Reached::kOtherKey : schema::Reached::kTimedOut);
    });
    way_.emplace(tools_.ways, endpoint_, [this](Result<Endpoint> numeric) {
        if (!numeric) {
            finish(numeric.error().code == Code::kNotFound ? schema::Reached::kNameUnknown
                                                           : schema::Reached::kRefused);
        } else if (!dial(*numeric)) {
            finish(schema::Reached::kTimedOut);  // out of descriptors
        }
    });
}

Result<void> Probe::dial(const Endpoint& numeric) {
    LAPX_TRY_ASSIGN(dealer_, tools_.context.open(ZMQ_DEALER));
    void* dealer = dealer_.get();
    const std::string address = numeric.text();
    LAPX_TRY(make_curve_client(dealer, tools_.own, tools_.own_public, keys_.front()));
    LAPX_TRY(set_limits(dealer, tools_.options));
    LAPX_TRY(set_option(dealer, ZMQ_RECONNECT_IVL, -1));
    if (is_ipv6(address)) {
        LAPX_TRY(set_option(dealer, ZMQ_IPV6, 1));
    }
    LAPX_TRY_ASSIGN(monitor_, Monitor::open(tools_.context, dealer, ZMQ_EVENT_ALL));
    LAPX_TRY_ASSIGN(monitor_watch_,
                    tools_.loop.add_socket(monitor_.socket(), [this] { read_monitor(); }));
    if (zmq_connect(dealer, address.c_str()) != 0) {
        return zmq_failure("dialling " + address);
    }
    return {};
}

void Probe::read_monitor() {
    while (const auto event = monitor_.next()) {
        switch (event->what) {
            case ZMQ_EVENT_CONNECTED:
                answered_ = true;
                break;
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
                finish(schema::Reached::kYes);
                return;
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:  // it has proved its key by then
                finish(schema::Reached::kNotAdmitted);
                return;
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            case ZMQ_EVENT_DISCONNECTED:
                try_next_key();
                return;
            case ZMQ_EVENT_CLOSED:
            case ZMQ_EVENT_CONNECT_RETRIED:
                if (!answered_) {
                    finish(schema::Reached::kRefused);
                    return;
                }
                break;
            default:
                break;
        }
    }
}

void Probe::try_next_key() {
    if (keys_.size() == 1) {
        finish(schema::Reached::kOtherKey);
        return;
    }
    hang_up();
    keys_.erase(keys_.begin());
    start();
}

// Last, always: it may destroy this.
void Probe::finish(schema::Reached reached) {
    deadline_.reset();
    hang_up();
    const Done done = std::exchange(done_, {});
    done(reached);
}

void Probe::hang_up() {
    monitor_watch_.reset();
    monitor_.close();
    dealer_.close();
    way_.reset();
}

}  // namespace lapx::transport
