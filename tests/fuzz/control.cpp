// Requests on the control socket, as octets: whatever comes, the server answers, hangs up or waits
// for the rest, and what a handler gets is within the limits.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

#include "daemon/control/server.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace lapx;
using namespace lapx::control;

constexpr std::size_t kBody = 4096;

class Swallowing final : public BodySink {
  public:
    Result<void> take(std::string_view octets) override {
        taken_ += octets.size();
        return taken_ <= kBody ? Result<void>() : fail(Code::kTooLarge);
    }
    std::size_t taken() const { return taken_; }

  private:
    std::size_t taken_ = 0;
};

std::unique_ptr<Server> start(const std::string& path) {
    Operator who;
    who.id = "op-1";
    who.uid = ::getuid();
    who.roles = {Role::kClerk};
    auto server =
        Server::open({.socket_path = path, .body_limit = kBody, .bodies_limit = 4 * kBody}, {who},
                     [](const Denial&) {});
    LAPX_REQUIRE(server.has_value());
    const auto echo = [](const Request& request, Pending pending) {
        LAPX_REQUIRE(request.body.is_null() || request.body.is_object());
        pending.answer(nlohmann::json{
            {"path", request.path}, {"query", request.query}, {"body", request.body}});
    };
    (*server)->route("GET", "/v1/echo/{word}", {}, {"a", "b"}, echo);
    (*server)->route("POST", "/v1/echo/{word}", {Role::kClerk}, {"*"}, echo);
    (*server)->route("POST", "/v1/closed", {Role::kApprover}, {}, echo);
    (*server)->route(
        "POST", "/v1/octets", {Role::kClerk},
        UploadHandler{[](const Request&, std::uint64_t) -> Result<std::unique_ptr<BodySink>> {
                          return std::make_unique<Swallowing>();
                      },
                      [](const Request&, std::unique_ptr<BodySink> sink, Pending pending) {
                          pending.answer(
                              nlohmann::json(static_cast<Swallowing*>(sink.get())->taken()));
                      }});
    return std::move(*server);
}

struct Socket {
    explicit Socket(const std::string& path) : fd(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
        LAPX_REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                     0);
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(fd); }

    int fd;
};

// Sends all of it; what came until the server hung up or had nothing more to do, as with a request
// whose end is missing.
std::string talk(Server& server, const std::string& path, std::string_view request) {
    const Socket socket(path);
    std::string answer;
    bool ended = false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!ended) {
        LAPX_REQUIRE(std::chrono::steady_clock::now() < deadline);
        const bool all_sent = request.empty();
        if (!all_sent) {
            const ssize_t sent =
                ::send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            request.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
            if (sent < 0 && errno != EAGAIN) {
                request = {};  // it has hung up already
            }
        }
        std::array<pollfd, 2> fds{{{server.fd(), POLLIN, 0}, {socket.fd, POLLIN, 0}}};
        const bool at_once = server.timeout() == std::chrono::milliseconds(0);
        const int ready = ::poll(fds.data(), fds.size(), at_once ? 0 : 5);
        server.run();
        std::array<char, 65536> buffer;
        ssize_t got = 0;
        while ((got = ::recv(socket.fd, buffer.data(), buffer.size(), 0)) > 0) {
            answer.append(buffer.data(), static_cast<std::size_t>(got));
        }
        ended = got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) ||
                (all_sent && ready == 0 && !at_once);
    }
    return answer;
}

struct Folder {
    Folder() {
        std::string name = "/tmp/lapx-fuzz-XXXXXX";
        LAPX_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { ::rmdir(path.c_str()); }

    std::string path;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Folder folder;
    static const std::string path = folder.path + "/socket";
    static const std::unique_ptr<Server> server = start(path);
    const std::string answer = talk(*server, path, {reinterpret_cast<const char*>(data), size});
    server->run();  // it sees that the connection is gone
    LAPX_REQUIRE(answer.empty() || answer.starts_with("HTTP/1.1 "));
    return 0;
}
