#include <CLI/CLI.hpp>

#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/editor.hpp"
#include "tools/lapx/form.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

struct EditOptions {
    DraftOptions draft;
    std::vector<std::string> unset;
    std::vector<std::string> disclose;
    bool form = false;
    TextOptions form_file;
};

Result<json> whole_draft(Context& context, const std::string& id) {
    LAPX_TRY_ASSIGN(json referral, context.get(api_path({"referrals", id})));
    const std::string state = plain(referral, "state");
    if (state != "draft" && state != "approved") {
        return fail(Code::kWrongState, "only a draft can be edited, and this one was " + state);
    }
    return referral;
}

Result<Exit> change(Context& context, const std::string& id, const json& body) {
    LAPX_TRY_ASSIGN(const json draft, context.patch(api_path({"referrals", id}), body));
    remark_if_missing(context, draft);
    return context.done(draft, draft_text(draft, context));
}

Result<Exit> apply_form(Context& context, const json& referral, const std::string& form) {
    LAPX_TRY_ASSIGN(const json body, changes_in(form, referral));
    if (body.empty()) {
        context.remark("The form says what the draft says: nothing was changed.");
        return context.done(referral, {});
    }
    return change(context, plain(referral, "referral"), body);
}

Result<Exit> edit_form(Context& context, const json& referral) {
    return edit_text(context, plain(referral, "referral") + ".toml", print_form(referral),
                     [&](const std::string& form) { return apply_form(context, referral, form); });
}

Result<Exit> edit(Context& context, const std::string& id, const EditOptions& options) {
    LAPX_TRY_ASSIGN(json body, body_of(options.draft));
    if (!options.unset.empty()) {
        body["unset"] = options.unset;
    }
    if (!options.disclose.empty()) {
        body["disclose"] = options.disclose;
    }
    LAPX_TRY(upload_exhibits(context, options.draft, body));
    if (!body.empty()) {
        return change(context, id, body);
    }
    const bool from_file = !options.form_file.file.empty();
    if (!options.form && !from_file && !context.can_ask()) {
        return fail(Code::kInvalidArgument,
                    "say what to change: --set ITEM=VALUE, --unset ITEM, --form-file FILE, …");
    }
    LAPX_TRY_ASSIGN(const json referral, whole_draft(context, id));
    if (options.form) {
        const std::string form = print_form(referral);
        return context.done({{"referral", referral["referral"]}, {"form", form}}, form);
    }
    if (!from_file) {
        return edit_form(context, referral);
    }
    LAPX_TRY_ASSIGN(const std::string form, text_of(options.form_file));
    return apply_form(context, referral, form);
}

}  // namespace

Run define_edit(CLI::App& app) {
    const auto id = add_referral(app);
    const auto options = std::make_shared<EditOptions>();
    add_recipients(app, options->draft);
    add_draft_options(app, options->draft);
    add_list(app, "--unset", options->unset, "ITEM to be taken out");
    add_list(app, "--disclose", options->disclose, "ITEM that by default stays here, as it is now");
    auto* form =
        app.add_flag("--form", options->form, "Print the whole pro forma as it is filled in");
    app.add_option("-F,--form-file", options->form_file.file,
                   "A form that was filled in; - for standard input")
        ->excludes(form);
    app.footer(
        "Without an option, at a terminal: the whole pro forma in $VISUAL, $EDITOR or vi.\n"
        "Any change voids an approval.\n\n" +
        app.get_footer());
    return [id, options](Context& context) { return edit(context, *id, *options); };
}

}  // namespace lapx::cli
