#include "daemon/ledger/stored_tree.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/ledger/records.hpp"

namespace lapx::ledger {
namespace {

// 16 KiB each: the last 16,384 leaves, and what lies above them.
constexpr std::size_t kKeptTiles = 64;

Result<Tile> leaves_of_edge(store::Database& database, std::uint64_t size) {
    Tile tile;
    const std::uint64_t begin = size - size % kTileWidth;
    LAPX_TRY(for_each_entry(database, begin, size, [&](std::uint64_t, BytesView entry) {
        tile.push(leaf_hash(entry));
        return Result<void>();
    }));
    return tile;
}

}  // namespace

Result<Tile> read_tile(store::Database& database, unsigned level, std::uint64_t n,
                       std::uint64_t width) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT hashes FROM tile WHERE id = ?", tile_id(level, n)));
    LAPX_TRY_ASSIGN(const bool found, query.step());
    if (!found) {
        return fail(Code::kLedgerBroken,
                    "tile " + std::to_string(level) + "/" + std::to_string(n) + " is missing");
    }
    return Tile::from(query.blob(0), width);
}

Result<StoredTree> StoredTree::load(store::Database& database, std::uint64_t size) {
    std::vector<Tile> tiles;
    for (unsigned level = 0; hashes_at(size, level) > 0; ++level) {
        const std::uint64_t hashes = hashes_at(size, level);
        const std::uint64_t width = hashes % kTileWidth;
        if (level == 0) {
            LAPX_TRY_ASSIGN(Tile leaves, leaves_of_edge(database, size));
            tiles.push_back(std::move(leaves));
            continue;
        }
        if (width == 0) {
            tiles.emplace_back();
            continue;
        }
        LAPX_TRY_ASSIGN(Tile tile, read_tile(database, level, hashes / kTileWidth, width));
        LAPX_TRY_ASSIGN(const Tile below, read_tile(database, level - 1, hashes - 1, kTileWidth));
        if (tile.node(0, width - 1) != below.root()) {
            return fail(Code::kLedgerBroken, "a tile does not go on from the one below");
        }
        tiles.push_back(std::move(tile));
    }
    return StoredTree(database, Edge::restore(size, std::move(tiles)));
}

Result<Hash> StoredTree::node(unsigned height, std::uint64_t index) {
    const NodePlace place = place_of(height, index);
    if (edge_.holds(place.level, place.tile)) {
        return edge_.node(height, index);
    }
    if (place.tile > hashes_at(size(), place.level + 1)) {
        return fail(Code::kInternal, "a node outside the tree");
    }
    LAPX_TRY_ASSIGN(const Tile* const tile, full_tile(place.level, place.tile));
    return tile->node(place.height, place.index);
}

Result<const Tile*> StoredTree::full_tile(unsigned level, std::uint64_t n) {
    ++uses_;
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
        return kept.level == level && kept.n == n;
    });
    if (found != kept_.end()) {
        found->used = uses_;
        return &found->tile;
    }
    LAPX_TRY_ASSIGN(Tile tile, read_tile(*database_, level, n, kTileWidth));
    if (kept_.size() < kKeptTiles) {
        kept_.push_back({level, n, uses_, std::move(tile)});
        return &kept_.back().tile;
    }
    const auto oldest = std::min_element(
        kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
    *oldest = {level, n, uses_, std::move(tile)};
    return &oldest->tile;
}

Result<void> StoredTree::tile(unsigned level, std::uint64_t n, const Tile& tile) {
    return database_->run(
        "INSERT INTO tile(id, hashes) VALUES(?, ?) "
        "ON CONFLICT(id) DO UPDATE SET hashes = excluded.hashes",
        tile_id(level, n), tile.bytes());
}

}  // namespace lapx::ledger
