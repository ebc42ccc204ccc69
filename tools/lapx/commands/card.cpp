#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {

Run define_card_show(CLI::App& app) {
    struct Options {
        std::filesystem::path out;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("-o,--output", options->out, "Write the card file here");
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const nlohmann::json card, context.get(api_path({"card"})));
        const std::string file = plain(card, "card_file");
        if (options->out.empty()) {
            // The node's own card is the one text that must reach a pipe octet for octet.
            return context.done(card, file);
        }
        LAPX_TRY(write_file(options->out, as_bytes(file)));
        return context.done(card, fields({{"Card", options->out.string()},
                                          {"Safety number", plain(card, "safety_number")}}));
    };
}

}  // namespace lapx::cli
