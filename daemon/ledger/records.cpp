#include "daemon/ledger/records.hpp"

#include "schema/limits.hpp"

#include <algorithm>

#include "keys/note.hpp"

namespace lapx::ledger {
namespace {

using Visit = std::function<Result<void>(std::uint64_t, BytesView)>;

constexpr std::uint64_t kRowsAtOnce = 256;

tl::unexpected<Error> missing(std::uint64_t index) {
    return fail(Code::kLedgerBroken, "entry " + std::to_string(index) + " is missing");
}

// The entries of one row from `next` on, which it moves on to the one after the row.
Result<void> visit_row(const store::Statement& row, std::uint64_t end, std::uint64_t& next,
                       const Visit& visit) {
    auto index = static_cast<std::uint64_t>(row.integer(0));
    const std::uint64_t stop = std::min(end, index + static_cast<std::uint64_t>(row.integer(1)));
    BytesView rest = row.blob(2);
    for (; index < stop; ++index) {
        if (index > next || rest.size() < 2) {
            return missing(next);
        }
        const std::size_t size = std::size_t{rest[0]} << 8 | rest[1];
        rest = rest.subspan(2);
        if (rest.size() < size) {
            return missing(index);
        }
        if (index == next) {
            LAPX_TRY(visit(index, rest.first(size)));
            ++next;
        }
        rest = rest.subspan(size);
    }
    return next == stop ? Result<void>() : missing(next);
}

Result<SignedCheckpoint> checkpoint_from(const store::Statement& row) {
    std::string note(row.text(0));
    LAPX_TRY_ASSIGN(schema::Checkpoint checkpoint, checkpoint_of(note));
    return SignedCheckpoint{std::move(checkpoint), std::move(note)};
}

}  // namespace

void add_entry(Bytes& bundle, BytesView entry) {
    bundle.push_back(static_cast<std::uint8_t>(entry.size() >> 8));
    bundle.push_back(static_cast<std::uint8_t>(entry.size()));
    bundle.insert(bundle.end(), entry.begin(), entry.end());
}

Result<void> for_each_entry(store::Database& database, std::uint64_t begin, std::uint64_t end,
                            const Visit& visit) {
    std::uint64_t next = begin;
    while (next < end) {
        LAPX_TRY_ASSIGN(auto query,
                        database.query("SELECT first, count, entries FROM leaf WHERE first >= "
                                       "(SELECT max(first) FROM leaf WHERE first <= ?) "
                                       "ORDER BY first LIMIT ?",
                                       next, kRowsAtOnce));
        for (std::uint64_t row = 0; row < kRowsAtOnce && next < end; ++row) {
            LAPX_TRY_ASSIGN(const bool found, query.step());
            if (!found) {
                return missing(next);
            }
            LAPX_TRY(visit_row(query, end, next, visit));
        }
    }
    return {};
}

Result<std::string> entry_at(store::Database& database, std::uint64_t index) {
    std::string text;
    const auto take = [&](std::uint64_t, BytesView entry) {
        text = as_text(entry);
        return Result<void>();
    };
    LAPX_TRY_ASSIGN(const std::uint64_t size, stored_size(database));
    if (index >= size) {
        return fail(Code::kNotFound, "no such ledger entry");
    }
    LAPX_TRY(for_each_entry(database, index, index + 1, take));
    return text;
}

Result<std::uint64_t> stored_size(store::Database& database) {
    LAPX_TRY_ASSIGN(auto query, database.query("SELECT first + count FROM leaf "
                                               "ORDER BY first DESC LIMIT 1"));
    LAPX_TRY_ASSIGN(const bool found, query.step());
    return found ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

Result<std::optional<SignedCheckpoint>> newest_checkpoint(store::Database& database) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"));
    return store::first(std::move(query), checkpoint_from);
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
    LAPX_TRY(store::for_each(query, [&](const store::Statement& row) -> Result<void> {
        note += row.text(0);
        return {};
    }));
    return note;
}

Result<std::vector<std::string>> cosigners(store::Database& database, std::uint64_t size) {
    LAPX_TRY_ASSIGN(
        auto query,
        database.query("SELECT name FROM cosignature WHERE size = ? ORDER BY name", size));
    return store::all(std::move(query),
                      [](const store::Statement& row) { return std::string(row.text(0)); });
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
