#pragma once
// The teleconference summary, own edition: what was sent, received and withheld in a range of days.
// Every number comes from messages and `decided` entries.

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/store/database.hpp"
#include "schema/base/time.hpp"
#include "schema/notes/records.hpp"

namespace lapx::summary {

using Cell = std::variant<std::string, std::int64_t>;
struct Table {
    std::string name;
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;
};

// First and last day, both included.
struct Period {
    std::chrono::sys_days first;
    std::chrono::sys_days last;
};
// The last two whole calendar months before `today`.
Period last_two_months(std::chrono::sys_days today);
// Midnight of a day in an IANA zone, in UTC. Errors: kInvalidArgument for a zone that is not known
// here.
Result<Time> midnight(std::chrono::sys_days day, const std::string& zone);

// The decided record of the entry with this index.
using DecidedOf = std::function<Result<schema::DecidedRecord>(std::uint64_t index)>;

// Everything from `begin` until before `end`.
Result<std::vector<Table>> build(store::Database& database, Time begin, Time end,
                                 const DecidedOf& decided_of);

}  // namespace lapx::summary
