#pragma once
// HTTP/1.1 and JSON on a Unix socket, for the node's own loop: no thread, nothing that blocks.
//
//     auto server = Server::open({.socket_path = "…/control.sock"}, operators, on_denial);
//     (*server)->route("GET", "/v1/status", {}, [](const Request&, Pending p) { p.answer(…); });
//     // when fd() is readable, or timeout() has passed:
//     (*server)->run();
//
// The one place that decides who may call what: the peer's uid gives the operator, the operator's
// roles open the route. Everything is called on the loop's thread.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/control/request.hpp"

namespace lapx::control {

struct Options {
    std::string socket_path = {};
    std::string group = {};                             // 0660 for this group; empty: 0600
    std::size_t body_limit = std::size_t{40} << 20;     // octets of one request
    std::size_t bodies_limit = std::size_t{160} << 20;  // of all requests being read together
    unsigned connections = 256;
    unsigned connections_of_one = 192;      // of one Unix account
    std::chrono::seconds idle_timeout{30};  // a request that is being answered does not time out
};

// A request that nobody may make here, or not this operator.
struct Denial {
    uid_t uid;
    std::string operator_id;  // empty if the account is no operator's
    std::string what;  // "POST /v1/drafts" as the route table has it; "connect" for strangers
};

class Server {
  public:
    // Errors: those of listen_unix, kInternal.
    static Result<std::unique_ptr<Server>> open(Options options, std::vector<Operator> operators,
                                                std::function<void(const Denial&)> denied);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    // Answers what is still pending with `shutting-down` and removes the socket.
    ~Server();

    // See Routes::add.
    void route(std::string_view method, std::string_view pattern, std::set<Role> roles,
               Members members, Handler handler);
    // A request's body goes to the handler as it comes, and has no limit but the handler's.
    void route(std::string_view method, std::string_view pattern, std::set<Role> roles,
               UploadHandler handler);

    // Readable when clients want something.
    int fd() const;
    // Call run() after this time even if fd() stays silent, at once if it is zero: an answer given
    // meanwhile waits for it. Nothing: no need. Ask anew before each wait.
    std::optional<std::chrono::milliseconds> timeout() const;
    void run();

    // Since the start.
    std::uint64_t denials() const;

  private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace lapx::control
