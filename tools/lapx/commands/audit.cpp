#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

// "op-1 (Ada Officer, Investigator)"; the id alone where the words were erased.
std::string person_text(const json& person) {
    const std::string name = plain(person, "name");
    return plain(person, "id") +
           (name.empty() ? "" : " (" + name + ", " + plain(person, "position") + ")");
}

std::string receipt_text(const json& receipt) {
    if (receipt.is_null()) {
        return "none";
    }
    return plain(receipt, "verifies") == "yes"
               ? plain(receipt, "outcome") + ", " + plain(receipt, "time") + ", verifies"
               : "DOES NOT VERIFY";
}

std::string recipient_text(const json& recipient, const Context& context) {
    const std::string erased = plain(recipient, "erased");
    const bool went = !plain(recipient, "sent").empty();
    std::string text =
        fields({{"To", plain(recipient, "to")},
                {"Message", plain(recipient, "message")},
                {"State", plain(recipient, "state")},
                {"Cover", plain(recipient, "cover")},
                {"View", plain(recipient, "view")},
                {"Policy", plain(recipient, "policy")},
                {"Approver", person_text(recipient.value("approver", json()))},
                {"Self-approved", plain(recipient, "self_approved")},
                {"Standing approval", plain(recipient, "standing")},
                {"Decided", "entry " + plain(recipient, "decided")},
                {"Sent", went ? "entry " + plain(recipient, "sent") : "nothing"},
                {"Receipt", went ? receipt_text(recipient.value("receipt", json())) : ""},
                {"Erased", erased == "decided" ? "the decisions"
                           : erased == "texts" ? "names, positions and legal bases"
                                               : ""}});
    Table items{{"ITEM", "LABEL", "STANDS FOR", "CLASS", "DISPOSITION", "REASON", "SHOWN",
                 "DECIDED BY", "BASIS"},
                {}};
    for (const json& item : recipient.value("items", json::array())) {
        items.rows.push_back({plain(item, "item"), plain(item, "label"), plain(item, "original"),
                              plain(item, "class"), plain(item, "disposition"),
                              plain(item, "reason"), plain(item, "shown"),
                              person_text(item.value("decider", json())), plain(item, "basis")});
    }
    return text + "\n" + context.table(items);
}

}  // namespace

Run define_audit(CLI::App& app) {
    const auto id = std::make_shared<std::string>();
    const CLI::Option* option =
        app.add_option("REFERRAL", *id, "Its id, the beginning of it, or your own number");
    // Not simply required: `audit check` and `audit sample` have none.
    app.parse_complete_callback([&app, option] {
        if (option->count() == 0 && app.get_subcommands().empty()) {
            throw CLI::RequiredError("REFERRAL");
        }
    });
    return [id](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json audit, context.get(api_path({"audit", *id})));
        std::string text = fields({{"Referral", plain(audit, "referral")}});
        for (const json& recipient : audit.value("recipients", json::array())) {
            text += "\n" + recipient_text(recipient, context);
        }
        return context.done(audit, text);
    };
}

Run define_audit_check(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json result, context.get(api_path({"ledger", "audit"})));
        const bool ok = plain(result, "ok") == "yes";
        const std::string problems = context.table(table_of(
            result.value("problems", json::array()), {{"ENTRY", "index"}, {"PROBLEM", "what"}}));
        context.done(result, fields({{"Ledger", ok ? "without gaps" : "HAS GAPS"},
                                     {"Entries checked", plain(result, "checked")}}) +
                                 (problems.empty() ? "" : "\n" + problems));
        return ok ? Exit::kDone : Exit::kRefused;
    };
}

Run define_audit_sample(CLI::App& app) {
    struct Options {
        std::string seed;
        std::uint64_t count = 0;
        std::filesystem::path folder;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("--seed", options->seed, "What decides the draw: a line nobody here chose")
        ->required();
    app.add_option("--n", options->count, "How many entries to draw")->required();
    app.add_option("-o,--output", options->folder, "A new folder for it")->required();
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(
            const std::size_t files,
            download(context, api_path({"ledger", "sample"}),
                     {{"seed", options->seed}, {"n", options->count}}, options->folder));
        const std::string folder = options->folder.string();
        return context.done(
            {{"folder", folder}, {"files", files}, {"drawn", options->count}},
            fields({{"Sample", folder},
                    {"Entries drawn", std::to_string(options->count)},
                    {"Check it", "lapx verify --seed " + shell_word(options->seed) + " --n " +
                                     std::to_string(options->count) + " " + shell_word(folder)}}));
    };
}

}  // namespace lapx::cli
