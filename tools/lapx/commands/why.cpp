#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

using nlohmann::json;

namespace {

std::string relay_text(const json& message) {
    const json relay = message.value("relay", json());
    if (!relay.is_object()) {
        return "";
    }
    const std::string state = plain(relay, "state");
    return plain(relay, "agency") + (state == "kept"      ? " keeps it until it is fetched"
                                     : state == "refused" ? " refused it: " + plain(relay, "code")
                                                          : " was given it, and has not answered");
}

}  // namespace

Run define_why(CLI::App& app) {
    const auto id = add_referral(app);
    return [id](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json why, context.get(api_path({"referrals", *id, "why"})));
        std::string text = why.value("messages", json::array()).empty()
                               ? fields({{"State", plain(why, "state")},
                                         {"Waits for", plain(why, "waits_for")},
                                         {"Leaves", plain(why, "leaves")},
                                         {"Advice", plain(why, "hint")}})
                               : "";
        for (const json& message : why.value("messages", json::array())) {
            text += (text.empty() ? "" : "\n") + fields({{"To", plain(message, "to")},
                                                         {"State", plain(message, "state")},
                                                         {"Cause", plain(message, "cause")},
                                                         {"Since", plain(message, "since")},
                                                         {"Attempts", plain(message, "attempts")},
                                                         {"Next", plain(message, "next_attempt")},
                                                         {"Relay", relay_text(message)},
                                                         {"Advice", plain(message, "hint")}});
        }
        if (const std::string away = exhibits_elsewhere(why.value("exhibits", json::array()));
            !away.empty()) {
            text += (text.empty() ? "" : "\n") + fields({{"Exhibits not here", away}});
        }
        return context.done(why, text);
    };
}

}  // namespace lapx::cli
