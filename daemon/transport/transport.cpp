#include "daemon/transport/transport.hpp"

#include <algorithm>
#include <map>

#include "daemon/transport/dialled.hpp"
#include "daemon/transport/listener.hpp"
#include "daemon/transport/probe.hpp"
#include "daemon/transport/self_test.hpp"
#include "daemon/transport/turns.hpp"
#include "daemon/transport/zap.hpp"

namespace lapx::transport {
namespace {

// Long: a machine that has much else to do at its start is not unsafe.
constexpr std::chrono::seconds kSelfTestPatience{10};
// ZeroMQ gives a port back a moment after its socket was closed.
constexpr int kBindAttempts = 200;
constexpr int kBindPause = 10;  // ms

Result<std::vector<Endpoint>> parse_targets(const std::vector<Key>& keys,
                                            const std::vector<std::string>& endpoints) {
    std::vector<Endpoint> parsed;
    for (const std::string& text : endpoints) {
        LAPX_TRY_ASSIGN(Endpoint endpoint, Endpoint::parse(text));
        parsed.push_back(std::move(endpoint));
    }
    if (parsed.empty() || keys.empty()) {
        return fail(Code::kInvalidArgument, "no endpoint to dial, or no key");
    }
    return parsed;
}

// The probes of one request.
struct Probing {
    std::vector<schema::Reached> found;
    std::size_t outstanding;
    Probed done;
    std::vector<std::unique_ptr<Probe>> probes;
};

class ZmqTransport final : public Transport, private Host {
  public:
    static Result<std::unique_ptr<Transport>> open(loop::Loop& loop, const loop::Monotonic& clock,
                                                   Events& events,
                                                   std::span<const std::uint8_t, 32> secret,
                                                   const Options& options);

    void admit(Admitted admitted) override;
    Result<void> dial(const Agency& agency, const std::vector<Key>& server_keys,
                      std::vector<std::string> endpoints) override;
    Result<void> rekey(std::span<const std::uint8_t, 32> secret) override;
    Result<void> probe(const std::vector<Key>& keys, const std::vector<std::string>& endpoints,
                       Probed done) override;
    void hang_up(const Agency& agency) override;
    SendResult send(const Agency& agency, BytesView frame) override;
    SendResult send(Route route, BytesView frame) override;
    std::string bound_endpoint() const override { return listener_->endpoint(); }
    Key public_key() const override { return tools_->own_public; }
    Stats stats() const override;
    Link link(const Agency& agency) const override;

  private:
    ZmqTransport(loop::Loop& loop, Events& events, Context context, const Options& options)
        : loop_(loop), events_(events), options_(options), context_(std::move(context)) {}

    const Admitted& admitted() const override { return *in_force_; }
    Route open_route(Dialled* dialled) override;
    void came(const Agency& agency) override;
    void close_route(const Key& key, Route route) override {
        dialled_routes_.erase(route);
        stats_.lost += turns_.drop(key, route);
    }
    void take(Inbound inbound) override;
    Events& events() override { return events_; }
    Stats& counters() override { return stats_; }
    void mute(const Key& key) override;

    Result<void> start(const loop::Monotonic& clock, std::span<const std::uint8_t, 32> secret);
    Result<void> listen();
    Result<void> bind();
    void put_in_force();
    void deal_soon();
    void deal();
    void supervise();

    loop::Loop& loop_;
    Events& events_;
    Options options_;
    Stats stats_;
    Route last_route_;
    std::map<Route, Dialled*> dialled_routes_;
    Turns turns_;
    bool dealing_ = false;  // the watch below is set
    std::uint64_t self_test_refusals_ = 0;
    Admitted given_;                      // by admit()
    std::map<Key, loop::Instant> muted_;  // until when
    // Shared with the ZAP thread, which may still be reading an older one.
    std::shared_ptr<const Admitted> in_force_ = std::make_shared<const Admitted>();

    // Sockets close before the handler stops, and the handler stops before the context ends.
    Context context_;
    std::unique_ptr<ZapHandler> zap_;
    std::unique_ptr<Resolver> resolver_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<DialTools> tools_;
    std::map<Agency, std::unique_ptr<Dialled>> dialled_;
    // Hung up, perhaps from within a callback of its own, and gone by the next supervision.
    std::vector<std::unique_ptr<Dialled>> hung_up_;
    // Gone by the supervision after their end.
    std::vector<std::unique_ptr<Probing>> probings_;
    loop::Watch supervision_;
    loop::Watch dealing_watch_;
};

Result<std::unique_ptr<Transport>> ZmqTransport::open(loop::Loop& loop,
                                                      const loop::Monotonic& clock, Events& events,
                                                      std::span<const std::uint8_t, 32> secret,
                                                      const Options& options) {
    LAPX_TRY_ASSIGN(Context context, Context::create());
    std::unique_ptr<ZmqTransport> transport(
        new ZmqTransport(loop, events, std::move(context), options));
    LAPX_TRY(transport->start(clock, secret));
    return std::unique_ptr<Transport>(std::move(transport));
}

Result<void> ZmqTransport::start(const loop::Monotonic& clock,
                                 std::span<const std::uint8_t, 32> secret) {
    LAPX_TRY_ASSIGN(zap_, ZapHandler::start(context_, clock));
    LAPX_TRY_ASSIGN(resolver_, Resolver::create(loop_));
    LAPX_TRY_ASSIGN(listener_, Listener::open(context_, *this, secret, options_));
    LAPX_TRY_ASSIGN(const Key own_public, curve_public_key(listener_->socket()));
    WayTools ways{loop_, *resolver_, std::nullopt, options_.patience};
    if (options_.socks) {
        LAPX_TRY_ASSIGN(ways.proxy, Endpoint::parse("tcp://" + *options_.socks));
    }
    tools_ = std::make_unique<DialTools>(DialTools{loop_, context_, std::move(ways), *this,
                                                   options_, listener_->socket(), own_public});
    if (options_.bind) {
        LAPX_TRY(listener_->bind(*options_.bind));
    }
    LAPX_TRY(listen());
    supervision_ = loop_.every(options_.supervision, [this] { supervise(); });
    return {};
}

// Once the listener is bound.
Result<void> ZmqTransport::listen() {
    if (options_.bind) {
        // Whatever port was chosen stays.
        options_.bind = listener_->endpoint();
        LAPX_TRY(
            expect_refusal(context_, listener_->endpoint(), tools_->own_public, kSelfTestPatience));
        ++self_test_refusals_;
    }
    return listener_->watch(loop_);
}

Result<void> ZmqTransport::bind() {
    for (int attempt = 1; options_.bind; ++attempt) {
        auto bound = listener_->bind(*options_.bind);
        if (bound || attempt == kBindAttempts) {
            return bound;
        }
        zmq_poll(nullptr, 0, kBindPause);
    }
    return {};
}

Result<void> ZmqTransport::rekey(std::span<const std::uint8_t, 32> secret) {
    LAPX_TRY_ASSIGN(auto next, Listener::open(context_, *this, secret, options_));
    LAPX_TRY_ASSIGN(const Key own_public, curve_public_key(next->socket()));
    while (!dialled_.empty()) {
        hang_up(Agency(dialled_.begin()->first));
    }
    listener_->hang_up();
    listener_ = std::move(next);
    tools_->own = listener_->socket();
    tools_->own_public = own_public;
    LAPX_TRY(bind());
    return listen();
}

void ZmqTransport::came(const Agency& agency) {
    if (const auto found = dialled_.find(agency); found != dialled_.end()) {
        found->second->forget_refusal();
    }
}

Route ZmqTransport::open_route(Dialled* dialled) {
    ++last_route_.id;
    if (dialled != nullptr) {
        dialled_routes_.emplace(last_route_, dialled);
    }
    return last_route_;
}

void ZmqTransport::take(Inbound inbound) {
    const Key key = inbound.key;
    if (turns_.add(std::move(inbound)) > options_.max_waiting) {
        ++stats_.swamping;
        mute(key);
    }
    deal_soon();
}

// In this round, once all that is ready was read, or in the next one.
void ZmqTransport::deal_soon() {
    if (!std::exchange(dealing_, true)) {
        dealing_watch_ = loop_.after(loop::Duration::zero(), [this] { deal(); });
    }
}

void ZmqTransport::deal() {
    dealing_ = false;
    for (int i = 0; i < kMessagesPerRound; ++i) {
        auto inbound = turns_.next();
        if (!inbound) {
            return;
        }
        listener_->delivered(inbound->route, inbound->payload.size());
        if (const auto dialled = dialled_routes_.find(inbound->route);
            dialled != dialled_routes_.end()) {
            dialled->second->delivered(inbound->payload.size());
        }
        // The admission may have been withdrawn since it was read.
        if (in_force_->names(inbound->from, inbound->key)) {
            events_.on_message(std::move(*inbound));
        } else {
            ++stats_.not_admitted;
        }
    }
    deal_soon();
}

void ZmqTransport::admit(Admitted admitted) {
    given_ = std::move(admitted);
    put_in_force();
}

void ZmqTransport::mute(const Key& key) {
    if (muted_.insert_or_assign(key, loop_.now() + options_.mute).second) {
        ++stats_.muted;
    }
    put_in_force();
}

// New handshakes first, then the connections that stand.
void ZmqTransport::put_in_force() {
    auto next = std::make_shared<Admitted>(given_);
    for (const auto& [key, until] : muted_) {
        next->remove(key);
    }
    in_force_ = std::move(next);
    zap_->publish(in_force_);
    listener_->enforce();
    std::vector<Dialled*> all;
    for (const auto& [agency, dialled] : dialled_) {
        all.push_back(dialled.get());
    }
    for (Dialled* dialled : all) {
        dialled->enforce();
    }
}

Result<void> ZmqTransport::dial(const Agency& agency, const std::vector<Key>& server_keys,
                                std::vector<std::string> endpoints) {
    LAPX_TRY_ASSIGN(std::vector<Endpoint> parsed, parse_targets(server_keys, endpoints));
    const auto found = dialled_.find(agency);
    if (found != dialled_.end() && found->second->takes(server_keys, parsed)) {
        return {};
    }
    hang_up(agency);
    auto dialled = std::make_unique<Dialled>(*tools_, agency, server_keys, std::move(parsed));
    dialled->supervise(loop_.now());
    dialled_.insert_or_assign(agency, std::move(dialled));
    return {};
}

Result<void> ZmqTransport::probe(const std::vector<Key>& keys,
                                 const std::vector<std::string>& endpoints, Probed done) {
    LAPX_TRY_ASSIGN(std::vector<Endpoint> parsed, parse_targets(keys, endpoints));
    Probing& probing = *probings_.emplace_back(std::make_unique<Probing>(
        Probing{std::vector<schema::Reached>(parsed.size()), parsed.size(), std::move(done), {}}));
    for (std::size_t i = 0; i < parsed.size(); ++i) {
        probing.probes.push_back(std::make_unique<Probe>(
            *tools_, std::move(parsed[i]), keys, [&probing, i](schema::Reached reached) {
                probing.found[i] = reached;
                if (--probing.outstanding == 0) {
                    std::exchange(probing.done, {})(std::move(probing.found));
                }
            }));
    }
    return {};
}

void ZmqTransport::hang_up(const Agency& agency) {
    const auto found = dialled_.find(agency);
    if (found == dialled_.end()) {
        return;
    }
    Dialled& dialled = *hung_up_.emplace_back(std::move(found->second));
    dialled_.erase(found);
    dialled.hang_up();
}

SendResult ZmqTransport::send(const Agency& agency, BytesView frame) {
    const auto found = dialled_.find(agency);
    if (found != dialled_.end() && found->second->is_connected()) {
        return found->second->send(frame);
    }
    return listener_->send(agency, frame);
}

SendResult ZmqTransport::send(Route route, BytesView frame) {
    if (const auto result = listener_->send(route, frame)) {
        return *result;
    }
    const auto found = dialled_routes_.find(route);
    return found == dialled_routes_.end() ? SendResult::kUnreachable : found->second->send(frame);
}

Stats ZmqTransport::stats() const {
    Stats stats = stats_;
    stats.refused = zap_->refused() - self_test_refusals_;
    stats.over_quota = zap_->over_quota();
    return stats;
}

Link ZmqTransport::link(const Agency& agency) const {
    Link link;
    link.accepted = listener_->count(agency);
    if (const auto found = dialled_.find(agency); found != dialled_.end()) {
        link.dialled = found->second->state();
        link.endpoint = found->second->endpoint();
    }
    link.muted = std::any_of(muted_.begin(), muted_.end(),
                             [&](const auto& entry) { return given_.holds(agency, entry.first); });
    return link;
}

void ZmqTransport::supervise() {
    const loop::Instant now = loop_.now();
    hung_up_.clear();
    std::erase_if(probings_, [](const auto& probing) { return probing->outstanding == 0; });
    if (std::erase_if(muted_, [&](const auto& entry) { return entry.second <= now; }) > 0) {
        put_in_force();
    }
    listener_->supervise(now);
    std::vector<Dialled*> all;
    for (const auto& [agency, dialled] : dialled_) {
        all.push_back(dialled.get());
    }
    for (Dialled* dialled : all) {
        dialled->supervise(now);
    }
}

}  // namespace

Result<std::unique_ptr<Transport>> Transport::open(loop::Loop& loop, const loop::Monotonic& clock,
                                                   Events& events,
                                                   std::span<const std::uint8_t, 32> curve_secret,
                                                   const Options& options) {
    return ZmqTransport::open(loop, clock, events, curve_secret, options);
}

}  // namespace lapx::transport
