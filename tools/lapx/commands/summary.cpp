#include <CLI/CLI.hpp>

#include <algorithm>

#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

struct Named {
    std::string name;
    Table table;
};

// The summary's tables, after two that say which period and which ledger they are of.
std::vector<Named> tables_of(const json& summary) {
    const json period = summary.value("period", json::object());
    std::vector<Named> tables{{"period",
                               {{"from", "to", "zone", "edition"},
                                {{plain(period, "from"), plain(period, "to"), plain(period, "zone"),
                                  plain(summary, "edition")}}}},
                              {"ledger", {{"end", "size", "root"}, {}}}};
    const json heads = summary.value("heads", json::object());
    for (const char* end : {"first", "last"}) {
        const json head = heads.value(end, json());
        tables[1].table.rows.push_back({end, plain(head, "size"), plain(head, "root")});
    }
    for (const json& each : summary.value("tables", json::array())) {
        Named& named = tables.emplace_back();
        named.name = plain(each, "name");
        for (const json& column : each.value("columns", json::array())) {
            named.table.columns.push_back(plain(column));
        }
        for (const json& row : each.value("rows", json::array())) {
            std::vector<std::string>& cells = named.table.rows.emplace_back();
            for (const json& cell : row) {
                cells.push_back(plain(cell));
            }
        }
    }
    return tables;
}

// One file for all tables: each line begins with its table's name, and all have as many fields, as
// RFC 4180 asks.
std::string csv_of(const std::vector<Named>& tables) {
    std::size_t width = 0;
    for (const Named& named : tables) {
        width = std::max(width, named.table.columns.size());
    }
    std::string out;
    for (const Named& named : tables) {
        Table wide;
        const auto widened = [&](std::vector<std::string> cells) {
            cells.resize(width);
            cells.insert(cells.begin(), named.name);
            return cells;
        };
        wide.columns = widened(named.table.columns);
        for (const std::vector<std::string>& row : named.table.rows) {
            wide.rows.push_back(widened(row));
        }
        out += csv(wide);
    }
    return out;
}

std::string tables_text(const std::vector<Named>& tables, const Context& context) {
    std::string out;
    for (const auto& [name, table] : tables) {
        const std::string body = context.table(table);
        out += (out.empty() ? "" : "\n") + escape(name) + "\n" + (body.empty() ? "none\n" : body);
    }
    return out;
}

}  // namespace

Run define_summary(CLI::App& app) {
    struct Options {
        std::string from;
        std::string to;
        std::string edition = "own";
        std::string format = "table";
        std::filesystem::path out;
    };
    const auto options = std::make_shared<Options>();
    CLI::Option* from = app.add_option("--from", options->from,
                                       "First day, e.g. 2026-09-01; else the last two months");
    CLI::Option* to = app.add_option("--to", options->to, "Last day, included");
    from->needs(to);
    to->needs(from);
    app.add_option("--edition", options->edition, "own: everything, for your eyes only")
        ->check(CLI::IsMember({"own"}));
    app.add_option("--format", options->format, "table, csv or json")
        ->check(CLI::IsMember({"table", "csv", "json"}));
    app.add_option("-o,--output", options->out, "Write it here");
    return [options](Context& context) -> Result<Exit> {
        Query query{{"edition", options->edition}};
        if (!options->from.empty()) {
            query.insert({{"from", options->from}, {"to", options->to}});
        }
        LAPX_TRY_ASSIGN(const json summary, context.get(api_path({"summary"}), query));
        const std::vector<Named> tables = tables_of(summary);
        const std::string text =
            options->format == "csv" ? csv_of(tables)
            : options->format == "json"
                ? summary.dump(2, ' ', true, json::error_handler_t::replace) + "\n"
                : tables_text(tables, context);
        if (options->out.empty()) {
            return context.done(summary, text);
        }
        LAPX_TRY(write_file(options->out, as_bytes(text)));
        return context.done({{"file", options->out.string()}},
                            fields({{"Summary", options->out.string()}}));
    };
}

}  // namespace lapx::cli
