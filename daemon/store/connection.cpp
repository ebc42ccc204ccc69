#include "daemon/store/connection.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace lapx::store::detail {
namespace {

constexpr int kApplicationId = 0x6c617078;  // "lapx"

// What the WAL grows to before it is copied into the database: seldom, for that is done within a
// commit.
constexpr std::int64_t kWalOctets = std::int64_t{64} << 20;

// temp_store keeps what is sorted off the disk.
constexpr const char* kCommonPragmas =
    "PRAGMA cell_size_check=ON; PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON;"
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;";
// A commit writes each page that it changed as a whole, twenty of them for a referral that is alone
// (docs/benchmarks.md, P3).
constexpr const char* kWritePragmas =
    "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA secure_delete=ON;";
constexpr const char* kReadPragmas = "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;";

// Once, before SQLite starts: that it counts its memory, which nobody asks for, takes a lock for
// each piece of it.
void count_no_memory() {
    static const int kDone = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(kDone);
}

// The file is made here, because SQLite would make it readable by others.
Result<void> create_private(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    return file ? Result<void>() : fail(Code::kIo, "cannot open the database file");
}

// A file of its own: closing a second descriptor of the database would drop SQLite's own locks.
Result<Descriptor> lock_for_writing(const std::string& path) {
    Descriptor file(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) {
        return fail(Code::kIo, "cannot open the database's lock file");
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(Code::kHomeInUse, "another process writes this database");
    }
    return file;
}

Code code_of(int extended) {
    switch (extended & 0xff) {
        case SQLITE_FULL:
            return Code::kDiskFull;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Code::kTimeout;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Code::kDatabaseBroken;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return Code::kIo;
        default:
            return Code::kInternal;
    }
}

}  // namespace

Connection::~Connection() {
    statements.clear();
    sqlite3_close(handle);
}

tl::unexpected<Error> Connection::error(int code, std::string_view doing) const {
    return fail(code_of(code), std::string(doing) + ": " +
                                   (handle != nullptr ? sqlite3_errmsg(handle) : "no connection") +
                                   " (" + std::to_string(code) + ")");
}

Result<void> Connection::open(const std::string& path, Mode mode) {
    const bool writes = mode == Mode::kWrite;
    count_no_memory();
    if (writes) {
        LAPX_TRY_ASSIGN(lock, lock_for_writing(path));
        LAPX_TRY(create_private(path));
    }
    const int access = writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    const int opened = sqlite3_open_v2(
        path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    if (opened != SQLITE_OK) {
        return error(opened, "open");
    }
    sqlite3_busy_timeout(handle, kBusyMilliseconds);
    constexpr std::array<std::pair<int, int>, 4> kSettings{{{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                                            {SQLITE_DBCONFIG_DQS_DML, 0},
                                                            {SQLITE_DBCONFIG_DQS_DDL, 0},
                                                            {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}}};
    for (const auto& [setting, value] : kSettings) {
        sqlite3_db_config(handle, setting, value, nullptr);
    }
    // Only the writer may checkpoint, on close as well.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, writes ? 0 : 1, nullptr);
    LAPX_TRY(execute(writes ? kWritePragmas : kReadPragmas));
    if (writes) {
        LAPX_TRY_ASSIGN(const std::int64_t page, pragma("page_size"));
        LAPX_TRY(execute("PRAGMA wal_autocheckpoint=" + std::to_string(kWalOctets / page)));
    }
    return execute(kCommonPragmas);
}

Result<void> Connection::execute(const std::string& script) {
    const int done = sqlite3_exec(handle, script.c_str(), nullptr, nullptr, nullptr);
    if (done != SQLITE_OK) {
        return error(done, "execute");
    }
    return {};
}

Result<std::int64_t> Connection::pragma(const std::string& name) {
    sqlite3_stmt* raw = nullptr;
    const int prepared = sqlite3_prepare_v2(handle, ("PRAGMA " + name).c_str(), -1, &raw, nullptr);
    const std::unique_ptr<sqlite3_stmt, StatementDeleter> statement(raw);
    if (prepared != SQLITE_OK) {
        return error(prepared, "pragma");
    }
    const int stepped = sqlite3_step(raw);
    if (stepped != SQLITE_ROW) {
        return error(stepped, "pragma");
    }
    return sqlite3_column_int64(raw, 0);
}

Result<void> Connection::migrate(std::span<const std::string_view> migrations) {
    LAPX_TRY_ASSIGN(const std::int64_t version, pragma("user_version"));
    LAPX_TRY_ASSIGN(const std::int64_t application, pragma("application_id"));
    LAPX_TRY_ASSIGN(const std::int64_t tables, pragma("schema_version"));
    if (application != kApplicationId && (application != 0 || tables != 0)) {
        return fail(Code::kDatabaseBroken, "not a lapx database");
    }
    const auto known = static_cast<std::int64_t>(migrations.size());
    if (version > known) {
        return fail(Code::kDatabaseNewer, "schema " + std::to_string(version) +
                                              ", this program knows " + std::to_string(known));
    }
    if (version < known && sqlite3_db_readonly(handle, "main") != 0) {
        return fail(Code::kDatabaseBroken, "the schema is not up to date");
    }
    for (std::int64_t next = version; next < known; ++next) {
        std::string script = "BEGIN IMMEDIATE;\n";
        script += migrations[static_cast<std::size_t>(next)];
        script += "\nPRAGMA application_id=" + std::to_string(kApplicationId) +
                  "; PRAGMA user_version=" + std::to_string(next + 1) + "; COMMIT;";
        if (auto applied = execute(script); !applied) {
            sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
            return applied;
        }
    }
    return {};
}

}  // namespace lapx::store::detail
