#include "daemon/ledger/tile.hpp"

#include <algorithm>
#include <utility>

namespace lapx::ledger {

static_assert(sizeof(Hash) == Hash::kSize, "hashes of a tile lie one after another");

Result<Tile> Tile::from(BytesView hashes, std::uint64_t width) {
    if (hashes.size() < width * Hash::kSize || width > kTileWidth) {
        return fail(Code::kLedgerBroken, "a tile is too short");
    }
    Tile tile;
    Hash hash;
    for (std::uint64_t i = 0; i < width; ++i) {
        const BytesView octets = hashes.subspan(i * Hash::kSize, Hash::kSize);
        std::copy(octets.begin(), octets.end(), hash.bytes.begin());
        tile.push(hash);
    }
    return tile;
}

void Tile::push(const Hash& hash) {
    std::uint64_t index = width_++;
    nodes_[index] = hash;
    // An odd node completes its parent.
    for (unsigned height = 0; (index & 1) == 1; ++height, index >>= 1) {
        nodes_[start_of(height + 1) + (index >> 1)] =
            node_hash(node(height, index - 1), node(height, index));
    }
}

BytesView Tile::bytes() const { return {nodes_.front().bytes.data(), width_ * Hash::kSize}; }

Result<void> Edge::append(const Hash& leaf, Sink& sink) {
    Hash hash = leaf;
    for (unsigned level = 0;; ++level) {
        if (level == tiles_.size()) {
            tiles_.emplace_back();
        }
        Tile& tile = tiles_[level];
        tile.push(hash);
        if (level > 0 || tile.full()) {
            LAPX_TRY(sink.tile(level, hashes_at(size_, level + 1), tile));
        }
        if (!tile.full()) {
            break;
        }
        hash = tile.root();
        tile.clear();
    }
    ++size_;
    return {};
}

Result<Hash> Edge::node(unsigned height, std::uint64_t index) {
    const NodePlace place = place_of(height, index);
    if (!holds(place.level, place.tile) ||
        (place.index + 1) << place.height > tiles_[place.level].width()) {
        return fail(Code::kInternal, "a node outside the right edge");
    }
    return tiles_[place.level].node(place.height, place.index);
}

Edge Edge::restore(std::uint64_t size, std::vector<Tile> tiles) {
    Edge edge;
    edge.size_ = size;
    edge.tiles_ = std::move(tiles);
    return edge;
}

std::string tile_path(const std::string& kind, std::uint64_t n, std::uint64_t width) {
    const auto three = [](std::uint64_t part) {
        const std::string digits = std::to_string(part);
        return std::string(3 - digits.size(), '0') + digits;
    };
    std::string number = three(n % 1000);
    for (std::uint64_t rest = n / 1000; rest > 0; rest /= 1000) {
        number.insert(0, "x" + three(rest % 1000) + "/");
    }
    const std::string partial = width < kTileWidth ? ".p/" + std::to_string(width) : "";
    return "tile/" + kind + "/" + number + partial;
}

}  // namespace lapx::ledger
