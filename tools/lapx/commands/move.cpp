// Steps of fixed words in a case, and what is still owed.

#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

Result<Exit> say(Context& context, const std::string& id, const json& body) {
    LAPX_TRY_ASSIGN(const json moved, context.post(api_path({"referrals", id, "move"}), body));
    return context.done(moved, fields({{"Referral", plain(moved, "referral")},
                                       {"Version", plain(moved, "version")},
                                       {"Said", plain(moved, "move")},
                                       {"To", plain(moved, "with")},
                                       {"Uses", plain(moved, "uses")},
                                       {"Passing on to", plain(moved, "onward")}}));
}

Run define_consent_answer(CLI::App& app, const char* move) {
    const auto id = add_referral(app);
    const auto to = std::make_shared<std::string>();
    app.add_option("--to", *to, "The desk that asked")->required();
    return [id, to, move](Context& context) {
        return say(context, *id, {{"move", move}, {"to", *to}});
    };
}

}  // namespace

Run define_acknowledge(CLI::App& app) {
    const auto id = add_referral(app);
    return [id](Context& context) { return say(context, *id, {{"move", "acknowledged"}}); };
}

Run define_consent_ask(CLI::App& app) {
    struct Options {
        std::vector<std::string> uses;
        std::vector<std::string> onward;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    add_list(app, "--use", options->uses, "What you want to use it for, e.g. judicial-evidence");
    add_list(app, "--onward", options->onward, "An agency that you want to pass it on to");
    return [id, options](Context& context) {
        return say(
            context, *id,
            {{"move", "consent-asked"}, {"uses", options->uses}, {"onward", options->onward}});
    };
}

Run define_consent_grant(CLI::App& app) { return define_consent_answer(app, "consent-granted"); }
Run define_consent_refuse(CLI::App& app) { return define_consent_answer(app, "consent-refused"); }

Run define_recall(CLI::App& app) {
    const auto id = add_referral(app);
    const auto state = std::make_shared<std::string>();
    app.add_option("STATE", *state, "pending, done or refused")
        ->required()
        ->check(CLI::IsMember({"pending", "done", "refused"}));
    return [id, state](Context& context) {
        return say(context, *id, {{"move", "recall-" + *state}});
    };
}

Run define_due(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json due, context.get(api_path({"due"})));
        const json items = due.value("items", json::array());
        return context.done(due, items.empty()
                                     ? "Nothing is due.\n"
                                     : context.table(table_of(items, {{"WHAT", "what"},
                                                                      {"REFERRAL", "referral"},
                                                                      {"VERSION", "version"},
                                                                      {"DESK", "desk"},
                                                                      {"WITH", "with"},
                                                                      {"DUE", "due"},
                                                                      {"OVERDUE", "overdue"},
                                                                      {"HELD", "held"}})));
    };
}

}  // namespace lapx::cli
