#pragma once
// The log's tree as it lies in the database: the right edge in memory, the other tiles read when a
// proof needs them, the newest of those kept.

#include <cstdint>
#include <vector>

#include "daemon/ledger/tile.hpp"
#include "daemon/store/database.hpp"

namespace lapx::ledger {

class StoredTree final : public NodeReader, private Edge::Sink {
  public:
    // The tree of the first `size` leaves; the database, which outlives it, may hold more. Checks
    // that each tile of the edge goes on from the full tile below it. Errors: kLedgerBroken.
    static Result<StoredTree> load(store::Database& database, std::uint64_t size);

    std::uint64_t size() const { return edge_.size(); }
    Result<Hash> root() { return edge_.root(); }
    Result<Hash> node(unsigned height, std::uint64_t index) override;
    // Adds a leaf, writing tiles that change. After an error the tree must be loaded again.
    Result<void> append(const Hash& leaf) { return edge_.append(leaf, *this); }

  private:
    struct Kept {
        unsigned level;
        std::uint64_t n;
        std::uint64_t used;
        Tile tile;
    };
    StoredTree(store::Database& database, Edge edge)
        : database_(&database), edge_(std::move(edge)) {}
    Result<const Tile*> full_tile(unsigned level, std::uint64_t n);
    Result<void> tile(unsigned level, std::uint64_t n, const Tile& tile) override;

    store::Database* database_;
    Edge edge_;
    std::vector<Kept> kept_;
    std::uint64_t uses_ = 0;
};

// A stored tile's first `width` hashes. Errors: kLedgerBroken if it is not there or too short.
Result<Tile> read_tile(store::Database& database, unsigned level, std::uint64_t n,
                       std::uint64_t width);
// The key of a tile in its table.
constexpr std::int64_t tile_id(unsigned level, std::uint64_t n) {
    return static_cast<std::int64_t>((std::uint64_t{level} << 56) | n);
}

}  // namespace lapx::ledger
