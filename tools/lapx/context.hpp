#pragma once
// What a command is given: the common flags, the node they point at, and where output goes.

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "schema/base/result.hpp"
#include "tools/lapx/client.hpp"
#include "tools/lapx/environment.hpp"
#include "tools/lapx/text.hpp"

namespace lapx::cli {

// What scripts rely on: never renumber.
enum class Exit : int {
    kDone = 0,
    kRefused = 1,
    kUsage = 2,
    kUnreachable = 3,
    kInterrupted = 130,  // what a shell says of a program that SIGINT ended
};

struct Globals {
    std::filesystem::path home;    // --home
    std::filesystem::path socket;  // --socket
    bool json = false;
};

class Context {
  public:
    Context(Environment& environment, const Globals& globals)
        : env_(environment), globals_(globals) {}

    const Globals& globals() const { return globals_; }
    Environment& env() { return env_; }

    // --home, $LAPX_HOME, or the XDG state folder's lapx; need not exist.
    std::filesystem::path home() const;
    // --socket; the home's as its config.toml has it; else the system node's. Errors:
    // kNodeUnreachable if there is no node to be found, those of config::load.
    Result<std::filesystem::path> socket() const;

    // Calls the node. Errors: those of socket() and Client::call.
    Result<nlohmann::json> get(const std::string& path, const Query& query = {});
    Result<nlohmann::json> post(const std::string& path,
                                const nlohmann::json& body = nlohmann::json::object());
    Result<nlohmann::json> patch(const std::string& path, const nlohmann::json& body);
    Result<nlohmann::json> call(const std::string& method, const std::string& path,
                                const Query& query, const nlohmann::json& body);
    // What is no JSON. Errors: those of socket() and Client::text.
    Result<std::string> get_text(const std::string& path);
    // With a bar on the terminal. Errors: likewise, those of Client::upload and Client::download.
    Result<nlohmann::json> upload(const std::filesystem::path& file);
    Result<ContentDigest> download(const std::string& path, int descriptor);
    // All pages of a list as one: {"items": […], "next": null}.
    Result<nlohmann::json> get_list(const std::string& path, Query query = {});

    // What is done and stays done, whatever happens next: shown beside an error.
    struct SoFar {
        nlohmann::json document = nlohmann::json::object();
        std::string text;
    };
    const SoFar& so_far() const { return so_far_; }
    void did(nlohmann::json document, std::string text) {
        so_far_ = {std::move(document), std::move(text)};
    }

    // The command's result: with --json the document, else `text`, which is escaped already.
    Exit done(const nlohmann::json& document, const std::string& text);
    // A remark for a person, on standard error.
    void remark(const std::string& text);
    std::string table(const Table& table) const;

    // Somebody is there to answer questions, and reads what is said.
    bool can_ask() const { return env_.in_is_terminal && !globals_.json; }
    bool shows_progress() const { return env_.err_is_terminal && !globals_.json; }
    // Shows a question and reads the answer; `otherwise` for an empty line.
    std::string ask(const std::string& question, const std::string& otherwise = {});

  private:
    // Again and again while the node is starting.
    template <typename Answer>
    Answer patiently(const std::function<Answer(Client&)>& ask);
    Client::Progress progress_bar(const std::string& what);

    Environment& env_;
    const Globals& globals_;
    SoFar so_far_;
};

// What a command does once its arguments are read.
using Run = std::function<Result<Exit>(Context&)>;

}  // namespace lapx::cli
