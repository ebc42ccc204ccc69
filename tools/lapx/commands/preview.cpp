#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

Run define_preview(CLI::App& app) {
    const auto id = add_referral(app);
    const auto desk = std::make_shared<std::string>();
    app.add_option("--as", *desk, "The recipient, e.g. spam@acma.example")->required();
    return [id, desk](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const nlohmann::json preview,
                        context.get(api_path({"referrals", *id, "preview"}), {{"as", *desk}}));
        return context.done(preview, preview_text(preview, context));
    };
}

}  // namespace lapx::cli
