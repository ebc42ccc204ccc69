#pragma once
// Runs the command line inside the test, and stands in for the node it talks to.

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "daemon/control/server.hpp"
#include "keys/init.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/lapx/app.hpp"

namespace lapx::cli {

struct Outcome {
    Exit exit;
    std::string out;
    std::string err;

    nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
    std::string code() const { return json()["error"]["code"].get<std::string>(); }
};

class Shell {
  public:
    std::map<std::string, std::string> variables;
    std::string input;                 // what a person types
    std::vector<std::string> secrets;  // what they type without seeing it
    bool terminal = false;

    Outcome operator()(const std::vector<std::string>& arguments) {
        static const bool ready = keys::initialize().has_value();
        EXPECT_TRUE(ready);
        std::istringstream in(input);
        std::ostringstream out;
        std::ostringstream err;
        Environment env{in, out, err, terminal, terminal, false, nullptr, nullptr};
        env.variable = [this](const char* name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
        env.ask_secret = [this](const std::string&) -> std::optional<keys::SecretBytes> {
            if (secrets.empty()) {
                return std::nullopt;
            }
            keys::SecretBytes first(as_bytes(secrets.front()));
            secrets.erase(secrets.begin());
            return first;
        };
        const Exit exit = run(arguments, env);
        return {exit, out.str(), err.str()};
    }
};

// A control socket that gives canned answers and remembers what it was asked.
class FakeNode {
  public:
    explicit FakeNode(const std::string& socket) {
        control::Operator who;
        who.uid = ::getuid();
        server_ = std::move(*control::Server::open({.socket_path = socket}, {who}, nullptr));
    }
    FakeNode(const FakeNode&) = delete;
    FakeNode& operator=(const FakeNode&) = delete;
    ~FakeNode() {
        stop_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    // The answers to one route, in turn; the last one stands.
    void answer(const std::string& method, const std::string& pattern,
                std::vector<control::Reply> replies) {
        server_->route(method, pattern, {}, {"*"},
                       [this, replies, at = std::make_shared<std::size_t>(0)](
                           const control::Request& request, control::Pending pending) {
                           const std::lock_guard lock(mutex_);
                           requests_.push_back(request);
                           pending.answer(replies[std::min((*at)++, replies.size() - 1)]);
                       });
    }
    void answer(const std::string& method, const std::string& pattern, nlohmann::json body) {
        answer(method, pattern, {control::Reply{.body = std::move(body)}});
    }
    void start() {
        thread_ = std::thread([this] {
            while (!stop_) {
                pollfd fd{server_->fd(), POLLIN, 0};
                ::poll(&fd, 1, 10);
                server_->run();
            }
        });
    }
    std::vector<control::Request> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    std::unique_ptr<control::Server> server_;
    std::atomic<bool> stop_ = false;
    std::mutex mutex_;
    std::vector<control::Request> requests_;
    std::thread thread_;
};

// A command line with a node at hand: add answers, start the node, run commands.
class WithNode : public testing::Test {
  protected:
    Outcome lapx(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--socket", folder_.path("control.sock")});
        return shell_(arguments);
    }

    test::TempDir folder_;
    Shell shell_;
    FakeNode node_{folder_.path("control.sock")};
};

}  // namespace lapx::cli
