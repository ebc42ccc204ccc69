#include "daemon/ledger/stored_tree.hpp"

#include <gtest/gtest.h>

#include <random>

#include "daemon/ledger/records.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/daemon/ledger/naive_tree.hpp"

namespace lapx::ledger {
namespace {

TEST(Tile, PathsAreThoseOfTlogTiles) {
    EXPECT_EQ(tile_path("0", 0, 256), "tile/0/000");
    EXPECT_EQ(tile_path("0", 5, 17), "tile/0/005.p/17");
    EXPECT_EQ(tile_path("1", 999, 256), "tile/1/999");
    EXPECT_EQ(tile_path("entries", 1000, 256), "tile/entries/x001/000");
    EXPECT_EQ(tile_path("2", 1234067, 1), "tile/2/x001/x234/067.p/1");
}

TEST(Tile, HoldsEverySubtree) {
    std::vector<Hash> leaves;
    Tile tile;
    for (std::uint64_t n = 0; n < kTileWidth; ++n) {
        leaves.push_back(naive::leaf(n));
        tile.push(leaves.back());
    }
    ASSERT_TRUE(tile.full());
    EXPECT_EQ(tile.root(), naive::root(leaves));
    for (unsigned height = 0; height <= kTileHeight; ++height) {
        for (std::uint64_t i = 0; i < kTileWidth >> height; ++i) {
            ASSERT_EQ(tile.node(height, i),
                      naive::root(std::span(leaves).subspan(i << height, 1UL << height)));
        }
    }
    EXPECT_EQ(tile.bytes().size(), 8192U);
    EXPECT_EQ(Tile::from(tile.bytes(), 100)->bytes().size(), 3200U);
    EXPECT_FALSE(Tile::from(tile.bytes().first(3199), 100));
}

// Leaf rows and tree together, as the log writes them.
struct Grown {
    test::TempDir dir;
    store::Database database = store::Database::open(dir.path("t.db"), store::Mode::kWrite).value();
    StoredTree tree = StoredTree::load(database, 0).value();
    std::vector<Hash> leaves;

    void grow_to(std::uint64_t size) {
        auto transaction = store::Transaction::begin(database).value();
        const std::uint64_t first = tree.size();
        Bytes entries;
        while (tree.size() < size) {
            const std::string entry = "leaf " + std::to_string(tree.size());
            leaves.push_back(leaf_hash(as_bytes(entry)));
            ASSERT_TRUE(tree.append(leaves.back()));
            add_entry(entries, as_bytes(entry));
        }
        ASSERT_TRUE(database.run("INSERT INTO leaf VALUES(?, ?, ?)", first, size - first, entries));
        ASSERT_TRUE(transaction.commit());
    }
};

void expect_same(StoredTree& tree, std::span<const Hash> leaves, std::mt19937_64& random) {
    ASSERT_EQ(tree.size(), leaves.size());
    const Hash root = naive::root(leaves);
    ASSERT_EQ(tree.root().value(), root);
    for (int round = 0; round < 4; ++round) {
        const std::uint64_t index = random() % leaves.size();
        const std::uint64_t old = 1 + random() % leaves.size();
        ASSERT_TRUE(verify_inclusion(leaves[index], index, leaves.size(),
                                     inclusion_proof(index, leaves.size(), tree).value(), root));
        const Hash old_root = root_of(old, tree).value();
        ASSERT_EQ(old_root, naive::root(leaves.first(old)));
        ASSERT_TRUE(verify_consistency(old, old_root, leaves.size(), root,
                                       consistency_proof(old, leaves.size(), tree).value()));
    }
}

TEST(StoredTree, IsTheNaiveTreeAtEveryTileEdgeAndAfterLoading) {
    Grown grown;
    std::mt19937_64 random(2);
    for (const std::uint64_t size : {1UL, 2UL, 255UL, 256UL, 257UL, 511UL, 512UL, 513UL, 5000UL,
                                     65535UL, 65536UL, 65537UL, 65792UL, 66049UL}) {
        grown.grow_to(size);
        expect_same(grown.tree, grown.leaves, random);
        auto loaded = StoredTree::load(grown.database, size);
        ASSERT_TRUE(loaded) << loaded.error().context;
        expect_same(*loaded, grown.leaves, random);
    }
}

TEST(StoredTree, LoadsAnySizeThatWasPassed) {
    Grown grown;
    grown.grow_to(66000);
    std::mt19937_64 random(3);
    for (int round = 0; round < 8; ++round) {
        const std::uint64_t size = 1 + random() % 66000;
        auto loaded = StoredTree::load(grown.database, size);
        ASSERT_TRUE(loaded) << loaded.error().context;
        expect_same(*loaded, std::span(grown.leaves).first(size), random);
    }
}

TEST(StoredTree, RefusesNodesOutsideTheTree) {
    Grown grown;
    grown.grow_to(300);
    EXPECT_FALSE(grown.tree.node(0, 300));
    EXPECT_FALSE(grown.tree.node(8, 1));
    EXPECT_FALSE(grown.tree.node(0, 100000));
    EXPECT_TRUE(grown.tree.node(0, 299));
    EXPECT_TRUE(grown.tree.node(8, 0));
}

}  // namespace
}  // namespace lapx::ledger
