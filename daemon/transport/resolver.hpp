#pragma once
// From "tcp://HOST:PORT" to a numeric address. ZeroMQ would ask the DNS on its I/O thread and stop
// all traffic meanwhile; here threads ask that do nothing else, so that a name whose servers do not
// answer delays no other.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/loop/loop.hpp"
#include "schema/base/result.hpp"

namespace lapx::transport {

// "tcp://192.0.2.7:5617", "tcp://[2001:db8::7]:5617" or "tcp://opta.example:5617".
struct Endpoint {
    std::string host;  // without brackets
    std::string port;  // 1 to 65535
    bool operator==(const Endpoint&) const = default;

    // Errors: kInvalidArgument.
    static Result<Endpoint> parse(std::string_view text);
    // With a numeric host only.
    std::string text() const;
    // Whether the host is an address, or localhost, which becomes one. The answer is numeric.
    std::optional<Endpoint> numeric() const;
};

class Resolver {
  public:
    // Blocking: the numeric address of a host name. Errors: kNotFound.
    using LookUp = std::function<Result<std::string>(const std::string& host)>;
    using Answer = std::function<void(Result<std::string> address)>;

    // Errors: kIo.
    static Result<std::unique_ptr<Resolver>> create(loop::Loop& loop, LookUp look_up = ask_system);
    static Result<std::string> ask_system(const std::string& host);
    // Does not wait for a look-up that is under way.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // Calls `answer` from the loop, later, unless cancelled.
    std::uint64_t ask(const std::string& host, Answer answer);
    void cancel(std::uint64_t question) { waiting_.erase(question); }

  private:
    struct Shared;

    explicit Resolver(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    void take_answers();

    // Shared with the threads, which may outlive this object by the length of a DNS time-out.
    std::shared_ptr<Shared> shared_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, Answer> waiting_;
    loop::Watch watch_;
};

}  // namespace lapx::transport
