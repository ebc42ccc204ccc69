// What follows a referral. Each makes a draft, which is previewed, approved and sent as any other.

#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/editor.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

struct FollowOptions {
    DraftOptions draft;
    ReleaseOptions release;
    std::vector<std::string> unset;
    TextOptions text;
};

Result<Exit> begin(Context& context, const std::string& id, const char* act, json body) {
    body["act"] = act;
    LAPX_TRY_ASSIGN(const json draft, context.post(api_path({"referrals", id, "follow"}), body));
    for (const json& one : draft.value("unreachable", json::array())) {
        context.remark("Not told, for nothing can be sealed to it now: " + plain(one, "to") + " (" +
                       plain(one, "code") + ")");
    }
    remark_next(context, draft);
    return context.done(draft, draft_text(draft, context));
}

Result<json> body_of_follower(Context& context, const FollowOptions& options) {
    LAPX_TRY_ASSIGN(json body, body_of(options.draft));
    LAPX_TRY(add_release_members(body, options.release));
    if (!options.unset.empty()) {
        body["unset"] = options.unset;
    }
    LAPX_TRY(upload_exhibits(context, options.draft, body));
    return body;
}

// A text is its `facts`.
Result<Exit> begin_with_text(Context& context, const std::string& id, const char* act,
                             const FollowOptions& options) {
    LAPX_TRY_ASSIGN(json body, body_of_follower(context, options));
    const auto go = [&](const std::string& text) -> Result<Exit> {
        if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
            return fail(Code::kInvalidArgument, "say it: -m TEXT or -F FILE");
        }
        body["set"]["facts"] = text;
        return begin(context, id, act, body);
    };
    LAPX_TRY_ASSIGN(const std::string text, text_of(options.text));
    const bool given = !text.empty() || !options.text.file.empty();
    return given || !context.can_ask() ? go(text)
                                       : edit_text(context, std::string(act) + ".txt", {}, go);
}

Run define_text_act(CLI::App& app, const char* act, const char* help) {
    const auto id = add_referral(app);
    const auto options = std::make_shared<FollowOptions>();
    add_text_options(app, options->text, help);
    add_draft_options(app, options->draft);
    add_release_options(app, options->release);
    return [id, options, act](Context& context) {
        return begin_with_text(context, *id, act, *options);
    };
}

Run define_version_act(CLI::App& app, const char* act) {
    const auto id = add_referral(app);
    const auto options = std::make_shared<FollowOptions>();
    add_draft_options(app, options->draft);
    add_list(app, "--unset", options->unset, "ITEM to be taken out");
    add_release_options(app, options->release);
    return [id, options, act](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(json body, body_of_follower(context, *options));
        return begin(context, *id, act, std::move(body));
    };
}

}  // namespace

Run define_supplement(CLI::App& app) { return define_version_act(app, "supplement"); }
Run define_correct(CLI::App& app) { return define_version_act(app, "correct"); }
Run define_withdraw(CLI::App& app) {
    return define_text_act(app, "withdraw", "Why; without, at a terminal, your editor");
}
Run define_clarify(CLI::App& app) {
    return define_text_act(app, "clarify", "What you ask; without, at a terminal, your editor");
}
Run define_answer(CLI::App& app) {
    return define_text_act(app, "answer", "The answer; without, at a terminal, your editor");
}

Run define_forward(CLI::App& app) {
    const auto id = add_referral(app);
    const auto options = std::make_shared<FollowOptions>();
    add_recipients(app, options->draft);
    app.get_option("--to")->required();
    add_draft_options(app, options->draft);
    add_list(app, "--unset", options->unset, "ITEM to be left out");
    add_release_options(app, options->release);
    return [id, options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json body, body_of_follower(context, *options));
        LAPX_TRY_ASSIGN(const json draft,
                        context.post(api_path({"referrals", *id, "forward"}), body));
        for (const json& one : draft.value("left_out", json::array())) {
            context.remark("Left out, for it stood for something that you did not get: " +
                           plain(one));
        }
        remark_next(context, draft);
        return context.done(draft, draft_text(draft, context));
    };
}

Run define_disclose(CLI::App& app) {
    struct Options {
        std::vector<std::string> items;
        std::string to;
        std::string basis;
        bool send = false;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    add_list(app, "--item", options->items, "What goes now: a label, label:2, or a number");
    app.get_option("--item")->required();
    app.add_option("--to", options->to, "Which of its recipients gets it")->required();
    app.add_option("--basis", options->basis, "On what basis, e.g. a court order, for your ledger")
        ->required();
    app.add_flag("--send", options->send, "Approve and send at once, where one person may");
    return [id, options](Context& context) {
        return begin(context, *id, "disclose",
                     {{"items", options->items},
                      {"to", options->to},
                      {"basis", options->basis},
                      {"send", options->send}});
    };
}

}  // namespace lapx::cli
