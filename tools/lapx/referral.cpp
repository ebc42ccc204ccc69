#include "tools/lapx/referral.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "schema/base/text.hpp"
#include "tools/lapx/guide.hpp"

namespace lapx::cli {

using nlohmann::json;

std::shared_ptr<std::string> add_referral(CLI::App& app) {
    auto id = std::make_shared<std::string>();
    app.add_option("REFERRAL", *id, "Its id, the beginning of it, or your own number")->required();
    return id;
}

std::string items_text(const json& items) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const json& item : items) {
        rows.emplace_back(plain(item, "item") + " " + plain(item, "label"),
                          plain(item, "erased") == "yes" ? "(erased)" : plain(item, "value"));
    }
    return fields(rows);
}

std::string withheld_text(const json& items, const Context& context) {
    const std::string table = context.table(table_of(items, {{"WITHHELD", "item"},
                                                             {"LABEL", "label"},
                                                             {"REASON", "reason"},
                                                             {"SHOWN", "shown"},
                                                             {"FROM", "to"}}));
    return table.empty() ? "" : "\n" + table;
}

void remark_if_missing(Context& context, const json& draft) {
    const std::string missing = plain(draft, "missing");
    if (!missing.empty()) {
        context.remark("Still missing: " + missing + ". Next: lapx edit " +
                       plain(draft, "referral"));
    }
}

std::string returned_text(const json& draft) {
    const json returned = draft.value("returned", json());
    return returned.is_object() ? plain(returned, "by") + " at " + plain(returned, "at") + ": " +
                                      plain(returned, "text")
                                : "";
}

void remark_next(Context& context, const nlohmann::json& draft) {
    const std::string id = plain(draft, "referral");
    const std::string state = plain(draft, "state");
    if (!missing_of(draft).empty()) {
        remark_if_missing(context, draft);
    } else if (state == "draft") {
        context.remark("Next: lapx preview " + id + " --as " +
                       plain(draft.value("to", json::array({""})).at(0)) + ", then lapx approve " +
                       id + ", then lapx send " + id);
    } else if (state == "awaiting-approval") {
        const json why = draft.value("awaiting", json::object());
        context.remark("It waits for an approver: " + plain(why, "message") + " (" +
                       plain(why, "code") + "). Next: an approver runs lapx approve " + id);
    } else if (state == "releasing") {
        context.remark("It leaves at " + plain(draft, "leaves") + "; lapx cancel " + id +
                       " stops it");
    }
}

void remark_if_absent(Context& context, const json& draft, const std::string& item) {
    const json items = draft.value("items", json::array());
    const auto has = [&](const char* present) {
        return std::any_of(items.begin(), items.end(), [&](const json& each) {
            return (plain(each, "label") == item || plain(each, "item") == item) &&
                   plain(each, "present") == present;
        });
    };
    if (has("no") && !has("yes")) {
        context.remark(item + " is empty: there is nothing to withhold");
    }
}

std::string release_text(const json& release, const Context& context) {
    std::string text = fields({{"Referral", plain(release, "referral")},
                               {"State", plain(release, "state")},
                               {"Leaves", plain(release, "leaves")}});
    const std::string messages =
        context.table(table_of(release.value("messages", json::array()),
                               {{"TO", "to"}, {"STATE", "state"}, {"MESSAGE", "message"}}));
    return text + (messages.empty() ? "" : "\n" + messages);
}

std::string wholly_text(const json& draft) {
    std::vector<std::string> out;
    for (const json& one : draft.value("wholly_withheld", json::array())) {
        out.push_back(plain(one, "to") + " (" + plain(one, "reason") + ")");
    }
    return join(out, ", ");
}

std::string draft_text(const json& draft, const Context& context) {
    json present = json::array();
    for (const json& item : draft.value("items", json::array())) {
        if (plain(item, "present") != "no") {
            present.push_back(item);
        }
    }
    std::string text = fields({{"Referral", plain(draft, "referral")},
                               {"State", plain(draft, "state")},
                               {"Leaves", plain(draft, "leaves")},
                               {"Feed", plain(draft, "feed")},
                               {"Kind", plain(draft, "kind")},
                               {"To", plain(draft, "to")},
                               {"Nothing goes to", wholly_text(draft)},
                               {"Missing", plain(draft, "missing")},
                               {"Returned", returned_text(draft)}});
    text +=
        "\n" +
        context.table(table_of(
            present,
            {{"ITEM", "item"}, {"LABEL", "label"}, {"CLASS", "class"}, {"CONTENT", "summary"}}));
    text += withheld_text(draft.value("withheld", json::array()), context);
    return text;
}

std::string preview_text(const json& preview, const Context& context) {
    std::vector<std::string> terms;  // of the view, without its item lines
    const std::string view = plain(preview, "view");
    for (const std::string_view line : split(view, '\n')) {
        if (!line.empty() && !line.starts_with("item ") && !line.starts_with("lapx/")) {
            terms.emplace_back(line);
        }
    }
    const bool nothing = plain(preview, "wholly_withheld") == "yes";
    return fields({{"They are told",
                    nothing ? "nothing: it is wholly withheld from them" : join(terms, "\n")}}) +
           "\n" + items_text(preview.value("disclosed", json::array())) +
           withheld_text(preview.value("withheld", json::array()), context);
}

Result<Files> files_from(const json& answer) {
    const auto list = answer.is_object() ? answer.find("files") : answer.end();
    if (list == answer.end() || !list->is_object()) {
        return fail(Code::kInternal, "the node's answer holds no files");
    }
    Files files;
    for (const auto& [path, text] : list->items()) {
        LAPX_TRY_ASSIGN(Bytes octets, from_base64(plain(text)));
        files.emplace(path, std::move(octets));
    }
    return files;
}

Result<std::size_t> download(Context& context, const std::string& path, json body,
                             const std::filesystem::path& folder) {
    std::error_code ignored;
    if (std::filesystem::exists(folder, ignored)) {
        return fail(Code::kInvalidArgument, folder.string() + " is there already");
    }
    std::size_t count = 0;
    while (true) {
        LAPX_TRY_ASSIGN(const json page, context.post(path, body));
        LAPX_TRY_ASSIGN(const Files files, files_from(page));
        LAPX_TRY(write_tree(folder, files));
        count += files.size();
        const std::string next = plain(page, "next");
        if (next.empty() || files.empty()) {
            return count;
        }
        body["cursor"] = next;
    }
}

namespace {

Result<Exit> show_referrals(Context& context, const char* path, Query query) {
    LAPX_TRY_ASSIGN(const json list, context.get_list(api_path({path}), std::move(query)));
    const json items = list.value("items", json::array());
    std::string table = context.table(table_of(items, {{"REFERRAL", "referral"},
                                                       {"PEER", "peer"},
                                                       {"DESK", "desk"},
                                                       {"KIND", "kind"},
                                                       {"STATE", "state"},
                                                       {"CREATED", "created"},
                                                       {"DUE", "due"}}));
    for (const json& item : items) {
        const std::string returned = returned_text(item);
        const std::string leaves = plain(item, "leaves");
        table += returned.empty()
                     ? ""
                     : "\n" + fields({{plain(item, "referral"), "returned by " + returned}});
        table +=
            leaves.empty() ? "" : "\n" + fields({{plain(item, "referral"), "leaves at " + leaves}});
    }
    if (table.empty()) {
        context.remark("nothing there");
    }
    return context.done(list, table);
}

}  // namespace

Run define_referral_list(const char* path) {
    return [path](Context& context) { return show_referrals(context, path, {}); };
}

Run define_feed_list(CLI::App& app, const char* path) {
    struct Options {
        std::string feed;
        bool all = false;
    };
    const auto options = std::make_shared<Options>();
    CLI::Option* feed =
        app.add_option("--feed", options->feed, "Those that were filed from this feed");
    app.add_flag("--all", options->all, "Those of feeds too")->excludes(feed);
    return [options, path](Context& context) {
        Query query;
        if (options->all) {
            query["all"] = "true";
        } else if (!options->feed.empty()) {
            query["feed"] = options->feed;
        }
        return show_referrals(context, path, std::move(query));
    };
}

Run define_referral_step(CLI::App& app, const char* step) {
    const auto id = add_referral(app);
    return [id, step](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json release, context.post(api_path({"referrals", *id, step})));
        return context.done(release, release_text(release, context));
    };
}

std::string exhibits_elsewhere(const json& exhibits) {
    std::vector<std::string> out;
    for (const json& exhibit : exhibits) {
        const std::string state = plain(exhibit, "state");
        const std::string cause = plain(exhibit, "cause");
        if (state == "here") {
            continue;
        }
        out.push_back(plain(exhibit, "exhibit") + ": " + state +
                      (state == "in-transit" ? ", " + plain(exhibit, "octets") + " of " +
                                                   plain(exhibit, "size") + " octets"
                                             : "") +
                      (cause.empty() ? "" : ", " + cause));
    }
    return join(out, "; ");
}

std::string custody_of(const json& exhibits) {
    std::vector<std::string> out;
    for (const json& exhibit : exhibits) {
        for (const json& one : exhibit.value("custody", json::array())) {
            out.push_back(plain(exhibit, "exhibit") + ": " + plain(one, "event") + ", " +
                          plain(one, "who") + ", " + plain(one, "at") + ", entry " +
                          plain(one, "entry"));
        }
    }
    return join(out, "; ");
}

}  // namespace lapx::cli
