#pragma once
// The node's SQLite database: connections, statements, transactions. No other folder sees
// sqlite3.h.
//
//     LAPX_TRY_ASSIGN(auto transaction, store::Transaction::begin(database));
//     LAPX_TRY(database.run("INSERT INTO contact(agency, state) VALUES(?, ?)", agency, 2));
//     LAPX_TRY(transaction.commit());
//
// One connection (Mode::kWrite) does all writes and all WAL checkpoints; SQLite before 3.51.3 can
// corrupt a WAL that several connections reset. Long reads use connections of their own
// (Mode::kRead), each used by one thread at a time.
//
// Errors of every call: kDiskFull (nothing changed, try again later), kTimeout (another connection
// is in the way), kDatabaseBroken (the file is damaged), kIo (reading or writing failed; after a
// commit the outcome is unknown), kInternal (the SQL or the use of it is wrong).

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"

struct sqlite3_stmt;

namespace lapx::store {

enum class Mode : std::uint8_t { kWrite, kRead };

// Where tests make a step fail. A persisted fault does the step and then says that it failed.
class Faults {
  public:
    enum class Step : std::uint8_t { kBegin, kRun, kCommit };
    struct Fault {
        Code code;
        bool persisted = false;
    };
    virtual ~Faults() = default;
    virtual std::optional<Fault> next(Step step) = 0;
};

// The files of schema/sql in order. Migration n takes a database from user_version n - 1 to n.
std::span<const std::string_view> built_in_migrations();

struct Options {
    Faults* faults = nullptr;  // outlives the database
    std::span<const std::string_view> migrations = built_in_migrations();
};

namespace detail {
struct Connection;
struct CachedStatement;
}  // namespace detail

// A prepared query, bound. Goes back to the connection's cache when it is destroyed; must not
// outlive the Database.
class Statement {
  public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // True: there is a row, and the columns (from 0) may be read until the next step.
    Result<bool> step();
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;
    BytesView blob(int column) const;
    bool is_null(int column) const;

  private:
    friend class Database;
    Statement(detail::Connection* connection, detail::CachedStatement* cached)
        : connection_(connection), cached_(cached) {}
    Result<void> bind_integer(int at, std::int64_t value);
    Result<void> bind_text(int at, std::string_view value, bool copy);
    Result<void> bind_blob(int at, BytesView value, bool copy);

    detail::Connection* connection_;
    detail::CachedStatement* cached_;
};

class Database {
  public:
    // kWrite creates the file (0600) if there is none, takes the lock PATH.lock and applies the
    // migrations. kRead needs a file that is up to date. Further errors: kHomeInUse (another
    // process writes), kDatabaseNewer (a newer program wrote it), kDatabaseBroken (not ours).
    static Result<Database> open(const std::string& path, Mode mode, const Options& options = {});
    Database(Database&& other) noexcept;
    Database& operator=(Database&&) = delete;
    ~Database();

    // Values are integers, text (string_view), blobs (BytesView) or an empty optional (NULL).
    // query copies what it binds, so that temporaries are safe.
    template <typename... Values>
    Result<Statement> query(std::string_view sql, const Values&... values) {
        return prepare(sql, true, values...);
    }
    // Runs a statement that gives no rows. Binds without copies.
    template <typename... Values>
    Result<void> run(std::string_view sql, const Values&... values) {
        LAPX_TRY_ASSIGN(Statement statement, prepare(sql, false, values...));
        return finish(statement);
    }
    // The key of the row that the last run inserted into a table with an integer key. Asked for by
    // RETURNING, it would cost as much as a trigger: a copy of each page that the statement
    // changes.
    std::int64_t last_key() const;
    // Rows changed by the last run, triggers not counted.
    std::int64_t changes() const;
    // Rows changed since it was opened.
    std::int64_t total_changes() const;

    // Moves the whole WAL into the database file and empties it: after erasure, so that what was
    // deleted is not left there. kTimeout, without waiting, while a reader is in the way.
    Result<void> truncate_wal();

  private:
    friend class Transaction;
    explicit Database(std::unique_ptr<detail::Connection> connection);

    template <typename... Values>
    Result<Statement> prepare(std::string_view sql, [[maybe_unused]] bool copy,
                              const Values&... values) {
        LAPX_TRY_ASSIGN(Statement statement, take(sql, static_cast<int>(sizeof...(values))));
        int at = 0;
        Result<void> bound;
        // Stops at the first failure.
        static_cast<void>(((bound = bind(statement, ++at, values, copy)) && ...));
        LAPX_TRY(bound);
        return statement;
    }
    template <std::integral T>
    static Result<void> bind(Statement& statement, int at, T value, bool) {
        return statement.bind_integer(at, static_cast<std::int64_t>(value));
    }
    static Result<void> bind(Statement& statement, int at, std::string_view value, bool copy) {
        return statement.bind_text(at, value, copy);
    }
    static Result<void> bind(Statement& statement, int at, BytesView value, bool copy) {
        return statement.bind_blob(at, value, copy);
    }
    template <typename T>
    static Result<void> bind(Statement& statement, int at, const std::optional<T>& value,
                             bool copy) {
        return value ? bind(statement, at, *value, copy) : Result<void>();
    }
    Result<Statement> take(std::string_view sql, int parameters);
    Result<void> finish(Statement& statement);

    std::unique_ptr<detail::Connection> connection_;
};

namespace detail {
template <typename T>
struct OrError {
    using Value = T;
};
template <typename T>
struct OrError<Result<T>> {
    using Value = T;
};
// What `Read` makes of a row.
template <typename Read>
using ReadBy = typename OrError<std::invoke_result_t<Read, const Statement&>>::Value;
}  // namespace detail

// Gives each row that is left to `visit`, a Result<void>(const Statement&), up to its first error.
template <typename Visit>
Result<void> for_each(Statement& rows, Visit visit) {
    while (true) {
        LAPX_TRY_ASSIGN(const bool found, rows.step());
        if (!found) {
            return {};
        }
        LAPX_TRY(visit(std::as_const(rows)));
    }
}

// What `read`, a T or Result<T>(const Statement&), makes of each row that is left, in their order.
template <typename Read, typename T = detail::ReadBy<Read>>
Result<std::vector<T>> all(Statement rows, Read read) {
    std::vector<T> out;
    LAPX_TRY(for_each(rows, [&](const Statement& row) -> Result<void> {
        LAPX_TRY_ASSIGN(T value, Result<T>(read(row)));
        out.push_back(std::move(value));
        return {};
    }));
    return out;
}

// The same of the next row, if there is one.
template <typename Read, typename T = detail::ReadBy<Read>>
Result<std::optional<T>> first(Statement rows, Read read) {
    LAPX_TRY_ASSIGN(const bool found, rows.step());
    if (!found) {
        return std::optional<T>{};
    }
    LAPX_TRY_ASSIGN(T value, Result<T>(read(std::as_const(rows))));
    return std::optional<T>(std::move(value));
}

// BEGIN IMMEDIATE … COMMIT; rolls back when destroyed uncommitted. Transactions do not nest.
class Transaction {
  public:
    static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    // Durable on success. kDiskFull: rolled back. Any other error: whether the transaction is
    // durable is unknown, the caller must exit; until then every further begin fails.
    Result<void> commit();

  private:
    explicit Transaction(detail::Connection* connection) : connection_(connection) {}
    detail::Connection* connection_;  // null once committed or moved from
};

}  // namespace lapx::store
