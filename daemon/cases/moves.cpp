#include "daemon/cases/moves.hpp"

#include <algorithm>
#include <array>

namespace lapx::cases {
namespace {

constexpr std::string_view kMoveColumns =
    "SELECT message, referral, direction, other, at, keys, data FROM move ";

}  // namespace

Result<void> Moves::add(const Moved& moved) {
    const std::string text = schema::print_move(moved.body);
    const std::array<BytesView, 1> parts{as_bytes(text)};
    const keys::SealedParts sealed = keys::seal_parts(master_, parts, random_);
    return database_.run(
        "INSERT INTO move(message, referral, direction, word, other, at, keys, data) VALUES(?, ?, "
        "?, ?, ?, ?, ?, ?)",
        moved.message, moved.referral, static_cast<int>(moved.direction),
        static_cast<int>(moved.body.move), std::string_view(moved.other.text()),
        moved.at.time_since_epoch().count(), BytesView(sealed.keys), BytesView(sealed.data));
}

// Rows of kMoveColumns.
Result<std::vector<Moved>> Moves::read(store::Statement rows) {
    return store::all(std::move(rows), [this](const store::Statement& row) -> Result<Moved> {
        LAPX_TRY_ASSIGN(Desk other, Desk::parse(row.text(3)));
        LAPX_TRY_ASSIGN(const Bytes text, keys::open_part(master_, row.blob(5), row.blob(6), 0));
        LAPX_TRY_ASSIGN(schema::MoveBody body, schema::parse_move(as_text(text)));
        return Moved{row.integer(0),
                     row.integer(1),
                     static_cast<Direction>(row.integer(2)),
                     std::move(other),
                     Time{std::chrono::seconds{row.integer(4)}},
                     std::move(body)};
    });
}

Result<std::vector<Moved>> Moves::of(std::int64_t referral) {
    LAPX_TRY_ASSIGN(
        auto row, database_.query(std::string(kMoveColumns) + "WHERE referral = ? ORDER BY message",
                                  referral));
    return read(std::move(row));
}

Result<std::optional<Moved>> Moves::of_message(std::int64_t message) {
    LAPX_TRY_ASSIGN(auto row,
                    database_.query(std::string(kMoveColumns) + "WHERE message = ?", message));
    LAPX_TRY_ASSIGN(auto moves, read(std::move(row)));
    return moves.empty() ? std::optional<Moved>{} : std::optional(std::move(moves.front()));
}

Result<std::vector<std::int64_t>> Moves::about(Direction direction, schema::Move move) {
    LAPX_TRY_ASSIGN(auto rows,
                    database_.query("SELECT DISTINCT referral FROM move WHERE direction "
                                    "= ? AND word = ? ORDER BY referral",
                                    static_cast<int>(direction), static_cast<int>(move)));
    return store::all(std::move(rows), [](const store::Statement& row) { return row.integer(0); });
}

const Moved* newest(const std::vector<Moved>& all, Direction direction, const Desk& other,
                    std::initializer_list<schema::Move> moves) {
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Moved& moved) {
        return moved.direction == direction && moved.other == other &&
               std::find(moves.begin(), moves.end(), moved.body.move) != moves.end();
    });
    return found == all.rend() ? nullptr : &*found;
}

const Moved* open_question(const std::vector<Moved>& moves, const Desk& of) {
    const auto* asked = newest(moves, Direction::kIn, of, {schema::Move::kConsentAsked});
    const auto* answered = newest(moves, Direction::kOut, of,
                                  {schema::Move::kConsentGranted, schema::Move::kConsentRefused});
    return asked != nullptr && answered != nullptr && answered->message > asked->message ? nullptr
                                                                                         : asked;
}

}  // namespace lapx::cases
