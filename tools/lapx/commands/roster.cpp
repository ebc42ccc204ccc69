#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

Result<std::string> read_roster(const std::filesystem::path& file) {
    LAPX_TRY_ASSIGN(const Bytes octets, read_file(file, schema::kMaxRoster + schema::kMaxNote));
    return std::string(as_text(octets));
}

std::vector<std::pair<std::string, std::string>> roster_fields(const json& roster) {
    return {{"Roster", plain(roster, "name")},
            {"Made by", plain(roster, "from") + ", " + plain(roster, "created")},
            {"Number", plain(roster, "number")}};
}

std::string compared_text(Context& context, const json& roster) {
    auto rows = roster_fields(roster);
    std::vector<std::string> not_listed;
    for (const json& contact : roster.value("not_listed", json::array())) {
        not_listed.push_back(plain(contact, "agency") + "  " + plain(contact, "state"));
    }
    rows.emplace_back("Not on it", join(not_listed, "\n"));
    Table table =
        table_of(roster.value("members", json::array()), {{"AGENCY", "agency"},
                                                          {"ITS ROOT", "compared"},
                                                          {"STATE", "state"},
                                                          {"NUMBER OF ITS ROOT", "safety_number"},
                                                          {"OF THE ONE HERE", ""}});
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const json& member = roster["members"][i];
        if (plain(member, "own") == "yes") {
            table.rows[i][2] = "this agency";
        }
        if (plain(member, "compared") == "differs") {
            table.rows[i].back() = plain(member, "safety_number_here");
        }
    }
    return fields(rows) + "\n" + context.table(table);
}

std::string difference_text(Context& context, const json& found) {
    const json& second = found["second"];
    auto rows = roster_fields(found["first"]);
    rows.emplace_back(
        "Beside", second.is_null() ? "the agencies known here"
                                   : plain(second, "name") + "\n" + plain(second, "from") + ", " +
                                         plain(second, "created") + "\n" + plain(second, "number"));
    rows.emplace_back("The same", plain(found, "same"));
    return fields(rows) + "\n" +
           context.table(table_of(found["items"], {{"AGENCY", "agency"},
                                                   {"DIFFERENCE", "difference"},
                                                   {"NUMBER OF ITS ROOT", "first"},
                                                   {"OF THE OTHER", "second"}}));
}

}  // namespace

Run define_roster_make(CLI::App& app) {
    struct Options {
        std::string name;
        std::vector<std::string> members;
        std::filesystem::path out;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("AGENCY", options->members,
                   "Who is on it beside you; without any, all that you verified");
    app.add_option("--name", options->name, "What it is for, e.g. the call of 1 December")
        ->required();
    app.add_option("-o,--output", options->out, "Write the roster here");
    return [options](Context& context) -> Result<Exit> {
        json body{{"name", options->name}};
        if (!options->members.empty()) {
            body["members"] = options->members;
        }
        LAPX_TRY_ASSIGN(const json roster, context.post(api_path({"rosters"}), body));
        if (options->out.empty()) {
            return context.done(roster, plain(roster, "note"));
        }
        LAPX_TRY(write_file(options->out, as_bytes(plain(roster, "note"))));
        auto rows = roster_fields(roster);
        rows.emplace_back("Members", plain(roster, "members"));
        rows.emplace_back("File", options->out.string());
        return context.done(roster, fields(rows));
    };
}

Run define_roster_show(CLI::App& app) {
    const auto file = std::make_shared<std::filesystem::path>();
    app.add_option("FILE", *file, "What lapx roster make wrote, here or elsewhere")->required();
    return [file](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const std::string note, read_roster(*file));
        LAPX_TRY_ASSIGN(const json roster,
                        context.post(api_path({"rosters", "comparison"}), {{"note", note}}));
        const Exit exit = context.done(roster, compared_text(context, roster));
        const json& problem = roster["problem"];
        if (problem.is_null()) {
            context.remark(
                "Next: one of you reads the number aloud on the call. Who sees the same "
                "runs: lapx roster verify " +
                shell_word(file->string()) + " --number \"…\"");
        } else {
            context.remark("It can verify nobody here: " + escape(plain(problem, "message")) +
                           " (" + plain(problem, "code") + ")");
        }
        return exit;
    };
}

Run define_roster_verify(CLI::App& app) {
    struct Options {
        std::filesystem::path file;
        std::string number;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("FILE", options->file, "The roster")->required();
    app.add_option("--number", options->number, "As you heard it read aloud")->required();
    app.footer(
        "Verify only a roster of which every member said on the call that this is the number they\n"
        "see, and that lapx roster show finds nothing wrong. Who is known here and on it is "
        "verified, or nobody.\n\n" +
        app.get_footer());
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const std::string note, read_roster(options->file));
        LAPX_TRY_ASSIGN(const json done,
                        context.post(api_path({"rosters", "verification"}),
                                     {{"note", note}, {"number", options->number}}));
        Table table = table_of(done["items"], {{"AGENCY", "agency"},
                                               {"STATE", "state"},
                                               {"NOW VERIFIED", "now_verified"},
                                               {"REFUSED", "refused"}});
        for (auto& row : table.rows) {
            row[1] = row[1].empty() ? "not known here" : row[1];
        }
        return context.done(done, fields(roster_fields(done)) + "\n" + context.table(table));
    };
}

Run define_roster_diff(CLI::App& app) {
    struct Options {
        std::filesystem::path file;
        std::filesystem::path other;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("FILE", options->file, "A roster")->required();
    app.add_option("OTHER", options->other, "Another; without it, the agencies that you know");
    return [options](Context& context) -> Result<Exit> {
        json body;
        LAPX_TRY_ASSIGN(body["note"], read_roster(options->file));
        if (!options->other.empty()) {
            LAPX_TRY_ASSIGN(body["other"], read_roster(options->other));
        }
        LAPX_TRY_ASSIGN(const json found, context.post(api_path({"rosters", "difference"}), body));
        return context.done(found, difference_text(context, found));
    };
}

}  // namespace lapx::cli
