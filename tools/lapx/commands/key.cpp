#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {

using nlohmann::json;

Run define_key_rotate(CLI::App& app) {
    struct Options {
        std::string key;
        std::string desk;
        std::uint64_t overlap = 0;  // seconds
    };
    const auto options = std::make_shared<Options>();
    app.add_option("KEY", options->key, "desk, or connection")
        ->required()
        ->check(CLI::IsMember({"desk", "connection"}));
    app.add_option("DESK", options->desk, "Whose key, e.g. spam; not with connection");
    const CLI::Option* overlap =
        app.add_option("--overlap", options->overlap,
                       "For how long the former key still counts, e.g. 12h or 7d")
            ->transform(CLI::AsNumberWithUnit(
                std::map<std::string, std::uint64_t>{
                    {"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}},
                CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION"));
    app.footer(
        "desk: the new key is in use at once. The former one opens what was sealed to it, and is\n"
        "deleted once nothing can come any more that was sealed under the notice in force.\n\n"
        "connection: both keys are named at once. The new one takes the place of the former one\n"
        "once the notice in force has expired, so that whoever holds it reaches you all the "
        "time.\n\n"
        "With a shorter --overlap, what is still sealed to the former desk key is refused, and "
        "peers\n"
        "who did not connect in that time need your card file.\n\n" +
        app.get_footer());
    return [options, overlap](Context& context) -> Result<Exit> {
        json body{{"key", options->key}};
        if (!options->desk.empty()) {
            body["desk"] = options->desk;
        }
        if (overlap->count() > 0) {
            body["overlap_seconds"] = options->overlap;
        }
        LAPX_TRY_ASSIGN(const json card, context.post(api_path({"keys", "rotation"}), body));
        return context.done(card, own_card_text(card));
    };
}

}  // namespace lapx::cli
