// Recipients to whom nothing went.

#include "daemon/cases/cases.hpp"

namespace lapx::cases {
namespace {

constexpr std::string_view kKeptBackColumns = "SELECT referral, desk, leaf, at FROM kept_back ";

Result<KeptBack> read_kept_back(const store::Statement& row) {
    LAPX_TRY_ASSIGN(Desk desk, Desk::parse(row.text(1)));
    return KeptBack{row.integer(0), std::move(desk), static_cast<std::uint64_t>(row.integer(2)),
                    Time{std::chrono::seconds{row.integer(3)}}};
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
    return store::all(std::move(statement), read_kept_back);
}

Result<std::optional<KeptBack>> Cases::kept_back_at(std::uint64_t leaf) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query(std::string(kKeptBackColumns) + "WHERE leaf = ?", leaf));
    return store::first(std::move(statement), read_kept_back);
}

}  // namespace lapx::cases
