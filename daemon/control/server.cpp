#include "daemon/control/server.hpp"

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <unordered_map>

#include "daemon/control/http.hpp"
#include "daemon/control/json.hpp"
#include "daemon/control/routes.hpp"
#include "daemon/control/socket.hpp"
#include "schema/base/text.hpp"

namespace lapx::control {

class Server::Impl {
  public:
    Impl(Options options, std::vector<Operator> operators,
         std::function<void(const Denial&)> denied)
        : options_(std::move(options)), denied_(std::move(denied)) {
        for (Operator& who : operators) {
            const uid_t uid = who.uid;
            operators_.insert_or_assign(uid, std::move(who));
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl();

    Result<void> start();
    void run() {
        resumed_ = false;
        MHD_run(daemon_);
    }

    Routes routes_;
    MHD_Daemon* daemon_ = nullptr;
    std::uint64_t denials_ = 0;
    // An answer waits for run(): libmicrohttpd shows that neither in its descriptor nor its
    // timeout.
    bool resumed_ = false;
    bool closing_ = false;

  private:
    // One request, from its headers to the end of its answer.
    struct Exchange {
        MHD_Connection* connection;  // nothing once libmicrohttpd is done with the request
        const Route* route = nullptr;
        Request request = {};
        std::string body = {};
        std::size_t received = 0;  // octets of the body, kept or not
        bool dispatched = false;
        bool suspended = false;
        std::optional<Reply> reply = {};
        // Of a request whose body is no JSON.
        std::unique_ptr<BodySink> sink = {};
        Result<void> sunk = {};
    };

    static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                                 const char* method, const char* version, const char* data,
                                 std::size_t* size, void** context);
    static void on_completed(void* self, MHD_Connection*, void** context,
                             MHD_RequestTerminationCode);
    static void on_connection(void* self, MHD_Connection* connection, void** context,
                              MHD_ConnectionNotificationCode what);

    MHD_Result begin(MHD_Connection* connection, const char* url, const char* method,
                     void** context);
    std::optional<Refusal> admit(Exchange& exchange, const char* url, const char* method);
    static std::optional<Refusal> begin_upload(Exchange& exchange,
                                               std::optional<std::uint64_t> length);
    std::optional<Refusal> check_room(std::uint64_t length) const;
    void deny(const Denial& denial);
    MHD_Result receive(Exchange& exchange, std::string_view data);
    std::string take_body(Exchange& exchange);
    void dispatch(const std::shared_ptr<Exchange>& exchange);

    Options options_;
    std::map<uid_t, Operator> operators_;
    std::function<void(const Denial&)> denied_;
    std::map<uid_t, unsigned> connections_of_;
    std::size_t bodies_ = 0;  // octets held for requests that are still being read
    // Shared with the Pending of each, which may outlive the connection.
    std::unordered_map<Exchange*, std::shared_ptr<Exchange>> open_;
};

Result<void> Server::Impl::start() {
    LAPX_TRY_ASSIGN(const int listener, listen_unix(options_.socket_path, options_.group));
    // Escapes stay as they are: routes.hpp decodes each segment by itself.
    using Unescape = std::size_t (*)(void*, MHD_Connection*, char*);
    const Unescape keep_escapes = [](void*, MHD_Connection*, char* text) {
        return std::string_view(text).size();
    };
    daemon_ = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Impl::on_request, this,
        MHD_OPTION_LISTEN_SOCKET, listener,                 //
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                    //
        MHD_OPTION_CONNECTION_LIMIT, options_.connections,  //
        MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(options_.idle_timeout.count()),
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, nullptr,     //
        MHD_OPTION_NOTIFY_COMPLETED, &Impl::on_completed, this,  //
        MHD_OPTION_NOTIFY_CONNECTION, &Impl::on_connection, this, MHD_OPTION_END);
    if (daemon_ == nullptr) {
        ::close(listener);
        ::unlink(options_.socket_path.c_str());
        return fail(Code::kInternal, "the HTTP server did not start");
    }
    return {};
}

Server::Impl::~Impl() {
    if (daemon_ == nullptr) {
        return;
    }
    ::unlink(options_.socket_path.c_str());
    closing_ = true;
    for (const auto& [key, exchange] : open_) {
        if (exchange->suspended) {
            exchange->reply = error_reply({Code::kShuttingDown, "the node is shutting down"});
            exchange->suspended = false;
            MHD_resume_connection(exchange->connection);
        }
    }
    MHD_run(daemon_);
    MHD_stop_daemon(daemon_);
}

void Server::Impl::on_connection(void* self, MHD_Connection* connection, void** context,
                                 MHD_ConnectionNotificationCode what) {
    auto& impl = *static_cast<Impl*>(self);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        --impl.connections_of_[static_cast<uid_t>(reinterpret_cast<std::uintptr_t>(*context))];
        return;
    }
    const int fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const uid_t uid = peer_uid(fd).value_or(static_cast<uid_t>(-1));
    // The library keeps a pointer for us and never follows it.
    *context = reinterpret_cast<void*>(static_cast<std::uintptr_t>(uid));  // NOLINT
    if (++impl.connections_of_[uid] > impl.options_.connections_of_one) {
        ::shutdown(fd, SHUT_RDWR);
    }
}

void Server::Impl::on_completed(void* self, MHD_Connection*, void** context,
                                MHD_RequestTerminationCode) {
    auto& impl = *static_cast<Impl*>(self);
    const auto found = impl.open_.find(static_cast<Exchange*>(*context));
    if (found != impl.open_.end()) {
        found->second->connection = nullptr;
        impl.take_body(*found->second);
        impl.open_.erase(found);
    }
}

// Called once when the headers are there, then for each piece of the body, then (without data) to
// have the answer, and after a suspension once more.
MHD_Result Server::Impl::on_request(void* self, MHD_Connection* connection, const char* url,
                                    const char* method, const char*, const char* data,
                                    std::size_t* size, void** context) {
    auto& impl = *static_cast<Impl*>(self);
    if (*context == nullptr) {
        return impl.begin(connection, url, method, context);
    }
    const std::shared_ptr<Exchange> exchange = impl.open_.at(static_cast<Exchange*>(*context));
    if (*size > 0) {
        return impl.receive(*exchange, {data, std::exchange(*size, 0)});
    }
    if (!exchange->dispatched) {
        exchange->dispatched = true;
        impl.dispatch(exchange);
    }
    if (!exchange->reply) {
        exchange->suspended = true;
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    return send_reply(connection, *exchange->reply);
}

MHD_Result Server::Impl::begin(MHD_Connection* connection, const char* url, const char* method,
                               void** context) {
    auto exchange = std::make_shared<Exchange>(Exchange{.connection = connection});
    if (const auto refused = admit(*exchange, url, method)) {
        return send_refusal(connection, *refused);
    }
    *context = exchange.get();
    open_.emplace(exchange.get(), exchange);
    return MHD_YES;
}

std::optional<Refusal> Server::Impl::admit(Exchange& exchange, const char* url,
                                           const char* method) {
    const auto refuse = [](Code code, std::string message) {
        return Refusal{error_reply({code, std::move(message)})};
    };
    const void* context =
        MHD_get_connection_info(exchange.connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;
    const uid_t uid = static_cast<uid_t>(reinterpret_cast<std::uintptr_t>(context));
    const auto who = operators_.find(uid);
    if (who == operators_.end()) {
        deny({uid, {}, "connect"});
        return refuse(Code::kNotPermitted, "this Unix account is no operator of the node");
    }
    const auto length = declared_length(exchange.connection);
    auto path = segments_from(url);
    auto query = query_of(exchange.connection);
    if (!length || !path || !query) {
        return Refusal{error_reply(!length ? length.error()
                                   : !path ? path.error()
                                           : query.error())};
    }
    const Routes::Match match = routes_.find(method, *path);
    if (match.route == nullptr && match.allowed.empty()) {
        return refuse(Code::kNotFound, "no such path");
    }
    if (match.route == nullptr) {
        Refusal refusal = refuse(Code::kInvalidArgument, "not a method of this path");
        refusal.reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        refusal.allow = join(match.allowed, ", ");
        return refusal;
    }
    if (!match.route->admits(who->second)) {
        deny({uid, who->second.id, match.route->method + " " + match.route->pattern});
        return refuse(Code::kNotPermitted, "none of your roles allows this");
    }
    for (const auto& [name, value] : *query) {
        if (const auto known = match.route->check_member(name); !known) {
            return Refusal{error_reply(known.error())};
        }
    }
    exchange.route = match.route;
    exchange.request = {match.route->method, std::move(*path),
                        std::move(*query),   nullptr,
                        who->second,         prefers_minimal(exchange.connection)};
    return match.route->upload ? begin_upload(exchange, *length) : check_room(length->value_or(0));
}

std::optional<Refusal> Server::Impl::begin_upload(Exchange& exchange,
                                                  std::optional<std::uint64_t> length) {
    if (!length) {
        return Refusal{error_reply(
            {Code::kInvalidArgument, "the request must declare its length (Content-Length)"})};
    }
    auto sink = exchange.route->upload->begin(exchange.request, *length);
    if (!sink) {
        return Refusal{error_reply(sink.error())};
    }
    exchange.sink = std::move(*sink);
    return std::nullopt;
}

std::optional<Refusal> Server::Impl::check_room(std::uint64_t length) const {
    if (length > options_.body_limit) {
        return Refusal{
            error_reply({Code::kTooLarge, "a request may have " +
                                              std::to_string(options_.body_limit >> 20) + " MiB"})};
    }
    if (bodies_ + length > options_.bodies_limit) {
        return Refusal{error_reply({Code::kQuota, "too many large requests at once"})};
    }
    return std::nullopt;
}

void Server::Impl::deny(const Denial& denial) {
    ++denials_;
    if (denied_) {
        denied_(denial);
    }
}

// libmicrohttpd takes no answer in the middle of a body: what is too long is read on without being
// kept, so that the answer can be given, and cut off at twice the limit.
MHD_Result Server::Impl::receive(Exchange& exchange, std::string_view data) {
    if (exchange.route->upload) {
        if (exchange.sunk) {
            exchange.sunk = exchange.sink->take(data);
        }
        if (!exchange.sunk) {
            exchange.sink.reset();  // the client may take its time to hear of it
        }
        return MHD_YES;
    }
    exchange.received += data.size();
    if (exchange.received > options_.body_limit) {
        take_body(exchange);
        return exchange.received > 2 * options_.body_limit ? MHD_NO : MHD_YES;
    }
    bodies_ += data.size();
    exchange.body += data;
    return bodies_ > options_.bodies_limit ? MHD_NO : MHD_YES;
}

std::string Server::Impl::take_body(Exchange& exchange) {
    bodies_ -= exchange.body.size();
    return std::exchange(exchange.body, {});
}

void Server::Impl::dispatch(const std::shared_ptr<Exchange>& exchange) {
    Exchange& it = *exchange;
    const auto refuse = [&](Code code, std::string message) {
        it.reply = error_reply({code, std::move(message)});
    };
    if (closing_) {
        refuse(Code::kShuttingDown, "the node is shutting down");
        return;
    }
    if (it.received > options_.body_limit) {
        refuse(Code::kTooLarge, "the request is too large");
        return;
    }
    if (const std::string body = take_body(it); !body.empty()) {
        Result<nlohmann::json> parsed = parse_json(body);
        if (!parsed) {
            it.reply = error_reply(parsed.error());
            return;
        }
        if (!parsed->is_object()) {
            refuse(Code::kInvalidArgument, "the body must be a JSON object");
            return;
        }
        for (const auto& [name, value] : parsed->items()) {
            if (const auto known = it.route->check_member(name); !known) {
                it.reply = error_reply(known.error());
                return;
            }
        }
        it.request.body = std::move(*parsed);
    }
    if (!it.sunk) {
        it.reply = error_reply(it.sunk.error());
        return;
    }
    // While there is a connection, there is a server.
    Pending pending([this, exchange](Reply reply) {
        if (exchange->reply || exchange->connection == nullptr) {
            return;
        }
        exchange->reply = std::move(reply);
        if (std::exchange(exchange->suspended, false)) {
            MHD_resume_connection(exchange->connection);
            resumed_ = true;
        }
    });
    try {
        if (it.sink) {
            it.route->upload->end(it.request, std::move(it.sink), std::move(pending));
        } else {
            it.route->handler(it.request, std::move(pending));
        }
    } catch (const nlohmann::json::exception&) {
        // A member of another type than the handler read it as.
        refuse(Code::kInvalidArgument,
               "the body does not have the form that docs/openapi.yaml gives");
    } catch (const std::exception&) {
        refuse(Code::kInternal, "the request failed inside the node");
    }
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(Options options, std::vector<Operator> operators,
                                             std::function<void(const Denial&)> denied) {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(operators), std::move(denied));
    LAPX_TRY(impl->start());
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::route(std::string_view method, std::string_view pattern, std::set<Role> roles,
                   Members members, Handler handler) {
    impl_->routes_.add(method, pattern, std::move(roles), std::move(members), std::move(handler));
}

void Server::route(std::string_view method, std::string_view pattern, std::set<Role> roles,
                   UploadHandler handler) {
    impl_->routes_.add(method, pattern, std::move(roles), std::move(handler));
}

int Server::fd() const {
    return MHD_get_daemon_info(impl_->daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

std::optional<std::chrono::milliseconds> Server::timeout() const {
    if (impl_->resumed_) {
        return std::chrono::milliseconds(0);
    }
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (MHD_get_timeout(impl_->daemon_, &milliseconds) != MHD_YES) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(milliseconds);
}

void Server::run() { impl_->run(); }

std::uint64_t Server::denials() const { return impl_->denials_; }

}  // namespace lapx::control
