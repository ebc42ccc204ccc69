#include <CLI/CLI.hpp>

#include <utility>

#include "schema/base/address.hpp"
#include "tools/lapx/bulk.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/draft_options.hpp"
#include "tools/lapx/guide.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

// One message; with its base64 it fits the node's limit for a request.
constexpr std::size_t kMaxMessage = std::size_t{25} << 20;

struct FileOptions {
    DraftOptions draft;
    std::string from_desk;
    ReleaseOptions release;
    std::string external_id;
    std::string feed;
    bool dry_run = false;
    BulkOptions bulk;
    std::vector<std::string> files;
};

Result<json> request_of(const FileOptions& options) {
    LAPX_TRY_ASSIGN(json body, body_of(options.draft));
    LAPX_TRY(add_release_members(body, options.release));
    const auto add = [&](const char* key, const std::string& text) {
        if (!text.empty()) {
            body[key] = text;
        }
    };
    add("from_desk", options.from_desk);
    add("external_id", options.external_id);
    add("feed", options.feed);
    return body;
}

// Makes the draft, shows each recipient's copy, and throws it away again.
Result<json> rehearse(Context& context, json body, std::string& text) {
    body["send"] = false;
    body.erase("feed");  // its standing approval would send it
    LAPX_TRY_ASSIGN(json draft, context.post(api_path({"drafts"}), body));
    const std::string id = plain(draft, "referral");
    draft["previews"] = json::array();
    Result<void> shown;
    for (const json& desk : body["to"]) {
        const auto preview =
            context.get(api_path({"referrals", id, "preview"}), {{"as", plain(desk)}});
        if (!preview) {
            shown = tl::unexpected<Error>(preview.error());
            break;
        }
        text += "To " + plain(desk) + "\n" + preview_text(*preview, context) + "\n";
        draft["previews"].push_back(*preview);
    }
    LAPX_TRY(context.post(api_path({"referrals", id, "discard"})));
    LAPX_TRY(shown);
    draft["state"] = "discarded";
    return draft;
}

struct Message {
    std::string name;
    Bytes octets;
};

// All of them, so that a file that cannot be read stops everything before anything is sent.
Result<std::vector<Message>> read_all(const std::vector<std::string>& files) {
    std::vector<Message> messages;
    for (const std::string& file : files) {
        LAPX_TRY_ASSIGN(Bytes octets, read_file(file == "-" ? "/dev/stdin" : file, kMaxMessage));
        messages.push_back({std::filesystem::path(file).filename().string(), std::move(octets)});
    }
    return messages;
}

// Begins the referral and, where there is a person to ask, completes it with what they answer. That
// is stored before anything is sent.
Result<json> file_one(Context& context, json body) {
    const bool send = body["send"].get<bool>();
    auto draft = context.post(api_path({"drafts"}), body);
    if (!context.can_ask()) {
        return draft;
    }
    if (!draft && send && draft.error().code == Code::kItemMissing) {
        body["send"] = false;
        draft = context.post(api_path({"drafts"}), body);
    }
    if (!draft || missing_of(*draft).empty() || plain(*draft, "already_filed") == "yes") {
        return draft;
    }
    const std::string id = plain(*draft, "referral");
    draft = ask_for_missing(context, *draft);
    if (draft && send) {
        draft = context.patch(api_path({"referrals", id}), {{"send", true}});
    }
    if (!draft) {
        context.remark("The draft is kept: lapx edit " + id);
    }
    return draft;
}

// What is given beside it holds for every line that does not say otherwise.
Result<Exit> file_lines(Context& context, const FileOptions& options) {
    if (!options.files.empty() || options.dry_run || !options.external_id.empty() ||
        !options.draft.exhibits.empty()) {
        return fail(Code::kInvalidArgument,
                    "with --bulk, each line names its message and external_id, and nothing is "
                    "rehearsed");
    }
    LAPX_TRY_ASSIGN(const json body, request_of(options));
    return file_bulk(context, body, options.bulk);
}

Result<Exit> file_all(Context& context, FileOptions options) {
    if (!options.bulk.file.empty()) {
        return file_lines(context, options);
    }
    // `--to a@b c@d` reads naturally: the second desk is no file.
    std::erase_if(options.files, [&](const std::string& word) {
        std::error_code ignored;
        const bool desk = Desk::parse(word) && !std::filesystem::exists(word, ignored);
        if (desk) {
            options.draft.to.push_back(word);
        }
        return desk;
    });
    if (options.draft.to.empty()) {
        return fail(Code::kNoRecipient, "give --to DESK@AGENCY");
    }
    LAPX_TRY_ASSIGN(json body, request_of(options));
    LAPX_TRY_ASSIGN(std::vector<Message> messages, read_all(options.files));
    if (messages.empty()) {
        messages.emplace_back();
    }
    if (messages.size() > 1 && !options.draft.exhibits.empty()) {
        return fail(Code::kInvalidArgument, "--exhibit goes with one referral");
    }
    LAPX_TRY(upload_exhibits(context, options.draft, body));
    json drafts = json::array();
    std::string text;
    for (Message& message : messages) {
        if (!options.files.empty()) {
            body["message_base64"] = base64(std::exchange(message.octets, {}));
            body["message_name"] = message.name;
        }
        if (options.dry_run) {
            LAPX_TRY_ASSIGN(json draft, rehearse(context, body, text));
            drafts.push_back(std::move(draft));
            continue;
        }
        LAPX_TRY_ASSIGN(json draft, file_one(context, body));
        text += (text.empty() ? "" : "\n") + draft_text(draft, context);
        if (plain(draft, "already_filed") == "yes") {
            context.remark("This number was filed before: nothing new was made of it.");
        }
        for (const json& item : body["withhold"]) {
            remark_if_absent(context, draft, plain(item, "item"));
        }
        remark_next(context, draft);
        drafts.push_back(std::move(draft));
        context.did({{"items", drafts}, {"next", nullptr}}, text);
    }
    const bool one = drafts.size() == 1;
    return context.done(one ? drafts[0] : json{{"items", drafts}, {"next", nullptr}}, text);
}

}  // namespace

Run define_file(CLI::App& app) {
    const auto options = std::make_shared<FileOptions>();
    options->draft.kind = "information";
    add_recipients(app, options->draft);
    add_draft_options(app, options->draft);
    app.get_option("--kind")->capture_default_str();
    app.add_option("--from-desk", options->from_desk, "Your desk, if you work for several");
    add_release_options(app, options->release);
    app.add_option("--external-id", options->external_id, "Your own number for it; never sent");
    app.add_option("--feed", options->feed,
                   "Send it under the standing approval of this feed; else it waits");
    app.add_option("--bulk", options->bulk.file,
                   "One referral for each line of this file, a JSON object; - for stdin");
    app.add_option("--messages", options->bulk.messages,
                   "The folder of the mails that lines name as message_file");
    app.add_flag("--dry-run", options->dry_run, "Show each recipient's copy; keep nothing");
    app.add_option("FILE", options->files, "E-mails or reports, one referral each; - for stdin");
    app.footer(
        "At a terminal it asks for what the kind needs and the mail does not tell. Elsewhere,\n"
        "and with --json, the draft is kept as it is and says what is missing: lapx edit;\n"
        "with --send that is an error, and nothing is kept.\n\n" +
        app.get_footer());
    return [options](Context& context) { return file_all(context, *options); };
}

}  // namespace lapx::cli
