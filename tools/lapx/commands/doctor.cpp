#include <CLI/CLI.hpp>

#include <sys/stat.h>

#include "config/config.hpp"
#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

class Checks {
  public:
    void good(const char* name, const std::string& detail) { add(name, true, detail, {}); }
    void bad(const char* name, const std::string& detail, const std::string& advice) {
        add(name, false, detail, advice);
        sound_ = false;
    }
    void bad(const char* name, const Error& error) {
        bad(name, error.context.empty() ? std::string(to_string(error.code)) : error.context,
            std::string(hint(error.code)));
    }
    const json& items() const { return items_; }
    bool sound() const { return sound_; }

  private:
    void add(const char* name, bool ok, const std::string& detail, const std::string& advice) {
        items_.push_back({{"name", name}, {"ok", ok}, {"detail", detail}, {"hint", advice}});
    }
    json items_ = json::array();
    bool sound_ = true;
};

void check_home(Context& context, Checks& checks) {
    const std::filesystem::path home = std::filesystem::absolute(context.home());
    struct stat info {};
    if (::stat(home.c_str(), &info) != 0) {
        // Somebody else's node: its home is none of this operator's business.
        return;
    }
    if ((info.st_mode & 077U) != 0) {
        checks.bad("home", home.string() + " can be entered by others",
                   "chmod 700 " + home.string());
    } else {
        checks.good("home", home.string());
    }
    const auto config = config::load(home / "config.toml");
    if (config) {
        checks.good("configuration", config->agency.text());
    } else {
        checks.bad("configuration", config.error());
    }
}

bool is_trusted(const json& peer) {
    const std::string state = plain(peer, "state");
    return state == "verified" || state == "vouched";
}

std::string advice_on(const std::string& connection) {
    if (connection == "waits-for-it") {
        return "is their node up? It has to dial you: lapx doctor --reach says whether others can";
    }
    if (connection == "neither-dialled") {
        return "one of the two has to listen and advertise an address, or both need a relay: "
               "docs/operations.md, Reach, Relays";
    }
    if (connection == "no-proxy") {
        return "is the proxy of [transport] socks up, and does it let you through to them?";
    }
    return "is their node up, and are the addresses on both cards right?";
}

// Whether somebody else reaches the addresses that our notice names. True once a peer has tried.
bool check_reach_by(Context& context, const std::string& agency, Checks& checks, bool last) {
    const auto answer = context.post(api_path({"contacts", agency, "reach"}));
    if (!answer) {
        if (last) {
            checks.bad("reach", answer.error());
        }
        return false;
    }
    for (const json& endpoint : answer->value("endpoints", json::array())) {
        const std::string found = agency + " dialled " + plain(endpoint, "endpoint") + ": " +
                                  plain(endpoint, "result") + ", " + plain(endpoint, "detail");
        if (plain(endpoint, "result") == "reached") {
            checks.good("reach", found);
        } else {
            checks.bad("reach", found, plain(endpoint, "hint"));
        }
    }
    return true;
}

// By the agency named, or the first connected one that does so.
void check_reach(Context& context, const std::string& agency, Checks& checks) {
    const auto status = context.get(api_path({"status"}));
    if (!status) {
        return;  // said already
    }
    if (status->value("advertises", json::array()).empty()) {
        checks.good("reach",
                    "your notice names no address: nobody dials this node, and it receives over "
                    "the connections that it dialled");
        return;
    }
    std::vector<std::string> peers;
    if (!agency.empty()) {
        peers.push_back(agency);
    }
    for (const json& peer : status->value("peers", json::array())) {
        if (agency.empty() && plain(peer, "connected") == "yes" && is_trusted(peer)) {
            peers.push_back(plain(peer, "agency"));
        }
    }
    if (peers.empty()) {
        checks.bad("reach", "nobody is connected who could dial back", "lapx status says why");
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
        if (check_reach_by(context, peers[i], checks, i + 1 == peers.size())) {
            return;
        }
    }
}

void check_peers(const json& status, Checks& checks) {
    const json peers = status.value("peers", json::array());
    if (peers.empty()) {
        checks.bad("contacts", "no other agency is known",
                   "ask one for its card file, then: lapx contact add FILE");
    }
    for (const json& peer : peers) {
        const std::string agency = plain(peer, "agency");
        const std::string state = plain(peer, "state");
        if (state == "stranger") {
            checks.bad("contact", agency + " is not verified",
                       std::string(hint(Code::kNotVerified)));
        } else if (plain(peer, "connected") == "no" && plain(peer, "connection") != "by-relay" &&
                   is_trusted(peer)) {
            const std::string seen = plain(peer, "last_seen");
            checks.bad(
                "contact",
                plain(peer, "connection_detail") + "; last seen " + (seen.empty() ? "never" : seen),
                advice_on(plain(peer, "connection")));
        } else {
            std::string found = agency;
            found += ": ";
            found += state;
            checks.good("contact", found);
        }
    }
}

void check_node(Context& context, Checks& checks) {
    const auto status = context.get(api_path({"status"}));
    if (!status) {
        checks.bad("node", status.error());
        return;
    }
    checks.good("node", plain(*status, "agency") + ", " + plain(*status, "version"));
    for (const json& warning : status->value("warnings", json::array())) {
        checks.bad("warning", plain(warning), {});
    }
    check_peers(*status, checks);
    const auto ledger = context.get(api_path({"ledger", "verify"}));
    if (!ledger) {
        checks.bad("ledger", ledger.error());
    } else if (plain(*ledger, "ok") == "yes") {
        checks.good("ledger", plain(*ledger, "size") + " entries, all verified");
    } else {
        checks.bad("ledger", plain(*ledger, "problems"),
                   "stop lapxd, keep the home folder as it is, and compare with your last backup");
    }
}

}  // namespace

Run define_doctor(CLI::App& app) {
    struct Options {
        bool reach = false;
        std::string agency;
    };
    const auto options = std::make_shared<Options>();
    auto* const reach = app.add_flag("--reach", options->reach,
                                     "Have a connected agency dial the addresses of your notice");
    app.add_option("AGENCY", options->agency, "By whom; else by any")->needs(reach);
    return [options](Context& context) -> Result<Exit> {
        Checks checks;
        check_home(context, checks);
        check_node(context, checks);
        if (options->reach) {
            check_reach(context, options->agency, checks);
        }
        context.done(
            {{"items", checks.items()}, {"next", nullptr}},
            context.table(table_of(
                checks.items(),
                {{"CHECK", "name"}, {"OK", "ok"}, {"DETAIL", "detail"}, {"WHAT TO DO", "hint"}})));
        return checks.sound() ? Exit::kDone : Exit::kRefused;
    };
}

}  // namespace lapx::cli
