#pragma once
// What store's own sources share.

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/store/database.hpp"
#include "schema/base/descriptor.hpp"

namespace lapx::store::detail {

inline constexpr int kBusyMilliseconds = 5000;

struct StatementDeleter {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

struct CachedStatement {
    std::unique_ptr<sqlite3_stmt, StatementDeleter> handle;
    bool in_use = false;
};

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

struct Connection {
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    Result<void> open(const std::string& path, Mode mode);
    Result<void> execute(const std::string& script);
    Result<std::int64_t> pragma(const std::string& name);
    Result<void> migrate(std::span<const std::string_view> migrations);
    // The error for a result code, with SQLite's own words, which never hold values.
    tl::unexpected<Error> error(int code, std::string_view doing) const;

    sqlite3* handle = nullptr;
    Descriptor lock;  // held for as long as this connection may write
    Faults* faults = nullptr;
    bool outcome_unknown = false;
    // Several for one SQL text only while a query is nested in itself.
    std::unordered_multimap<std::string, CachedStatement, TextHash, std::equal_to<>> statements;
};

}  // namespace lapx::store::detail
