#pragma once
// Many HTTP/1.1 requests at once over the node's control socket: one thread, one keep-alive
// connection for each request in flight. As little work as possible, for it runs on the machine
// that is measured.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx::bench {

std::string request_text(std::string_view method, std::string_view target,
                         std::string_view body = {}, std::string_view type = "application/json");

// What is done again and again: a request and, if there is `then`, the one that it makes of the
// answer.
struct Exchange {
    std::string first;
    std::function<Result<std::string>(const std::string& answer)> then = {};
};

class HttpClient {
  public:
    // Errors: kIo.
    static Result<HttpClient> connect(const std::filesystem::path& socket, std::size_t connections);
    HttpClient(HttpClient&& other) noexcept;
    HttpClient& operator=(HttpClient&&) = delete;
    ~HttpClient();

    // One request and the body of its answer. Errors: kIo; kInvalidArgument for any status but 200,
    // with the answer.
    Result<std::string> call(std::string_view request);

    // The same `count` times, over all connections; `answered` hears how many seconds each took.
    // Errors: as of call, and those of `then`.
    Result<void> repeat(const Exchange& exchange, std::size_t count,
                        const std::function<void(double)>& answered);

  private:
    struct Connection {
        int fd = -1;
        double since = 0;   // when its exchange began
        bool first = true;  // is what it waits for the answer to
        std::string received;
    };
    HttpClient() = default;
    Result<void> begin(Connection& connection, const Exchange& exchange);
    Result<void> write(Connection& connection, std::string_view request);
    // Reads what there is; the body once the answer is whole.
    Result<bool> read(Connection& connection, std::string& body);

    int epoll_ = -1;
    std::vector<Connection> connections_;
};

}  // namespace lapx::bench
