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
            numbers.push_back(plain(exhibit, "exhibit") +
                              (plain(exhibit, "described") == "no" ? " (description erased)" : ""));
        }
    }
    return exhibits.empty() ? "" : numbers.empty() ? "none" : join(numbers, ", ");
}

// Where it came to more than one of our desks.
std::string copies_of(const json& referral) {
    const json copies = referral.value("copies", json::array());
    return copies.size() < 2 ? "" : plain(copies) + "; lapx show --as DESK@AGENCY shows another";
}

// Of what was sent.
std::string receipts_of(const json& referral) {
    const std::size_t sent = referral.value("messages", json::array()).size();
    if (plain(referral, "direction") != "out" || sent == 0) {
        return "";
    }
    const std::string held = plain(referral, "receipts");
    return held == "0" ? "none yet" : held + " of " + std::to_string(sent);
}

// The dossiers of its case, where there is more than it.
std::string dossiers_text(const json& referral, const Context& context) {
    const json dossiers = referral.value("dossiers", json::array());
    return dossiers.size() < 2 ? ""
                               : "\n" + context.table(table_of(dossiers, {{"DOSSIER", "referral"},
                                                                          {"VERSION", "version"},
                                                                          {"ACT", "act"},
                                                                          {"AGENCY", "agency"},
                                                                          {"STATE", "state"},
                                                                          {"CREATED", "created"}}));
}

// "correct, version 2"; nothing for a referral itself.
std::string act_of(const json& referral) {
    const std::string act = plain(referral, "act");
    return act == "refer" ? "" : act + ", version " + plain(referral, "version");
}

std::string referral_text(const json& referral, const Context& context) {
    const json handling = referral.value("handling", json::object());
    std::string text = fields(
        {{"Referral", plain(referral, "referral")},
         {"From", plain(referral, "from")},
         {"To", plain(referral, "to")},
         {"Kind", plain(referral, "kind")},
         {"Act", act_of(referral)},
         {"Case",
          plain(referral, "case") == plain(referral, "referral") ? "" : plain(referral, "case")},
         {"State", plain(referral, "state")},
         {"Leaves", plain(referral, "leaves")},
         {"Feed", plain(referral, "feed")},
         {"Edited by", plain(referral, "editors")},
         {"Created", plain(referral, "created")},
         {"Seen only by", plain(referral, "restricted_to")},
         {"Handling", "TLP:" + plain(handling, "tlp") + ", PAP:" + plain(handling, "pap")},
         {"Permitted uses", plain(handling, "uses")},
         {"Passing on", plain(handling, "onward")},
         {"Until", plain(handling, "until")},
         {"Attribution", plain(handling, "attribution")},
         {"Resale", plain(handling, "no_resale") == "yes" ? "no" : ""},
         {"Nothing goes to", wholly_text(referral)},
         {"Missing", plain(referral, "missing")},
         {"Returned", returned_text(referral)},
         {"Erased", plain(referral, "erased")},
         {"Destroy by", plain(referral, "destroy_by")},
         {"Held by", plain(referral.value("hold", json::object()), "by")},
         {"Exhibits here", exhibits_here(referral.value("exhibits", json::array()))},
         {"Not here", exhibits_elsewhere(referral.value("exhibits", json::array()))},
         {"Handed over", custody_of(referral.value("exhibits", json::array()))},
         {"Copies of desks", copies_of(referral)},
         {"Receipts", receipts_of(referral)}});
    text += "\n" + items_text(referral.value("items", json::array()));
    text += withheld_text(referral.value("withheld", json::array()), context);
    const std::string messages =
        context.table(table_of(referral.value("messages", json::array()),
                               {{"TO", "to"}, {"STATE", "state"}, {"MESSAGE", "message"}}));
    const std::string history =
        context.table(table_of(referral.value("history", json::array()),
                               {{"TIME", "time"}, {"EVENT", "event"}, {"BY", "by"}}));
    text += dossiers_text(referral, context);
    const std::string moves =
        context.table(table_of(referral.value("moves", json::array()), {{"SAID", "move"},
                                                                        {"VERSION", "version"},
                                                                        {"DIRECTION", "direction"},
                                                                        {"WITH", "with"},
                                                                        {"USES", "uses"},
                                                                        {"PASSING ON TO", "onward"},
                                                                        {"AT", "at"}}));
    text += moves.empty() ? "" : "\n" + moves;
    text += messages.empty() ? "" : "\n" + messages;
    return text + (history.empty() ? "" : "\n" + history);
}

}  // namespace

Run define_show(CLI::App& app) {
    struct Options {
        std::filesystem::path bundle;
        std::string to;
        std::string as;
        std::string version;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    app.add_option("--bundle", options->bundle, "Write what proves it into this folder");
    app.add_option("--to", options->to, "With --bundle: which recipient's copy");
    app.add_option("--as", options->as, "Of what came to several of your desks: whose copy");
    app.add_option("--version", options->version, "An earlier version of it");
    return [id, options](Context& context) -> Result<Exit> {
        Query query;
        if (!options->version.empty()) {
            query["version"] = options->version;
        }
        if (!options->to.empty()) {
            query["to"] = options->to;
        }
        if (!options->as.empty()) {
            query["as"] = options->as;
        }
        if (options->bundle.empty()) {
            LAPX_TRY_ASSIGN(const json referral, context.get(api_path({"referrals", *id}), query));
            return context.done(referral, referral_text(referral, context));
        }
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
