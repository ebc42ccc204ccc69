// Tiles of a public Certificate Transparency log.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/ledger/tile.hpp"

namespace lapx::ledger {
namespace {

Bytes content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class PublicTiles : public testing::Test {
  protected:
    void SetUp() override {
        const char* folder = std::getenv("LAPX_ORACLES");
        if (folder == nullptr) {
            GTEST_SKIP() << "LAPX_ORACLES is not set";
        }
        log_ = std::filesystem::path(folder) / "ledger/tiles/navigli2025h2";
    }
    std::filesystem::path log_;
};

TEST_F(PublicTiles, LieWhereTilePathSays) {
    for (std::uint64_t n = 0; n < 4; ++n) {
        EXPECT_EQ(content(log_ / tile_path("0", n, kTileWidth)).size(), 8192U);
    }
    EXPECT_EQ(content(log_ / tile_path("0", 3, 10)).size(), 320U);
}

TEST_F(PublicTiles, AreReadAndWrittenAsTheyStand) {
    for (std::uint64_t n = 0; n < 4; ++n) {
        const Bytes stored = content(log_ / tile_path("0", n, kTileWidth));
        const Tile tile = Tile::from(stored, kTileWidth).value();
        EXPECT_TRUE(std::equal(stored.begin(), stored.end(), tile.bytes().begin()));
    }
}

TEST_F(PublicTiles, PartialTileIsTheBeginningOfTheFullOne) {
    const Bytes partial = content(log_ / tile_path("0", 3, 10));
    const Bytes full = content(log_ / tile_path("0", 3, kTileWidth));
    const Tile begun = Tile::from(full, 10).value();
    EXPECT_TRUE(
        std::equal(partial.begin(), partial.end(), begun.bytes().begin(), begun.bytes().end()));
}

}  // namespace
}  // namespace lapx::ledger
