#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

struct GroundOptions {
    std::string reason;
    std::string basis;
    std::string from;
};

void add_ground_options(CLI::App& app, GroundOptions& options) {
    app.add_option("--reason", options.reason, "Why; lapx list reasons")->required();
    app.add_option("--basis", options.basis, "The legal basis, for your own ledger");
    app.add_option("--from", options.from, "Only from this desk, e.g. spam@acma.example");
}

json body_of(const GroundOptions& options) {
    json body{{"reason", options.reason}};
    if (!options.basis.empty()) {
        body["basis"] = options.basis;
    }
    if (!options.from.empty()) {
        body["from"] = options.from;
    }
    return body;
}

}  // namespace

Run define_withhold(CLI::App& app) {
    struct Options {
        std::string item;
        std::string show;
        bool wholly = false;
        GroundOptions grounds;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    CLI::Option* item = app.add_option("ITEM", options->item, "A label, or an item's number");
    CLI::Option* show = app.add_option(
        "--show", options->show, "What they are told: reason (unless you say), category or silent");
    add_ground_options(app, options->grounds);
    app.add_flag("--wholly", options->wholly, "All items: the desk in --from gets nothing at all")
        ->needs("--from")
        ->excludes(item)
        ->excludes(show);
    app.parse_complete_callback([options] {
        if (!options->wholly && options->item.empty()) {
            throw CLI::RequiredError("ITEM");
        }
    });
    return [id, options](Context& context) -> Result<Exit> {
        json body = body_of(options->grounds);
        if (options->wholly) {
            body["wholly"] = true;
        } else {
            body["item"] = options->item;
        }
        if (!options->show.empty()) {
            body["show"] = options->show;
        }
        LAPX_TRY_ASSIGN(const json draft,
                        context.post(api_path({"referrals", *id, "withhold"}), body));
        if (!options->wholly) {
            remark_if_absent(context, draft, options->item);
        }
        return context.done(draft, draft_text(draft, context));
    };
}

Run define_redact(CLI::App& app) {
    struct Options {
        std::string item;
        std::string show;
        TextOptions text;
        GroundOptions grounds;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    app.add_option("ITEM", options->item,
                   "A label, which of several (indicator:2), or an item's number")
        ->required();
    add_text_options(app, options->text, "What goes in its place");
    app.add_option("--show", options->show, "What they are told of the item: reason or category")
        ->default_val("reason");
    add_ground_options(app, options->grounds);
    return [id, options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const std::string text, text_of(options->text));
        json body = body_of(options->grounds);
        body["item"] = options->item;
        body["show"] = options->show;
        body["text"] = text;
        LAPX_TRY_ASSIGN(const json draft,
                        context.post(api_path({"referrals", *id, "redact"}), body));
        return context.done(draft, draft_text(draft, context));
    };
}

}  // namespace lapx::cli
