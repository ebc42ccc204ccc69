#pragma once
// What a handler gets and what it gives back.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/config.hpp"
#include "schema/base/result.hpp"

namespace lapx::control {

using config::Operator;
using config::Role;

struct Request {
    std::string method;
    std::vector<std::string> path;  // decoded segments after "v1"
    std::map<std::string, std::string> query;
    nlohmann::json body;  // null where the request had none
    Operator who;
    bool minimal = false;  // asks for no more than what is needed (RFC 7240, return=minimal)
};

// JSON, unless `content_type` is set: then `octets` as they are.
struct Reply {
    int status = 200;
    nlohmann::json body = {};
    std::string content_type = {};
    std::string octets = {};
};

// {"error":{"code","message","hint"}} with the status that fits the code.
Reply error_reply(const Error& error);
int http_status(Code code);

// The duty to answer one request, at once or later (after COMMIT), on the loop's thread. Answers
// exactly once: a handle that is dropped answers `internal`. May outlive client and server.
class Pending {
  public:
    using Sink = std::function<void(Reply)>;

    explicit Pending(Sink sink) : sink_(std::move(sink)) {}
    Pending(Pending&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}
    Pending& operator=(Pending&& other) noexcept;
    ~Pending();

    void answer(Reply reply);
    void answer(nlohmann::json body) { answer(Reply{.body = std::move(body)}); }
    void answer(const Error& error) { answer(error_reply(error)); }
    void answer(Result<nlohmann::json> result);

  private:
    Sink sink_;  // empty once answered
};

using Handler = std::function<void(const Request&, Pending)>;
// Names that a request may have in its query or its body; `*`: any.
using Members = std::set<std::string, std::less<>>;

}  // namespace lapx::control
