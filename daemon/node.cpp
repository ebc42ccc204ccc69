#include "daemon/node.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <set>

#include <systemd/sd-daemon.h>

#include "daemon/api/api.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "keys/init.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::milliseconds kTick{250};
// Entries that are gone over in about a millisecond: hashed; opened and held against the database.
constexpr std::uint64_t kVerifySlice = 2'048;
constexpr std::uint64_t kAuditSlice = 16;
constexpr rlim_t kDescriptors = 65'536;

// Room for many connections: a full descriptor table spins ZeroMQ's thread.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kDescriptors) {
        limit.rlim_cur = std::min<rlim_t>(kDescriptors, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// Of a connection key that several publish.
std::string in_words(const contacts::Contacts::Claims& claims) {
    const std::string& first = claims.by.at(0)->agency().text();
    const std::string& second = claims.by.at(1)->agency().text();
    return claims.shown
               ? second + " publishes the connection key of " + first + ": it counts for " + first
               : first + " and " + second +
                     " publish the same connection key: it counts for the one that shows it";
}

class Node final : public transport::Events {
  public:
    Node(std::filesystem::path home, config::Config config, config::DisclosurePolicy policy,
         Self self, std::unique_ptr<IntakeClient> intake, bool clock_is_right)
        : home_(std::move(home)),
          config_(std::move(config)),
          policy_(disclosure::policy_of(std::move(policy))),
          self_(std::move(self)),
          clock_is_right_(clock_is_right),
          intake_(std::move(intake)) {}

    Result<void> open();
    Result<void> run();

    void on_connected(const Agency& agency, transport::Route route) override {
        pipeline_->on_connected(agency, route);
    }
    void on_disconnected(const Agency& agency, transport::Route route) override {
        pipeline_->on_disconnected(agency, route);
    }
    void on_message(transport::Inbound inbound) override { pipeline_->receive(inbound); }

  private:
    Result<void> open_store();
    Result<void> open_ledger();
    Result<void> open_transport();
    Result<void> open_control();
    PipelineParts parts();
    void admit_peers();
    void keep_dialling(const contacts::Contact& contact, const transport::Admitted& admitted);
    void finish_round();

    const std::filesystem::path home_;
    const config::Config config_;
    const disclosure::Policy policy_;
    Self self_;
    const bool clock_is_right_;
    SystemClock clock_;
    loop::SystemMonotonic monotonic_;
    keys::SystemRandom random_;
    std::unique_ptr<loop::Loop> loop_;
    std::unique_ptr<IntakeClient> intake_;    // the loop watches it
    std::optional<exhibits::Folder> folder_;  // what waits for the round may hold a file
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<ledger::Log> log_;
    std::unique_ptr<Round> round_;
    std::unique_ptr<contacts::Contacts> contacts_;
    std::unique_ptr<cases::Cases> cases_;
    std::unique_ptr<cases::Moves> moves_;
    std::unique_ptr<cases::Standings> standings_;
    std::unique_ptr<cases::Erasing> erasing_;
    std::unique_ptr<delivery::Delivery> delivery_;
    std::unique_ptr<exhibits::Store> exhibits_;
    std::unique_ptr<relay::Relay> relay_;
    std::unique_ptr<transport::Transport> transport_;
    std::unique_ptr<Papers> papers_;
    std::unique_ptr<Pipeline> pipeline_;
    std::unique_ptr<Background<ledger::Verifier>> ledger_check_;
    std::unique_ptr<Background<AuditWalk>> audit_check_;
    std::unique_ptr<Api> api_;
    std::unique_ptr<control::Server> control_;  // calls the Api until the last
    std::set<std::string> shared_keys_;         // alarms that were given
    std::vector<loop::Watch> watches_;
    loop::Watch next_round_;
    std::optional<Error> ended_;
};

Result<void> Node::open() {
    LAPX_TRY_ASSIGN(loop_, loop::Loop::create(monotonic_));
    LAPX_TRY_ASSIGN(auto signals,
                    loop_->add_signals({SIGTERM, SIGINT}, [this](int) { loop_->stop(); }));
    watches_.push_back(std::move(signals));
    LAPX_TRY(open_store());
    LAPX_TRY(open_ledger());
    LAPX_TRY(open_transport());
    LAPX_TRY(open_control());
    watches_.push_back(loop_->every(kTick, [this] { pipeline_->tick(); }));
    loop_->on_idle_of_round([this] { finish_round(); });
    return {};
}

Result<void> Node::open_store() {
    LAPX_TRY_ASSIGN(auto database,
                    store::Database::open((home_ / "lapx.db").string(), store::Mode::kWrite));
    database_ = std::make_unique<store::Database>(std::move(database));
    contacts_ = std::make_unique<contacts::Contacts>(*database_);
    cases_ = std::make_unique<cases::Cases>(*database_, self_.keys.at_rest, random_);
    moves_ = std::make_unique<cases::Moves>(*database_, self_.keys.at_rest, random_);
    standings_ = std::make_unique<cases::Standings>(*database_, self_.keys.at_rest, random_);
    erasing_ = std::make_unique<cases::Erasing>(*database_, *cases_, self_.keys.at_rest);
    delivery_ = std::make_unique<delivery::Delivery>(*database_, self_.keys.at_rest, random_);
    exhibits_ = std::make_unique<exhibits::Store>(*database_, self_.keys.at_rest, random_);
    LAPX_TRY_ASSIGN(const auto named, exhibits_->files());
    LAPX_TRY_ASSIGN(folder_, exhibits::Folder::open(home_ / "exhibits", named));
    relay_ = std::make_unique<relay::Relay>(*database_, config_.relay);
    return contacts_->load();
}

Result<void> Node::open_ledger() {
    LAPX_TRY_ASSIGN(
        auto log,
        ledger::Log::open({*database_, self_.keys.at_rest, self_.keys.ledger, self_.ledger_name,
                           (home_ / "ledger.head").string(), clock_, random_}));
    log_ = std::make_unique<ledger::Log>(std::move(log));
    round_ = std::make_unique<Round>(*database_, *log_);
    if (log_->size() > 0) {
        return {};
    }
    LAPX_TRY(round_->begin());
    const std::string record =
        schema::print_open_record({keys::digest_of<CardDigest>(self_.card_note)});
    LAPX_TRY(log_->append(schema::EntryKind::kOpen, as_bytes(record)));
    LAPX_TRY(round_->finish([](const auto&) { return Result<void>(); }));
    return {};
}

PipelineParts Node::parts() {
    return {self_,      *papers_,   config_,    policy_,        *round_,     *log_,
            *database_, *contacts_, *cases_,    *moves_,        *erasing_,   *standings_,
            *delivery_, *folder_,   *exhibits_, *relay_,        *transport_, *loop_,
            clock_,     monotonic_, random_,    clock_is_right_};
}

Result<void> Node::open_transport() {
    transport::Options options;
    if (!config_.node.listen.empty()) {
        options.bind = config_.node.listen;
    }
    if (!config_.transport.socks.empty()) {
        options.socks = config_.transport.socks;
    }
    LAPX_TRY_ASSIGN(transport_, transport::Transport::open(*loop_, monotonic_, *this,
                                                           self_.keys.curve.view(), options));
    papers_ = std::make_unique<Papers>(self_, config_, home_, random_);
    pipeline_ = std::make_unique<Pipeline>(parts(), [this] { admit_peers(); });
    admit_peers();
    return {};
}

Result<void> Node::open_control() {
    control::Options options{.socket_path = config_.control.socket.string(),
                             .group = config_.control.group};
    LAPX_TRY_ASSIGN(control_, control::Server::open(
                                  std::move(options), config_.operators,
                                  [this](const control::Denial& denial) { api_->denied(denial); }));
    const std::string path = (home_ / "lapx.db").string();
    ledger_check_ = std::make_unique<Background<ledger::Verifier>>(
        *loop_, path, kVerifySlice, [this](store::Database& reader) {
            return std::make_unique<ledger::Verifier>(reader, self_.ledger_key);
        });
    audit_check_ = std::make_unique<Background<AuditWalk>>(
        *loop_, path, kAuditSlice, [this](store::Database& reader) {
            return std::make_unique<AuditWalk>(reader, self_.keys.at_rest, random_);
        });
    ledger_check_->start([this](const auto& found) { pipeline_->ledger_checked(found); });
    api_ = std::make_unique<Api>(
        ApiParts{parts(), *pipeline_, *intake_, *ledger_check_, *audit_check_, *database_, home_});
    api_->add_routes(*control_);
    LAPX_TRY_ASSIGN(auto watch, loop_->add_fd(control_->fd(), EPOLLIN,
                                              [this](std::uint32_t) { control_->run(); }));
    watches_.push_back(std::move(watch));
    watches_.push_back(loop_->every(std::chrono::seconds(1), [this] { control_->run(); }));
    intake_->attach(*loop_);
    return {};
}

// Whose connections are taken, and whom we dial: strangers are not dialled.
void Node::admit_peers() {
    // By a wrong clock nobody is shut out.
    const auto now = pipeline_->clock_fault() ? std::nullopt : std::optional(clock_.seconds());
    std::vector<transport::PeerKey> keys;
    std::set<std::string> shared;
    for (const auto& [key, claims] : contacts_->connection_keys(now)) {
        const std::size_t count = claims.shown ? 1 : claims.by.size();
        for (std::size_t i = 0; i < count; ++i) {
            keys.push_back({claims.by.at(i)->agency(), key.bytes});
        }
        if (claims.by.size() > 1) {
            shared.insert(in_words(claims));
        }
    }
    for (const std::string& words : shared) {
        if (!shared_keys_.contains(words)) {
            log::critical({words});
        }
    }
    shared_keys_ = std::move(shared);
    const transport::Admitted admitted(keys);
    transport_->admit(admitted);
    for (const auto& [name, contact] : contacts_->all()) {
        keep_dialling(contact, admitted);
    }
}

void Node::keep_dialling(const contacts::Contact& contact, const transport::Admitted& admitted) {
    const Agency& agency = contact.agency();
    std::vector<transport::Key> curve;
    if (contact.is_trusted() && contact.notice && !contact.notice->notice.endpoints.empty()) {
        curve = contact.notice->notice.curve;
        std::erase_if(curve, [&](const auto& key) { return !admitted.names(agency, key); });
    }
    if (curve.empty()) {
        transport_->hang_up(agency);
        return;
    }
    const auto made = transport_->dial(agency, curve, contact.notice->notice.endpoints);
    if (!made) {
        log::warn({agency.text(), " cannot be dialled: ", made.error().context});
    }
}

void Node::finish_round() {
    const Result<void> finished = pipeline_->finish_round();
    if (!finished) {
        ended_ = finished.error();
        loop_->stop();
        return;
    }
    // Answers that the commit released go out now, not a tick later.
    control_->run();
    // libmicrohttpd may want another run for that, and has perhaps taken in requests that opened
    // the next round: neither shows in a descriptor.
    if (round_->is_open() || control_->timeout() == std::chrono::milliseconds(0)) {
        next_round_ = loop_->after(loop::Duration::zero(), [this] { control_->run(); });
    }
}

Result<void> Node::run() {
    log::info({self_.agency().text(), " ready: ledger at ", std::to_string(log_->size()),
               " entries, listening on ",
               transport_->bound_endpoint().empty() ? "nothing" : transport_->bound_endpoint()});
    sd_notify(0, "READY=1");
    loop_->run();
    sd_notify(0, "STOPPING=1");
    if (ended_) {
        return tl::unexpected<Error>(*ended_);
    }
    return {};
}

}  // namespace

Result<void> check_home(const std::filesystem::path& home) {
    struct stat info {};
    if (stat(home.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
        return fail(Code::kNotFound, "no home at " + home.string());
    }
    if (info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(Code::kUnsafePermissions,
                    home.string() + " must belong to this user and be closed to all others");
    }
    return {};
}

Result<void> run_node(NodeOptions options) {
    raise_descriptor_limit();
    LAPX_TRY_ASSIGN(Self self, load_self(options.home, options.config, options.unlock));
    Node node(std::move(options.home), std::move(options.config), std::move(options.policy),
              std::move(self), std::move(options.intake), options.clock_is_right);
    LAPX_TRY(node.open());
    return node.run();
}

}  // namespace lapx::daemon
