#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

// Which exhibits `lapx exhibit get` gives; empty where there are none at all.
std::string exhibits_here(const json& exhibits) {
    std::vector<std::string> numbers;
    for (const json& exhibit : exhibits) {
        if (plain(exhibit, "here") == "yes") {
            numbers.push_back(plain(exhibit, "exhibit"));
        }
    }
    return exhibits.empty() ? "" : numbers.empty() ? "none" : join(numbers, ", ");
}

std::string text_of(const json& referral, const Context& context) {
    const json handling = referral.value("handling", json::object());
    std::string text =
        fields({{"Referral", plain(referral, "referral")},
                {"From", plain(referral, "from")},
                {"To", plain(referral, "to")},
                {"Kind", plain(referral, "kind")},
                {"State", plain(referral, "state")},
                {"Created", plain(referral, "created")},
                {"Handling", "TLP:" + plain(handling, "tlp") + ", PAP:" + plain(handling, "pap")},
                {"Permitted uses", plain(handling, "uses")},
                {"Passing on", plain(handling, "onward")},
                {"Exhibits here", exhibits_here(referral.value("exhibits", json::array()))},
                {"Receipt", plain(referral, "receipt").empty() ? "none yet" : "held"}});
    text += "\n" + items_text(referral.value("items", json::array()));
    text += withheld_text(referral.value("withheld", json::array()), context);
    const std::string messages =
        context.table(table_of(referral.value("messages", json::array()),
                               {{"TO", "to"}, {"STATE", "state"}, {"MESSAGE", "message"}}));
    const std::string history =
        context.table(table_of(referral.value("history", json::array()),
                               {{"TIME", "time"}, {"EVENT", "event"}, {"BY", "by"}}));
    text += messages.empty() ? "" : "\n" + messages;
    return text + (history.empty() ? "" : "\n" + history);
}

}  // namespace

Run define_show(CLI::App& app) {
    struct Options {
        std::filesystem::path bundle;
        std::string to;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    app.add_option("--bundle", options->bundle, "Write what proves it into this folder");
    app.add_option("--to", options->to, "With --bundle: which recipient's copy");
    return [id, options](Context& context) -> Result<Exit> {
        if (options->bundle.empty()) {
            LAPX_TRY_ASSIGN(const json referral, context.get(api_path({"referrals", *id})));
            return context.done(referral, text_of(referral, context));
        }
        const Query query = options->to.empty() ? Query{} : Query{{"to", options->to}};
        LAPX_TRY_ASSIGN(const json bundle,
                        context.get(api_path({"referrals", *id, "bundle"}), query));
        LAPX_TRY_ASSIGN(const Files files, files_from(bundle));
        LAPX_TRY(write_tree(options->bundle, files));
        const std::string folder = options->bundle.string();
        return context.done(
            {{"bundle", folder}, {"files", files.size()}},
            fields({{"Bundle", folder}, {"Check it", "lapx verify " + shell_word(folder)}}));
    };
}

}  // namespace lapx::cli
