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
        } else if (plain(peer, "connected") == "no" &&
                   (state == "verified" || state == "vouched")) {
            const std::string seen = plain(peer, "last_seen");
            std::string found = agency;
            found += " is not connected; last seen ";
            found += seen.empty() ? "never" : seen;
            checks.bad("contact", found,
                       "is their node up, and are the addresses on both cards right?");
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

Run define_doctor(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        Checks checks;
        check_home(context, checks);
        check_node(context, checks);
        context.done(
            {{"items", checks.items()}, {"next", nullptr}},
            context.table(table_of(
                checks.items(),
                {{"CHECK", "name"}, {"OK", "ok"}, {"DETAIL", "detail"}, {"WHAT TO DO", "hint"}})));
        return checks.sound() ? Exit::kDone : Exit::kRefused;
    };
}

}  // namespace lapx::cli
