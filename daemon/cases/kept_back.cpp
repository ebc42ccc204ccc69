// Recipients to whom nothing went.

#include "daemon/cases/cases.hpp"

namespace lapx::cases {
namespace {

constexpr std::string_view kKeptBackColumns = "SELECT referral, desk, leaf, at FROM kept_back ";

// Nothing after the last row.
Result<std::optional<KeptBack>> next_kept_back(store::Statement& statement) {
    LAPX_TRY_ASSIGN(const bool found, statement.step());
    if (!found) {
        return std::optional<KeptBack>{};
    }
    LAPX_TRY_ASSIGN(Desk desk, Desk::parse(statement.text(1)));
    return std::optional(KeptBack{statement.integer(0), std::move(desk),
                                  static_cast<std::uint64_t>(statement.integer(2)),
                                  Time{std::chrono::seconds{statement.integer(3)}}});
}

}  // namespace

Result<void> Cases::add_kept_back(const KeptBack& kept) {
    return database_.run("INSERT INTO kept_back(leaf, referral, desk, at) VALUES(?, ?, ?, ?)",
                         kept.leaf, kept.referral, std::string_view(kept.from.text()),
                         kept.at.time_since_epoch().count());
}

Result<std::vector<KeptBack>> Cases::kept_back(std::int64_t seq) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query(std::string(kKeptBackColumns) + "WHERE referral = ? ORDER BY leaf", seq));
    std::vector<KeptBack> out;
    while (true) {
        LAPX_TRY_ASSIGN(auto kept, next_kept_back(statement));
        if (!kept) {
            return out;
        }
        out.push_back(*std::move(kept));
    }
}

Result<std::optional<KeptBack>> Cases::kept_back_at(std::uint64_t leaf) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query(std::string(kKeptBackColumns) + "WHERE leaf = ?", leaf));
    return next_kept_back(statement);
}

}  // namespace lapx::cases
