#include "daemon/store/database.hpp"

#include <utility>

#include "daemon/store/connection.hpp"

namespace lapx::store {
namespace {

using Destructor = sqlite3_destructor_type;

Destructor keeping(bool copy) { return copy ? SQLITE_TRANSIENT : SQLITE_STATIC; }

std::optional<Faults::Fault> next_fault(detail::Connection& connection, Faults::Step step) {
    return connection.faults == nullptr ? std::nullopt : connection.faults->next(step);
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), cached_(std::exchange(other.cached_, nullptr)) {}

Statement::~Statement() {
    if (cached_ != nullptr) {
        sqlite3_reset(cached_->handle.get());
        sqlite3_clear_bindings(cached_->handle.get());
        cached_->in_use = false;
    }
}

Result<void> Statement::bind_integer(int at, std::int64_t value) {
    const int done = sqlite3_bind_int64(cached_->handle.get(), at, value);
    return done == SQLITE_OK ? Result<void>() : connection_->error(done, "bind");
}

Result<void> Statement::bind_text(int at, std::string_view value, bool copy) {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* const start = value.data() == nullptr ? "" : value.data();
    const int done = sqlite3_bind_text64(cached_->handle.get(), at, start, value.size(),
                                         keeping(copy), SQLITE_UTF8);
    return done == SQLITE_OK ? Result<void>() : connection_->error(done, "bind");
}

Result<void> Statement::bind_blob(int at, BytesView value, bool copy) {
    const void* const start = value.empty() ? "" : static_cast<const void*>(value.data());
    const int done =
        sqlite3_bind_blob64(cached_->handle.get(), at, start, value.size(), keeping(copy));
    return done == SQLITE_OK ? Result<void>() : connection_->error(done, "bind");
}

Result<bool> Statement::step() {
    const int stepped = sqlite3_step(cached_->handle.get());
    if (stepped == SQLITE_ROW || stepped == SQLITE_DONE) {
        return stepped == SQLITE_ROW;
    }
    return connection_->error(stepped, "step");
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(cached_->handle.get(), column);
}

std::string_view Statement::text(int column) const { return as_text(blob(column)); }

BytesView Statement::blob(int column) const {
    // The address first: asking for it may change the size.
    const void* const start = sqlite3_column_blob(cached_->handle.get(), column);
    const int size = sqlite3_column_bytes(cached_->handle.get(), column);
    return {static_cast<const std::uint8_t*>(start), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(cached_->handle.get(), column) == SQLITE_NULL;
}

Database::Database(std::unique_ptr<detail::Connection> connection)
    : connection_(std::move(connection)) {}
Database::Database(Database&& other) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, Mode mode, const Options& options) {
    auto connection = std::make_unique<detail::Connection>();
    LAPX_TRY(connection->open(path, mode));
    LAPX_TRY(connection->migrate(options.migrations));
    connection->faults = options.faults;
    return Database(std::move(connection));
}

Result<Statement> Database::take(std::string_view sql, int parameters) {
    auto& statements = connection_->statements;
    const auto [first, last] = statements.equal_range(sql);
    for (auto at = first; at != last; ++at) {
        if (!at->second.in_use) {
            at->second.in_use = true;
            return Statement(connection_.get(), &at->second);
        }
    }
    sqlite3_stmt* raw = nullptr;
    const int prepared =
        sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    detail::CachedStatement entry{std::unique_ptr<sqlite3_stmt, detail::StatementDeleter>(raw),
                                  true};
    if (prepared != SQLITE_OK) {
        return connection_->error(prepared, "prepare");
    }
    if (raw == nullptr || sqlite3_bind_parameter_count(raw) != parameters) {
        return fail(Code::kInternal, "wrong number of values for a statement");
    }
    const auto at = statements.emplace(std::string(sql), std::move(entry));
    return Statement(connection_.get(), &at->second);
}

Result<void> Database::finish(Statement& statement) {
    const auto fault = next_fault(*connection_, Faults::Step::kRun);
    if (fault && !fault->persisted) {
        return fail(fault->code, "made to fail");
    }
    LAPX_TRY_ASSIGN(const bool row, statement.step());
    if (row) {
        return fail(Code::kInternal, "a statement that should give no rows gave one");
    }
    return fault ? fail(fault->code, "made to fail") : Result<void>();
}

std::int64_t Database::last_key() const { return sqlite3_last_insert_rowid(connection_->handle); }

std::int64_t Database::changes() const { return sqlite3_changes64(connection_->handle); }

std::int64_t Database::total_changes() const {
    return sqlite3_total_changes64(connection_->handle);
}

Result<void> Database::truncate_wal() {
    // Readers may go on for long: whoever asked tries again, rather than have all writing wait.
    sqlite3_busy_timeout(connection_->handle, 0);
    const int done = sqlite3_wal_checkpoint_v2(connection_->handle, nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(connection_->handle, detail::kBusyMilliseconds);
    return done == SQLITE_OK ? Result<void>() : connection_->error(done, "checkpoint");
}

Result<Transaction> Transaction::begin(Database& database) {
    detail::Connection& connection = *database.connection_;
    if (connection.outcome_unknown) {
        return fail(Code::kIo, "an earlier commit has an unknown outcome");
    }
    if (const auto fault = next_fault(connection, Faults::Step::kBegin)) {
        return fail(fault->code, "made to fail");
    }
    LAPX_TRY(database.run("BEGIN IMMEDIATE"));
    return Transaction(&connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
    // Some errors make SQLite roll back by itself.
    if (connection_ != nullptr && sqlite3_get_autocommit(connection_->handle) == 0) {
        sqlite3_exec(connection_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

Result<void> Transaction::commit() {
    if (connection_ == nullptr) {
        return fail(Code::kInternal, "committed twice");
    }
    const auto fault = next_fault(*connection_, Faults::Step::kCommit);
    Result<void> done;
    if (!fault || fault->persisted) {
        done = connection_->execute("COMMIT");
    }
    if (fault) {
        done = fail(fault->code, "made to fail");
    }
    if (!done) {
        connection_->outcome_unknown = done.error().code != Code::kDiskFull;
        return done;
    }
    connection_ = nullptr;
    return done;
}

}  // namespace lapx::store
