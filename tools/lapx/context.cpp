#include "tools/lapx/context.hpp"

#include <chrono>
#include <istream>
#include <ostream>
#include <thread>
#include <utility>

#include "config/config.hpp"
#include "schema/base/text.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kSystemSocket = "/run/lapx/control.sock";
// A node that has just started does not write before a peer confirmed its ledger, for 30 s at most.
constexpr std::chrono::seconds kStartingDeadline{40};
constexpr std::chrono::milliseconds kStartingPause{250};

}  // namespace

fs::path Context::home() const {
    if (!globals_.home.empty()) {
        return globals_.home;
    }
    if (const auto home = env_.variable("LAPX_HOME")) {
        return *home;
    }
    const std::string user = env_.variable("HOME").value_or("/nonexistent");
    return fs::path(env_.variable("XDG_STATE_HOME").value_or(user + "/.local/state")) / "lapx";
}

Result<fs::path> Context::socket() const {
    if (!globals_.socket.empty()) {
        return globals_.socket;
    }
    std::error_code ignored;
    const bool named = !globals_.home.empty() || env_.variable("LAPX_HOME").has_value();
    if (!named && fs::exists(kSystemSocket, ignored)) {
        return kSystemSocket;
    }
    const fs::path file = fs::absolute(home()) / "config.toml";
    const auto config = config::load(file);
    if (!config && config.error().code == Code::kNotFound) {
        return fail(Code::kNodeUnreachable, "there is no node in " + home().string());
    }
    if (!config) {
        return tl::unexpected<Error>(config.error());
    }
    return config->control.socket;
}

template <typename Answer>
Answer Context::patiently(const std::function<Answer(Client&)>& ask) {
    LAPX_TRY_ASSIGN(const fs::path at, socket());
    Client client(at.string());
    const auto end = std::chrono::steady_clock::now() + kStartingDeadline;
    bool told = false;
    while (true) {
        auto answer = ask(client);
        const bool starting = !answer && answer.error().code == Code::kStarting;
        if (!starting || std::chrono::steady_clock::now() > end) {
            return answer;
        }
        if (!std::exchange(told, true)) {
            remark("The node has just started and is asking its peers; waiting for it.");
        }
        std::this_thread::sleep_for(kStartingPause);
    }
}

Result<json> Context::call(const std::string& method, const std::string& path, const Query& query,
                           const json& body) {
    return patiently<Result<json>>(
        [&](Client& client) { return client.call(method, path, query, body); });
}

// A line that grows over itself, a step for each percent.
Client::Progress Context::progress_bar(const std::string& what) {
    if (!shows_progress()) {
        return {};
    }
    return [this, what, shown = std::uint64_t{101}](std::uint64_t done, std::uint64_t all) mutable {
        const std::uint64_t percent = all == 0 ? 100 : done * 100 / all;
        if (percent != shown) {
            shown = percent;
            env_.err << "\r" << escape(what) << " " << percent << " %" << (done == all ? "\n" : "")
                     << std::flush;
        }
    };
}

Result<json> Context::upload(const fs::path& file) {
    return patiently<Result<json>>([&](Client& client) {
        return client.upload(api_path({"uploads"}), file, progress_bar(file.filename().string()));
    });
}

Result<ContentDigest> Context::download(const std::string& path, int descriptor) {
    return patiently<Result<ContentDigest>>(
        [&](Client& client) { return client.download(path, descriptor, progress_bar("exhibit")); });
}

Result<json> Context::get(const std::string& path, const Query& query) {
    return call("GET", path, query, nullptr);
}

Result<std::string> Context::get_text(const std::string& path) {
    return patiently<Result<std::string>>([&](Client& client) { return client.text(path); });
}

Result<json> Context::post(const std::string& path, const json& body) {
    return call("POST", path, {}, body);
}

Result<json> Context::patch(const std::string& path, const json& body) {
    return call("PATCH", path, {}, body);
}

Result<json> Context::get_list(const std::string& path, Query query) {
    json items = json::array();
    while (true) {
        LAPX_TRY_ASSIGN(const json page, get(path, query));
        const auto list = page.is_object() ? page.find("items") : page.end();
        if (list == page.end() || !list->is_array()) {
            return fail(Code::kInternal, "the node's answer is no list");
        }
        items.insert(items.end(), list->begin(), list->end());
        const std::string next = plain(page, "next");
        if (next.empty() || list->empty()) {
            return json{{"items", std::move(items)}, {"next", nullptr}};
        }
        query["cursor"] = next;
    }
}

Exit Context::done(const json& document, const std::string& text) {
    if (globals_.json) {
        env_.out << document.dump(2, ' ', true, json::error_handler_t::replace) << "\n";
    } else {
        env_.out << text;
    }
    return Exit::kDone;
}

void Context::remark(const std::string& text) { env_.err << escape(text) << "\n"; }

std::string Context::table(const Table& table) const {
    return render(table, env_.out_is_terminal && !env_.variable("NO_COLOR"));
}

std::string Context::ask(const std::string& question, const std::string& otherwise) {
    env_.err << escape(question) << (otherwise.empty() ? "" : " [" + escape(otherwise) + "]")
             << ": " << std::flush;
    std::string line;
    std::getline(env_.in, line);
    return line.empty() ? otherwise : line;
}

}  // namespace lapx::cli
