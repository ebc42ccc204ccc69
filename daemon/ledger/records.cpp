#include "daemon/ledger/records.hpp"

#include "schema/limits.hpp"

#include <algorithm>

#include "keys/note.hpp"

namespace lapx::ledger {
namespace {

constexpr std::uint64_t kEntriesAtOnce = 8192;

Result<SignedCheckpoint> checkpoint_from(const store::Statement& row) {
    std::string note(row.text(0));
    LAPX_TRY_ASSIGN(schema::Checkpoint checkpoint, checkpoint_of(note));
    return SignedCheckpoint{std::move(checkpoint), std::move(note)};
}

}  // namespace

Result<void> for_each_entry(store::Database& database, std::uint64_t begin, std::uint64_t end,
                            const std::function<Result<void>(std::uint64_t, BytesView)>& visit) {
    std::uint64_t next = begin;
    while (next < end) {
        const std::uint64_t stop = std::min(end, next + kEntriesAtOnce);
        LAPX_TRY_ASSIGN(
            auto query,
            database.query("SELECT idx, entry FROM leaf WHERE idx >= ? AND idx < ? ORDER BY idx",
                           next, stop));
        for (; next < stop; ++next) {
            LAPX_TRY_ASSIGN(const bool found, query.step());
            if (!found || query.integer(0) != static_cast<std::int64_t>(next)) {
                return fail(Code::kLedgerBroken, "entry " + std::to_string(next) + " is missing");
            }
            LAPX_TRY(visit(next, query.blob(1)));
        }
    }
    return {};
}

Result<std::string> entry_at(store::Database& database, std::uint64_t index) {
    LAPX_TRY_ASSIGN(auto query, database.query("SELECT entry FROM leaf WHERE idx = ?", index));
    LAPX_TRY_ASSIGN(const bool found, query.step());
    if (!found) {
        return fail(Code::kNotFound, "no such ledger entry");
    }
    return std::string(query.text(0));
}

Result<std::uint64_t> stored_size(store::Database& database) {
    LAPX_TRY_ASSIGN(auto query, database.query("SELECT coalesce(max(idx) + 1, 0) FROM leaf"));
    LAPX_TRY(query.step());
    return static_cast<std::uint64_t>(query.integer(0));
}

Result<std::optional<SignedCheckpoint>> newest_checkpoint(store::Database& database) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"));
    LAPX_TRY_ASSIGN(const bool found, query.step());
    if (!found) {
        return std::optional<SignedCheckpoint>();
    }
    LAPX_TRY_ASSIGN(SignedCheckpoint newest, checkpoint_from(query));
    return std::optional(std::move(newest));
}

Result<SignedCheckpoint> checkpoint_at(store::Database& database, std::uint64_t size) {
    LAPX_TRY_ASSIGN(auto query, database.query("SELECT note FROM checkpoint WHERE size = ?", size));
    LAPX_TRY_ASSIGN(const bool found, query.step());
    if (!found) {
        return fail(Code::kNotFound, "no checkpoint of this size");
    }
    return checkpoint_from(query);
}

Result<std::string> cosigned_note(store::Database& database, const SignedCheckpoint& checkpoint) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT line FROM cosignature WHERE size = ? "
                                   "ORDER BY name LIMIT ?",
                                   checkpoint.checkpoint.size, schema::kMaxSignatures - 1));
    std::string note = checkpoint.note;
    while (true) {
        LAPX_TRY_ASSIGN(const bool more, query.step());
        if (!more) {
            return note;
        }
        note += query.text(0);
    }
}

Result<std::vector<std::string>> cosigners(store::Database& database, std::uint64_t size) {
    LAPX_TRY_ASSIGN(
        auto query,
        database.query("SELECT name FROM cosignature WHERE size = ? ORDER BY name", size));
    std::vector<std::string> names;
    while (true) {
        LAPX_TRY_ASSIGN(const bool more, query.step());
        if (!more) {
            return names;
        }
        names.emplace_back(query.text(0));
    }
}

Result<std::optional<std::uint64_t>> first_cosigned_size(store::Database& database,
                                                         std::uint64_t index) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT min(size) FROM cosignature WHERE size > ?", index));
    LAPX_TRY(query.step());
    return query.is_null(0) ? std::nullopt
                            : std::optional(static_cast<std::uint64_t>(query.integer(0)));
}

Result<schema::Checkpoint> checkpoint_of(std::string_view note) {
    const auto split = keys::split_note(note);
    auto checkpoint = split ? schema::parse_checkpoint(split->text)
                            : Result<schema::Checkpoint>(fail(Code::kNoteMalformed));
    if (!checkpoint) {
        return fail(Code::kLedgerBroken, "a stored checkpoint is malformed");
    }
    return checkpoint;
}

}  // namespace lapx::ledger
