#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {

using nlohmann::json;

Run define_metrics(CLI::App& app) {
    app.footer("The text is in the format of Prometheus, for a monitor to read.\n\n" +
               app.get_footer());
    return [](Context& context) -> Result<Exit> {
        if (context.globals().json) {
            LAPX_TRY_ASSIGN(const json status, context.get(api_path({"status"})));
            return context.done({{"figures", status.value("figures", json::object())}}, "");
        }
        LAPX_TRY_ASSIGN(const std::string text, context.get_text(api_path({"metrics"})));
        return context.done(nullptr, text);
    };
}

}  // namespace lapx::cli
