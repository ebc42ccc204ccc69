#pragma once
// A small database with a schema of its own, and raw SQLite for what store does not let one do.

#include <sqlite3.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "daemon/store/database.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::store {

inline constexpr std::array<std::string_view, 1> kSchema{
    "CREATE TABLE t(id INTEGER PRIMARY KEY, note TEXT, data BLOB) STRICT;"};

// Makes the next occurrence of one step fail.
class OneFault final : public Faults {
  public:
    void set(Step step, Fault fault) {
        step_ = step;
        fault_ = fault;
    }
    std::optional<Fault> next(Step step) override {
        if (!fault_ || step != step_) {
            return std::nullopt;
        }
        return std::exchange(fault_, std::nullopt);
    }

  private:
    Step step_{};
    std::optional<Fault> fault_;
};

// Runs a script behind store's back.
inline void raw_sql(const std::string& path, const char* script) {
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    const int done = sqlite3_exec(handle, script, nullptr, nullptr, nullptr);
    const std::string words = sqlite3_errmsg(handle);
    sqlite3_close(handle);
    if (done != SQLITE_OK) {
        throw std::runtime_error(words);
    }
}

struct Fixture {
    test::TempDir dir;
    std::string path = dir.path("t.db");
    OneFault faults;

    Result<Database> open(Mode mode = Mode::kWrite) {
        return Database::open(path, mode, {.faults = &faults, .migrations = kSchema});
    }
};

inline std::int64_t count(Database& database) {
    auto query = database.query("SELECT count(*) FROM t");
    return query && query->step().value_or(false) ? query->integer(0) : -1;
}

}  // namespace lapx::store
