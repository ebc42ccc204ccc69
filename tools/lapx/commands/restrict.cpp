#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

Run define_restrict(CLI::App& app) {
    struct Options {
        std::vector<std::string> to;
        bool lift = false;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    add_list(app, "--to", options->to, "An operator's id, of config.toml; may stand several times");
    app.add_flag("--lift", options->lift, "Whoever works at its desk sees it again");
    app.parse_complete_callback([options] {
        if (options->to.empty() != options->lift) {
            throw CLI::RequiredError("Either --to or --lift");
        }
    });
    return [id, options](Context& context) -> Result<Exit> {
        const nlohmann::json body =
            options->lift ? nlohmann::json{{"lift", true}} : nlohmann::json{{"to", options->to}};
        LAPX_TRY_ASSIGN(const nlohmann::json made,
                        context.post(api_path({"referrals", *id, "restrict"}), body));
        const std::string officers = plain(made, "restricted_to");
        return context.done(
            made, fields({{"Referral", plain(made, "referral")},
                          {"Seen by", officers.empty() ? "whoever works at its desk" : officers}}));
    };
}

}  // namespace lapx::cli
