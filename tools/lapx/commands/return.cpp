#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/editor.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

Run define_return(CLI::App& app) {
    const auto id = add_referral(app);
    const auto options = std::make_shared<TextOptions>();
    add_text_options(app, *options, "What is to be changed; without, at a terminal, your editor");
    return [id, options](Context& context) -> Result<Exit> {
        const auto give_back = [&](const std::string& text) -> Result<Exit> {
            if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
                return fail(Code::kInvalidArgument, "say what is to be changed");
            }
            LAPX_TRY_ASSIGN(const nlohmann::json draft,
                            context.post(api_path({"referrals", *id, "return"}), {{"text", text}}));
            return context.done(draft, draft_text(draft, context));
        };
        LAPX_TRY_ASSIGN(const std::string text, text_of(*options));
        const bool given = !text.empty() || !options->file.empty();
        return given || !context.can_ask() ? give_back(text)
                                           : edit_text(context, "return.txt", {}, give_back);
    };
}

}  // namespace lapx::cli
