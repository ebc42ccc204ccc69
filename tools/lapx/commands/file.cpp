#include <CLI/CLI.hpp>

#include <utility>

#include "schema/base/address.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

// One message; with its base64 it fits the node's limit for a request.
constexpr std::size_t kMaxMessage = std::size_t{25} << 20;

struct FileOptions {
    std::vector<std::string> to;
    std::string kind = "information";
    std::string from_desk;
    std::vector<std::string> withhold;
    std::vector<std::string> disclose;
    std::vector<std::string> set;
    std::string tlp;
    std::string pap;
    std::vector<std::string> uses;
    std::string onward;
    std::string external_id;
    bool send = false;
    bool dry_run = false;
    std::vector<std::string> files;
};

Result<std::pair<std::string, std::string>> at_equals(const std::string& text, const char* form) {
    const std::size_t at = text.find('=');
    if (at == std::string::npos || at == 0) {
        return fail(Code::kInvalidArgument, text + " is not " + form);
    }
    return std::pair(text.substr(0, at), text.substr(at + 1));
}

// `--set` of one label twice makes a list.
Result<json> values_of(const std::vector<std::string>& set) {
    json values = json::object();
    for (const std::string& text : set) {
        LAPX_TRY_ASSIGN(const auto pair, at_equals(text, "ITEM=VALUE"));
        json& value = values[pair.first];
        if (value.is_null()) {
            value = pair.second;
        } else if (value.is_array()) {
            value.push_back(pair.second);
        } else {
            value = json::array({value, pair.second});
        }
    }
    return values;
}

Result<json> request_of(const FileOptions& options) {
    json body{{"to", options.to}, {"kind", options.kind}, {"send", options.send}};
    LAPX_TRY_ASSIGN(body["set"], values_of(options.set));
    body["withhold"] = json::array();
    for (const std::string& text : options.withhold) {
        LAPX_TRY_ASSIGN(const auto pair, at_equals(text, "ITEM=REASON"));
        body["withhold"].push_back({{"item", pair.first}, {"reason", pair.second}});
    }
    if (!options.disclose.empty()) {
        body["disclose"] = options.disclose;
    }
    const auto add = [&](const char* key, const std::string& text) {
        if (!text.empty()) {
            body[key] = text;
        }
    };
    add("from_desk", options.from_desk);
    add("tlp", options.tlp);
    add("pap", options.pap);
    add("onward", options.onward);
    add("external_id", options.external_id);
    if (!options.uses.empty()) {
        body["uses"] = options.uses;
    }
    return body;
}

// Makes the draft, shows each recipient's copy, and throws it away again.
Result<json> rehearse(Context& context, json body, std::string& text) {
    body["send"] = false;
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

void advise(Context& context, const json& draft) {
    const std::string id = plain(draft, "referral");
    const std::string state = plain(draft, "state");
    if (state == "draft") {
        context.remark("Next: lapx preview " + id + " --as " +
                       plain(draft.value("to", json::array({""})).at(0)) + ", then lapx approve " +
                       id + ", then lapx send " + id);
    } else if (state == "awaiting-approval") {
        context.remark("Next: an approver runs lapx approve " + id);
    }
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

Result<Exit> file_all(Context& context, FileOptions options) {
    // `--to a@b c@d` reads naturally: the second desk is no file.
    std::erase_if(options.files, [&](const std::string& word) {
        std::error_code ignored;
        const bool desk = Desk::parse(word) && !std::filesystem::exists(word, ignored);
        if (desk) {
            options.to.push_back(word);
        }
        return desk;
    });
    if (options.to.empty()) {
        return fail(Code::kNoRecipient, "give --to DESK@AGENCY");
    }
    LAPX_TRY_ASSIGN(json body, request_of(options));
    LAPX_TRY_ASSIGN(std::vector<Message> messages, read_all(options.files));
    if (messages.empty()) {
        messages.emplace_back();
    }
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
        LAPX_TRY_ASSIGN(json draft, context.post(api_path({"drafts"}), body));
        text += (text.empty() ? "" : "\n") + draft_text(draft, context);
        if (plain(draft, "already_filed") == "yes") {
            context.remark("This number was filed before: nothing new was made of it.");
        }
        for (const json& item : body["withhold"]) {
            remark_if_absent(context, draft, plain(item, "item"));
        }
        advise(context, draft);
        drafts.push_back(std::move(draft));
        context.did({{"items", drafts}, {"next", nullptr}}, text);
    }
    const bool one = drafts.size() == 1;
    return context.done(one ? drafts[0] : json{{"items", drafts}, {"next", nullptr}}, text);
}

}  // namespace

Run define_file(CLI::App& app) {
    const auto options = std::make_shared<FileOptions>();
    const auto add_list = [&](const char* name, std::vector<std::string>& list, const char* help) {
        return app.add_option(name, list, help)->allow_extra_args(false);
    };
    add_list("--to", options->to, "A recipient, e.g. spam@acma.example; may stand several times");
    app.add_option("--kind", options->kind,
                   "information, assistance, action, preservation or urgent")
        ->capture_default_str();
    app.add_option("--from-desk", options->from_desk, "Your desk, if you work for several");
    add_list("--withhold", options->withhold, "ITEM=REASON; lapx list items, lapx list reasons");
    add_list("--disclose", options->disclose,
             "ITEM that by default stays here; `exhibit` sends the e-mail itself");
    add_list("--set", options->set, "ITEM=VALUE, e.g. purpose=\"take the page down\"");
    app.add_option("--tlp", options->tlp, "CLEAR, GREEN, AMBER, AMBER+STRICT or RED");
    app.add_option("--pap", options->pap, "CLEAR, GREEN, AMBER or RED");
    add_list("--use", options->uses, "A use you permit, e.g. administrative");
    app.add_option("--onward", options->onward, "May they pass it on? none, ask, or agencies");
    app.add_option("--external-id", options->external_id, "Your own number for it; never sent");
    app.add_flag("--send", options->send, "Approve and send at once, where one person may");
    app.add_flag("--dry-run", options->dry_run, "Show each recipient's copy; keep nothing");
    app.add_option("FILE", options->files, "E-mails or reports, one referral each; - for stdin");
    return [options](Context& context) { return file_all(context, *options); };
}

}  // namespace lapx::cli
