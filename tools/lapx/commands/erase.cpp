// Erasing, and holds that forbid it.

#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

void remark_erased(Context& context, const json& answer) {
    std::string derived;
    for (const json& id : answer.value("derived", json::array())) {
        derived += " " + id.get<std::string>();
    }
    if (!derived.empty()) {
        context.remark("What you made from it holds the same, and was left as it is:" + derived);
    }
    const json elsewhere = answer.value("elsewhere", json::array());
    if (!elsewhere.empty()) {
        context.remark(
            "Other versions hold something else under that name, and were left as they "
            "are: " +
            plain(elsewhere) + ". --version N names one.");
    }
    const std::string exhibit = plain(answer, "exhibit_left");
    if (!exhibit.empty()) {
        context.remark(
            "Only its description was erased: the file itself is still here. Next: lapx "
            "erase " +
            plain(answer, "referral") + " --exhibit " + exhibit + " --basis \"…\"");
    }
    if (plain(answer, "already_erased") == "yes") {
        context.remark("It was erased before: nothing was done.");
        return;
    }
    if (plain(answer, "wal_emptied") != "yes") {
        context.remark(
            "Somebody is reading the database: the key may still lie in lapx.db-wal. The node "
            "empties that as soon as it can.");
    }
    context.remark(
        "Backups made before still hold the key: deal with them. What recipients hold is theirs: "
        "nothing was erased there.");
}

}  // namespace

Run define_erase(CLI::App& app) {
    struct Options {
        std::string item;
        std::uint64_t exhibit = 0;
        std::string basis;
        std::string version;
        std::string as;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    auto* item = app.add_option("--item", options->item,
                                "Only this item: its label, as in party:2, or number");
    app.add_option("--exhibit", options->exhibit, "Only this exhibit, by its number")
        ->excludes(item)
        ->check(CLI::PositiveNumber);
    app.add_option("--basis", options->basis, "Why, in your own law; stands in the ledger")
        ->required();
    app.add_option("--version", options->version, "By the numbers of an earlier version of it");
    app.add_option("--as", options->as, "By what came to this desk of yours");
    return [id, options](Context& context) -> Result<Exit> {
        json body{{"basis", options->basis},
                  {"whole", options->item.empty() && options->exhibit == 0}};
        if (!options->item.empty()) {
            body["item"] = options->item;
        }
        if (options->exhibit != 0) {
            body["exhibit"] = options->exhibit;
        }
        Query query;
        if (!options->version.empty()) {
            query["version"] = options->version;
        }
        if (!options->as.empty()) {
            query["as"] = options->as;
        }
        LAPX_TRY_ASSIGN(const json answer,
                        context.call("POST", api_path({"referrals", *id, "erase"}), query, body));
        remark_erased(context, answer);
        return context.done(answer, fields({{"Referral", plain(answer, "referral")},
                                            {"Version", plain(answer, "version")},
                                            {"Erased", plain(answer, "what")}}));
    };
}

Run define_hold(CLI::App& app) {
    struct Options {
        std::string basis;
        bool lift = false;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    app.add_option("--basis", options->basis, "Why; stands in the ledger")->required();
    app.add_flag("--lift", options->lift, "It may be erased again");
    return [id, options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json answer,
                        context.post(api_path({"referrals", *id, "hold"}),
                                     {{"basis", options->basis}, {"lift", options->lift}}));
        if (plain(answer, "changed") == "no") {
            context.remark("So it was before: nothing was done.");
        }
        return context.done(answer, fields({{"Referral", plain(answer, "referral")},
                                            {"Held", plain(answer, "held")}}));
    };
}

}  // namespace lapx::cli
