#pragma once
// What a handler gets and what it gives back.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
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

// The body of a request that is no JSON, taken as it comes. It is destroyed where the client goes
// away before the end.
class BodySink {
  public:
    virtual ~BodySink() = default;
    // After an error the rest is passed over, and the error is the answer.
    virtual Result<void> take(std::string_view octets) = 0;
};

// The body of an answer, given out as the client takes it.
class BodySource {
  public:
    virtual ~BodySource() = default;
    virtual std::uint64_t size() const = 0;
    // Up to `out.size()` octets, at least one before the end. An error breaks the connection.
    virtual Result<std::size_t> read(std::span<char> out) = 0;
};

// JSON, unless `content_type` is set: then `octets` as they are, or what `source` gives.
struct Reply {
    int status = 200;
    nlohmann::json body = {};
    std::string content_type = {};
    std::string octets = {};
    std::shared_ptr<BodySource> source = {};
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
// A route whose requests have octets for a body, of a length that they declare.
struct UploadHandler {
    // Before the body is read. An error is the answer.
    std::function<Result<std::unique_ptr<BodySink>>(const Request&, std::uint64_t length)> begin;
    // Once all of it was taken.
    std::function<void(const Request&, std::unique_ptr<BodySink>, Pending)> end;
};
// Names that a request may have in its query or its body; `*`: any.
using Members = std::set<std::string, std::less<>>;

}  // namespace lapx::control
