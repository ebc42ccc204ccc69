#include "daemon/cases/standings.hpp"

#include <chrono>

namespace lapx::cases {
namespace {

std::int64_t day_of(Time now) {
    return std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
}

}  // namespace

Result<void> Standings::add(const schema::StandingRecord& record) {
    const std::string text = schema::print_standing_record(record);
    const std::vector<BytesView> parts{as_bytes(text)};
    const keys::SealedParts sealed = keys::seal_parts(master_, parts, random_);
    return database_.run("INSERT INTO standing(feed, keys, data) VALUES(?, ?, ?)",
                         std::string_view(record.feed), BytesView(sealed.keys),
                         BytesView(sealed.data));
}

Result<void> Standings::end(std::int64_t seq, Time now) {
    return database_.run("UPDATE standing SET ended = ? WHERE seq = ?",
                         std::int64_t{now.time_since_epoch().count()}, seq);
}

// A row of seq, feed, ended, keys, data.
Result<Standing> Standings::read(const store::Statement& statement) {
    LAPX_TRY_ASSIGN(const Bytes text,
                    keys::open_part(master_, statement.blob(3), statement.blob(4), 0));
    auto record = schema::parse_standing_record(as_text(text));
    if (!record || record->feed != statement.text(1)) {
        return fail(Code::kDatabaseBroken, "the record of a standing approval");
    }
    return Standing{statement.integer(0),
                    statement.is_null(2)
                        ? std::nullopt
                        : std::optional(Time{std::chrono::seconds{statement.integer(2)}}),
                    std::move(*record)};
}

Result<std::optional<Standing>> Standings::newest(std::string_view feed) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT seq, feed, ended, keys, data FROM standing WHERE feed "
                                    "= ? ORDER BY seq DESC LIMIT 1",
                                    feed));
    return store::first(std::move(statement),
                        [this](const store::Statement& row) { return read(row); });
}

Result<std::vector<Standing>> Standings::list() {
    LAPX_TRY_ASSIGN(auto statement, database_.query("SELECT seq, feed, ended, keys, data FROM "
                                                    "standing ORDER BY seq DESC"));
    return store::all(std::move(statement),
                      [this](const store::Statement& row) { return read(row); });
}

Result<std::uint64_t> Standings::used(std::int64_t seq, Time now) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT used FROM standing_use WHERE standing = ? AND day = ?",
                                    seq, day_of(now)));
    LAPX_TRY_ASSIGN(const bool found, statement.step());
    return found ? static_cast<std::uint64_t>(statement.integer(0)) : 0;
}

Result<void> Standings::count(std::int64_t seq, Time now) {
    return database_.run(
        "INSERT INTO standing_use(standing, day, used) VALUES(?, ?, 1) ON CONFLICT(standing, day) "
        "DO UPDATE SET used = used + 1",
        seq, day_of(now));
}

}  // namespace lapx::cases
