#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

using nlohmann::json;

Run define_ledger_head(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json head, context.get(api_path({"ledger", "head"})));
        const std::string witnesses = plain(head, "cosigned_by");
        return context.done(
            head, fields({{"Origin", plain(head, "origin")},
                          {"Size", plain(head, "size")},
                          {"Root", plain(head, "root")},
                          {"Cosigned by", witnesses.empty() ? "nobody yet" : witnesses}}));
    };
}

Run define_ledger_verify(CLI::App&) {
    return [](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json result, context.get(api_path({"ledger", "verify"})));
        const bool ok = plain(result, "ok") == "yes";
        std::vector<std::string> problems;
        for (const json& problem : result.value("problems", json::array())) {
            problems.push_back(plain(problem));
        }
        context.done(result, fields({{"Ledger", ok ? "sound" : "BROKEN"},
                                     {"Entries", plain(result, "size")},
                                     {"Problems", join(problems, "\n")}}));
        return ok ? Exit::kDone : Exit::kRefused;
    };
}

Run define_ledger_prove(CLI::App& app) {
    const auto id = add_referral(app);
    const auto folder = std::make_shared<std::filesystem::path>();
    app.add_option("-o,--output", *folder, "Write the proofs into this folder");
    return [id, folder](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json proved, context.get(api_path({"ledger", "prove", *id})));
        const json proofs = proved.value("proofs", json::array());
        if (!folder->empty()) {
            Files files;
            for (const json& proof : proofs) {
                files.emplace(plain(proof, "index") + ".tlog-proof",
                              to_bytes(plain(proof, "proof")));
            }
            LAPX_TRY(write_tree(*folder, files));
        }
        return context.done(
            proved, context.table(table_of(proofs, {{"ENTRY", "index"}, {"KIND", "kind"}})));
    };
}

Run define_ledger_export(CLI::App& app) {
    const auto folder = std::make_shared<std::filesystem::path>();
    app.add_option("-o,--output", *folder, "A new folder for it")->required();
    return [folder](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const std::size_t count,
                        download(context, api_path({"ledger", "export"}), json::object(), *folder));
        return context.done(
            {{"folder", folder->string()}, {"files", count}},
            fields({{"Ledger", folder->string()}, {"Files", std::to_string(count)}}));
    };
}

}  // namespace lapx::cli
