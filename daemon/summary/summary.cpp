#include "daemon/summary/summary.hpp"

#include <cstdlib>
#include <ctime>
#include <map>

namespace lapx::summary {
namespace {

std::int64_t seconds(Time time) { return time.time_since_epoch().count(); }

// Counts of one SQL query over messages of a direction, grouped by kind and peer.
Result<Table> traffic(store::Database& database, std::string name, int direction, Time begin,
                      Time end) {
    LAPX_TRY_ASSIGN(
        auto rows,
        database.query("SELECT r.kind, m.peer, count(*), sum(m.state = 2), sum(m.state "
                       "IN (3, 4)) FROM message m "
                       "JOIN referral r ON r.seq = m.referral WHERE m.act = 1 AND m.direction = ? "
                       "AND m.created >= ? AND m.created < ? "
                       "GROUP BY r.kind, m.peer ORDER BY r.kind, m.peer",
                       direction, seconds(begin), seconds(end)));
    Table out{.name = std::move(name), .columns = {"kind", "partner", "referrals"}, .rows = {}};
    if (direction == 1) {
        out.columns.insert(out.columns.end(), {"delivered", "refused or expired"});
    }
    LAPX_TRY_ASSIGN(out.rows, store::all(std::move(rows), [&](const store::Statement& row) {
                        std::vector<Cell> cells{
                            std::string(schema::word_of(static_cast<schema::Kind>(row.integer(0)))),
                            std::string(row.text(1)), row.integer(2)};
                        if (direction == 1) {
                            cells.emplace_back(row.integer(3));
                            cells.emplace_back(row.integer(4));
                        }
                        return cells;
                    }));
    return out;
}

// A derivative is no item of its own: what it stands for is counted.
Result<Table> withheld(store::Database& database, Time begin, Time end,
                       const DecidedOf& decided_of) {
    LAPX_TRY_ASSIGN(auto rows, database.query("SELECT leaf - 1 FROM message WHERE direction = 1 "
                                              "AND act != 8 AND created >= ? AND created < ? "
                                              "ORDER BY seq",
                                              seconds(begin), seconds(end)));
    std::map<std::pair<schema::Reason, schema::Shown>, std::int64_t> counts;
    LAPX_TRY(store::for_each(rows, [&](const store::Statement& row) -> Result<void> {
        LAPX_TRY_ASSIGN(const schema::DecidedRecord record,
                        decided_of(static_cast<std::uint64_t>(row.integer(0))));
        for (const schema::DecidedItem& item : record.items) {
            const auto* withholding = std::get_if<schema::Withholding>(&item.inward);
            if (withholding != nullptr && item.original == 0) {
                ++counts[{withholding->reason, withholding->shown}];
            }
        }
        return {};
    }));
    Table out{
        .name = "withheld", .columns = {"reason", "shown to the recipient", "items"}, .rows = {}};
    for (const auto& [key, count] : counts) {
        out.rows.push_back({std::string(schema::word_of(key.first)),
                            std::string(schema::word_of(key.second)), count});
    }
    return out;
}

// Dossiers of which a recipient got nothing, by the reason, which is that of every item.
Result<Table> wholly_withheld(store::Database& database, Time begin, Time end,
                              const DecidedOf& decided_of) {
    LAPX_TRY_ASSIGN(
        auto rows,
        database.query("SELECT leaf FROM kept_back WHERE at >= ? AND at < ? ORDER BY leaf",
                       seconds(begin), seconds(end)));
    std::map<schema::Reason, std::int64_t> counts;
    LAPX_TRY(store::for_each(rows, [&](const store::Statement& row) -> Result<void> {
        LAPX_TRY_ASSIGN(const schema::DecidedRecord record,
                        decided_of(static_cast<std::uint64_t>(row.integer(0))));
        for (const schema::DecidedItem& item : record.items) {
            if (const auto* withholding = std::get_if<schema::Withholding>(&item.inward)) {
                ++counts[withholding->reason];
                break;
            }
        }
        return {};
    }));
    Table out{.name = "wholly withheld", .columns = {"reason", "recipients"}, .rows = {}};
    for (const auto& [reason, count] : counts) {
        out.rows.push_back({std::string(schema::word_of(reason)), count});
    }
    return out;
}

}  // namespace

Period last_two_months(std::chrono::sys_days today) {
    const std::chrono::year_month_day date{today};
    const auto this_month = date.year() / date.month();
    return {std::chrono::sys_days{(this_month - std::chrono::months{2}) / std::chrono::day{1}},
            std::chrono::sys_days{this_month / std::chrono::day{1}} - std::chrono::days{1}};
}

Result<std::vector<Table>> build(store::Database& database, Time begin, Time end,
                                 const DecidedOf& decided_of) {
    std::vector<Table> out;
    LAPX_TRY_ASSIGN(Table sent, traffic(database, "sent", 1, begin, end));
    LAPX_TRY_ASSIGN(Table received, traffic(database, "received", 2, begin, end));
    LAPX_TRY_ASSIGN(Table held_back, withheld(database, begin, end, decided_of));
    out.push_back(std::move(sent));
    out.push_back(std::move(received));
    out.push_back(std::move(held_back));
    LAPX_TRY_ASSIGN(Table whole, wholly_withheld(database, begin, end, decided_of));
    out.push_back(std::move(whole));
    return out;
}

}  // namespace lapx::summary
