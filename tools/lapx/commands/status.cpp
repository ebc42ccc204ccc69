#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

// As their relay.
std::string kept_text(const json& relayed) {
    return relayed.value("files", 0) == 0
               ? ""
               : plain(relayed, "files") + " files, " + plain(relayed, "octets") + " octets";
}

std::string status_text(const json& status, const Context& context) {
    const json ledger = status.value("ledger", json());
    std::string text =
        fields({{"Agency", plain(status, "agency")},
                {"Name", plain(status, "name")},
                {"Safety number", plain(status, "safety_number")},
                {"Listens on", plain(status, "endpoint")},
                {"Advertises", plain(status, "advertises")},
                {"Ledger", plain(ledger, "size") + " entries, root " + plain(ledger, "root")},
                {"Waiting", plain(status, "queued") + " to be delivered"},
                {"Kept for others", kept_text(status.value("relayed", json::object()))},
                {"Version", plain(status, "version")}});
    const std::string peers =
        context.table(table_of(status.value("peers", json::array()), {{"PEER", "agency"},
                                                                      {"STATE", "state"},
                                                                      {"CONNECTION", "connection"},
                                                                      {"LAST SEEN", "last_seen"}}));
    text += peers.empty() ? "" : "\n" + peers;
    for (const json& warning : status.value("warnings", json::array())) {
        text += "\n" + fields({{"Warning", plain(warning)}});
    }
    return text;
}

}  // namespace

Run define_status(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json status, context.get(api_path({"status"})));
        return context.done(status, status_text(status, context));
    };
}

}  // namespace lapx::cli
