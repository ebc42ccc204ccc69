#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

std::string standing_text(const json& standing) {
    const json handling = standing.value("handling", json::object());
    const bool in_force = plain(standing, "in_force") == "yes";
    return fields(
        {{"Feed", plain(standing, "feed")},
         {"Standing approval", plain(standing, "standing")},
         {"In force", in_force ? "yes" : "no: " + plain(standing, "cause")},
         {"To", join(standing.value("to", std::vector<std::string>()), "\n")},
         {"Handling", "TLP:" + plain(handling, "tlp") + ", PAP:" + plain(handling, "pap")},
         {"Permitted uses", plain(handling, "uses")},
         {"Passing on", plain(handling, "onward")},
         {"Attribution", plain(handling, "attribution")},
         {"Resale", plain(handling, "no_resale") == "yes" ? "no" : ""},
         {"Today", plain(standing, "used_today") + " of " + plain(standing, "per_day")},
         {"Until", plain(standing, "expires")},
         {"Ended", plain(standing, "ended")},
         {"Policy", plain(standing, "policy")},
         {"Approver", plain(standing, "approver")}});
}

}  // namespace

Run define_standing_add(CLI::App& app) {
    struct Options {
        DraftOptions terms;
        std::string feed;
        std::uint64_t per_day = 0;
        std::string until;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("--feed", options->feed, "The feed's name, as in lapx file --feed")->required();
    add_recipients(app, options->terms);
    add_terms(app, options->terms);
    app.get_option("--to")->required();
    app.add_option("--per-day", options->per_day, "Referrals at most in a day (UTC)")->required();
    app.add_option("--until", options->until, "When it ends: a time, or a day, included")
        ->required();
    app.footer(
        "It covers what is filed with just these terms, to some or all of these recipients,\n"
        "under the disclosure policy that is in force now.\n\n" +
        app.get_footer());
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(json body, body_of(options->terms));
        body["feed"] = options->feed;
        body["per_day"] = options->per_day;
        body["expires"] = options->until;
        LAPX_TRY_ASSIGN(const json standing, context.post(api_path({"standing"}), body));
        return context.done(standing, standing_text(standing));
    };
}

Run define_standing_list(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json list, context.get_list(api_path({"standing"})));
        std::string text;
        for (const json& standing : list.value("items", json::array())) {
            text += (text.empty() ? "" : "\n") + standing_text(standing);
        }
        if (text.empty()) {
            context.remark("nothing there");
        }
        return context.done(list, text);
    };
}

Run define_standing_end(CLI::App& app) {
    const auto feed = std::make_shared<std::string>();
    app.add_option("FEED", *feed, "The feed's name")->required();
    return [feed](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json standing, context.post(api_path({"standing", *feed, "end"})));
        return context.done(standing, standing_text(standing));
    };
}

}  // namespace lapx::cli
