#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

Run define_withhold(CLI::App& app) {
    struct Options {
        std::string item;
        std::string reason;
        std::string show;
        std::string basis;
        std::string from;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    app.add_option("ITEM", options->item, "A label, or an item's number")->required();
    app.add_option("--reason", options->reason, "Why; lapx list reasons")->required();
    app.add_option("--show", options->show, "What they are told: reason, category or silent")
        ->default_val("reason");
    app.add_option("--basis", options->basis, "The legal basis, for your own ledger");
    app.add_option("--from", options->from, "Only from this desk, e.g. spam@acma.example");
    return [id, options](Context& context) -> Result<Exit> {
        nlohmann::json body{
            {"item", options->item}, {"reason", options->reason}, {"show", options->show}};
        if (!options->basis.empty()) {
            body["basis"] = options->basis;
        }
        if (!options->from.empty()) {
            body["from"] = options->from;
        }
        LAPX_TRY_ASSIGN(const nlohmann::json draft,
                        context.post(api_path({"referrals", *id, "withhold"}), body));
        remark_if_absent(context, draft, options->item);
        return context.done(draft, draft_text(draft, context));
    };
}

}  // namespace lapx::cli
