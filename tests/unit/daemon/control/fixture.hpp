#pragma once
// A server of the control socket, and clients that speak to it in raw octets.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "daemon/control/server.hpp"

namespace lapx::control {

// A client that speaks raw octets.
class Client {
  public:
    explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
        connected_ =
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { hang_up(); }

    bool connected() const { return connected_; }
    int fd() const { return fd_; }
    const std::string& received() const { return received_; }
    bool closed() const { return closed_; }
    void send(std::string_view text) { to_send_ += text; }
    void hang_up() {
        if (fd_ >= 0) {
            ::close(std::exchange(fd_, -1));
        }
    }
    // Moves what can be moved without waiting.
    void move() {
        if (!to_send_.empty()) {
            const ssize_t n = ::send(fd_, to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
            if (n > 0) {
                to_send_.erase(0, static_cast<std::size_t>(n));
            }
        }
        std::array<char, 65536> buffer;
        ssize_t n = 0;
        while ((n = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0) {
            received_.append(buffer.data(), static_cast<std::size_t>(n));
        }
        closed_ = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }

    int status() const {
        return received_.starts_with("HTTP/1.1 ") ? std::stoi(received_.substr(9, 3)) : 0;
    }
    std::string body() const {
        const std::size_t at = received_.find("\r\n\r\n");
        return at == std::string::npos ? "" : received_.substr(at + 4);
    }
    std::string code() const {
        const auto json = nlohmann::json::parse(body(), nullptr, false);
        return json.is_object() ? json["error"].value("code", "") : "";
    }

  private:
    int fd_;
    bool connected_ = false;
    bool closed_ = false;
    std::string to_send_;
    std::string received_;
};
class ServerTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "lapx-control-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
        options_.socket_path = folder_ + "/control.sock";
        options_.body_limit = 1 << 20;
    }
    void TearDown() override {
        server_.reset();
        std::filesystem::remove_all(folder_);
    }

    void start() {
        Operator who;
        who.id = "op-1";
        who.uid = ::getuid();
        who.roles = {Role::kClerk};
        auto server =
            Server::open(options_, {who}, [this](const Denial& d) { denials_.push_back(d); });
        ASSERT_TRUE(server) << server.error().context;
        server_ = std::move(*server);
        server_->route("GET", "/v1/status", {}, {}, [](const Request& request, Pending pending) {
            pending.answer(nlohmann::json{{"operator", request.who.id}});
        });
        server_->route("POST", "/v1/echo/{word}", {Role::kClerk}, {"*"},
                       [](const Request& request, Pending pending) {
                           pending.answer(nlohmann::json{{"path", request.path},
                                                         {"query", request.query},
                                                         {"body", request.body},
                                                         {"minimal", request.minimal}});
                       });
        server_->route("POST", "/v1/approve", {Role::kApprover}, {"text"},
                       [](const Request&, Pending pending) { pending.answer(Reply{}); });
        server_->route("GET", "/v1/later", {}, {}, [this](const Request&, Pending pending) {
            later_.push_back(std::move(pending));
        });
        server_->route("GET", "/v1/drop", {}, {}, [](const Request&, Pending) {});
        server_->route(
            "POST", "/v1/type", {}, {"text"}, [](const Request& request, Pending pending) {
                pending.answer(nlohmann::json(request.body.at("text").get<std::string>()));
            });
        server_->route("GET", "/v1/raw", {}, {}, [](const Request&, Pending pending) {
            pending.answer(Reply{.content_type = "text/csv", .octets = "a,b\r\n"});
        });
    }

    // Runs the server and the clients until `done`, as a loop would. False after ten seconds.
    template <typename Done>
    bool drive(std::initializer_list<Client*> clients, Done done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!done()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            std::vector<pollfd> fds{{server_->fd(), POLLIN, 0}};
            for (const Client* client : clients) {
                if (client->fd() >= 0 && !client->closed()) {
                    fds.push_back({client->fd(), POLLIN, 0});
                }
            }
            const auto wait = std::min(server_->timeout().value_or(std::chrono::milliseconds(20)),
                                       std::chrono::milliseconds(20));
            ::poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
            server_->run();
            for (Client* client : clients) {
                if (client->fd() >= 0 && !client->closed()) {
                    client->move();
                }
            }
        }
        return true;
    }

    // Sends `request` on a connection of its own and reads until the server closes it.
    std::unique_ptr<Client> ask(std::string_view request) {
        auto client = std::make_unique<Client>(options_.socket_path);
        client->send(request);
        EXPECT_TRUE(drive({client.get()}, [&] { return client->closed(); })) << request;
        return client;
    }
    std::unique_ptr<Client> get(const std::string& path) {
        return ask("GET " + path + " HTTP/1.1\r\nHost: lapx\r\nConnection: close\r\n\r\n");
    }
    std::unique_ptr<Client> post(const std::string& path, const std::string& body) {
        return ask("POST " + path + " HTTP/1.1\r\nHost: lapx\r\nConnection: close\r\n" +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    std::string folder_;
    Options options_;
    std::vector<Denial> denials_;
    std::vector<Pending> later_;
    std::unique_ptr<Server> server_;
};

}  // namespace lapx::control
