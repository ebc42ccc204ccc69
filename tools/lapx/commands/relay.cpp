#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {

using nlohmann::json;

Run define_relay(CLI::App& app) {
    app.footer(
        "Whose files are kept, and how much of them, stands in [relay] of config.toml. Nothing\n"
        "in a file can be read here.\n\n" +
        app.get_footer());
    return [](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json list, context.get_list(api_path({"relay"})));
        return context.done(list, context.table(table_of(list["items"], {{"FOR", "owner"},
                                                                         {"FROM", "depositor"},
                                                                         {"SIZE", "size"},
                                                                         {"SINCE", "since"},
                                                                         {"UNTIL", "expires"}})));
    };
}

}  // namespace lapx::cli
