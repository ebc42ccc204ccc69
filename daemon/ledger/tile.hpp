#pragma once
// Tiles as in C2SP tlog-tiles: 256 consecutive hashes of one level, where level 0 holds leaf hashes
// and each hash of level L + 1 is the root of a full tile of level L.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/ledger/tree.hpp"

namespace lapx::ledger {

inline constexpr unsigned kTileHeight = 8;
inline constexpr std::uint64_t kTileWidth = 256;

// How many full subtrees of one hash at `level` a tree of `size` leaves has: level 0 counts leaves,
// level 1 full tiles of leaves, and so on.
constexpr std::uint64_t hashes_at(std::uint64_t size, unsigned level) {
    return level * kTileHeight < 64 ? size >> (level * kTileHeight) : 0;
}

// A tile while it grows and when it is full, with every perfect subtree over its hashes.
class Tile {
  public:
    Tile() : nodes_(2 * kTileWidth - 1) {}
    // Errors: kLedgerBroken unless there are `width` hashes or more; the rest is not looked at.
    static Result<Tile> from(BytesView hashes, std::uint64_t width);

    // Must not be full.
    void push(const Hash& hash);
    std::uint64_t width() const { return width_; }
    bool full() const { return width_ == kTileWidth; }
    // The root of 2^height hashes from index * 2^height on, which must be there. Height 8: of all.
    const Hash& node(unsigned height, std::uint64_t index) const {
        return nodes_[start_of(height) + index];
    }
    const Hash& root() const { return node(kTileHeight, 0); }
    // As stored and exported: the hashes, one after another.
    BytesView bytes() const;
    // Empty again.
    void clear() { width_ = 0; }

  private:
    // Height h has room for 256 / 2^h nodes, after those of the heights below.
    static constexpr std::size_t start_of(unsigned height) {
        return 2 * kTileWidth - ((2 * kTileWidth) >> height);
    }
    std::vector<Hash> nodes_;
    std::uint64_t width_ = 0;
};

// The right edge of a tree: the last tile of each level, none of them full. Enough to append and to
// know the root.
class Edge final : public NodeReader {
  public:
    // What append tells of each tile that it changed; `level` 0 only when it is full.
    class Sink {
      public:
        virtual ~Sink() = default;
        virtual Result<void> tile(unsigned level, std::uint64_t n, const Tile& tile) = 0;
    };

    std::uint64_t size() const { return size_; }
    Result<void> append(const Hash& leaf, Sink& sink);
    Result<Hash> root() { return root_of(size_, *this); }
    // Whether the tile of this level and number is part of the edge.
    bool holds(unsigned level, std::uint64_t n) const {
        return level < tiles_.size() && n == hashes_at(size_, level + 1);
    }
    const Tile& tile(unsigned level) const { return tiles_[level]; }
    // Errors: kInternal for a node that is not in the edge.
    Result<Hash> node(unsigned height, std::uint64_t index) override;

    // Takes a tree up again, from what is stored of it.
    static Edge restore(std::uint64_t size, std::vector<Tile> tiles);

  private:
    std::uint64_t size_ = 0;
    std::vector<Tile> tiles_;
};

// Where node (height, index) lies.
struct NodePlace {
    unsigned level;
    std::uint64_t tile;
    unsigned height;      // within the tile
    std::uint64_t index;  // within that height of the tile
};
constexpr NodePlace place_of(unsigned height, std::uint64_t index) {
    const unsigned inner = height % kTileHeight;
    const unsigned shift = kTileHeight - inner;
    return {height / kTileHeight, index >> shift, inner, index & ((std::uint64_t{1} << shift) - 1)};
}

// "tile/0/x001/067", with ".p/W" for a tile of W < 256 hashes. `kind` is the level or "entries".
std::string tile_path(const std::string& kind, std::uint64_t n, std::uint64_t width);

}  // namespace lapx::ledger
