#include "daemon/ledger/export.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "daemon/ledger/check.hpp"
#include "daemon/ledger/draw.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::ledger {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Export : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(agency_.open()); }
    Result<Exported> run(const std::string& folder) {
        auto reader = agency_.reader().value();
        return export_to(folder, {reader,
                                  agency_.master,
                                  {{agency_.log_key.text()}, {}, 0},
                                  [](std::uint64_t index, schema::EntryKind kind) {
                                      return kind == schema::EntryKind::kSent && index % 2 == 0;
                                  }});
    }
    std::set<std::string> files(const std::string& folder) {
        std::set<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file()) {
                names.insert(fs::relative(entry.path(), folder).string());
            }
        }
        return names;
    }
    Agency1 agency_;
    std::string out_ = agency_.dir.path("out");
};

TEST_F(Export, HasTheFilesOfProtocol9) {
    ASSERT_TRUE(agency_.add(5));
    const Exported exported = run(out_).value();
    EXPECT_EQ(exported.size, 5U);
    EXPECT_EQ(exported.proofs, 3U);
    EXPECT_EQ(files(out_),
              (std::set<std::string>{"README", "checkpoint", "policy", "proofs/0.tlog-proof",
                                     "proofs/2.tlog-proof", "proofs/4.tlog-proof", "tile/0/000.p/5",
                                     "tile/entries/000.p/5"}));
    EXPECT_EQ(content(out_ + "/policy"), "log " + agency_.log_key.text() + "\nquorum none\n");
    EXPECT_EQ(content(out_ + "/checkpoint"), agency_.log->head().value().newest.note);
    EXPECT_TRUE(check_proof(content(out_ + "/proofs/4.tlog-proof"), {&agency_.log_key, 1}));
}

TEST_F(Export, TilesAreThoseOfTlogTiles) {
    ASSERT_TRUE(agency_.add(256 * 3 + 20));
    ASSERT_TRUE(run(out_));
    const auto names = files(out_);
    for (const char* name : {"tile/0/000", "tile/0/002", "tile/0/003.p/20", "tile/1/000.p/3",
                             "tile/entries/002", "tile/entries/003.p/20"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
    EXPECT_FALSE(names.contains("tile/2/000.p/1"));
    const std::string tile = content(out_ + "/tile/0/003.p/20");
    ASSERT_EQ(tile.size(), 20 * 32U);
    const std::string bundle = content(out_ + "/tile/entries/003.p/20");
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bundle[0]) << 8 |
                                                 static_cast<unsigned char>(bundle[1]));
    const Hash leaf = leaf_hash(as_bytes(bundle).subspan(2, length));
    EXPECT_EQ(tile.substr(0, 32), as_text(leaf.view()));
}

TEST_F(Export, OfWholeTilesHasNoPartialOnesBelow) {
    ASSERT_TRUE(agency_.add(256));
    ASSERT_TRUE(run(out_));
    const auto names = files(out_);
    EXPECT_TRUE(names.contains("tile/0/000"));
    EXPECT_TRUE(names.contains("tile/1/000.p/1"));
    EXPECT_TRUE(names.contains("tile/entries/000"));
    EXPECT_FALSE(fs::exists(out_ + "/tile/0/001.p"));
}

TEST_F(Export, ErasedOpeningsHaveNoProof) {
    ASSERT_TRUE(agency_.add(5));
    ASSERT_TRUE(agency_.log->erase(2, OpeningPart::kData));
    EXPECT_EQ(run(out_).value().proofs, 2U);
    EXPECT_FALSE(fs::exists(out_ + "/proofs/2.tlog-proof"));
}

TEST_F(Export, IsPrivateToItsOwner) {
    ASSERT_TRUE(agency_.add(1));
    ASSERT_TRUE(run(out_));
    struct stat status {};
    ASSERT_EQ(stat(out_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    ASSERT_EQ(stat((out_ + "/checkpoint").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Export, TakesAnEmptyFolderAndNoOther) {
    ASSERT_TRUE(agency_.add(1));
    fs::create_directory(out_);
    EXPECT_TRUE(run(out_ + "/"));
    EXPECT_EQ(run(out_).error().code, Code::kInvalidArgument) << "now it is in use";
    std::ofstream(agency_.dir.path("file")) << "x";
    EXPECT_EQ(run(agency_.dir.path("file")).error().code, Code::kInvalidArgument);
    EXPECT_EQ(run(agency_.dir.path("no/such/parent")).error().code, Code::kIo);
}

TEST_F(Export, OfASampleAccountsForEveryEntryDrawn) {
    ASSERT_TRUE(agency_.add(300));
    ASSERT_TRUE(agency_.log->erase(4, OpeningPart::kData));
    ASSERT_TRUE(agency_.log->erase(7, OpeningPart::kData));
    auto reader = agency_.reader().value();
    const ExportParts parts{reader,
                            agency_.master,
                            {{agency_.log_key.text()}, {}, 0},
                            [](std::uint64_t index, schema::EntryKind) { return index % 2 == 0; }};
    EXPECT_EQ(sample_to(out_, parts, "seed", 300).value().proofs, 300U);
    const auto sample = schema::parse_audit_sample(content(out_ + "/sample")).value();
    EXPECT_EQ(sample.origin, kOrigin);
    EXPECT_EQ(sample.size, 300U);
    EXPECT_EQ(sample.seed, "seed");
    const auto drawn = draw("seed", 300, 300).value();
    ASSERT_EQ(sample.drawn.size(), drawn.size());
    const schema::Checkpoint checkpoint = agency_.log->head().value().newest.checkpoint;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        const auto [index, shown] = sample.drawn[i];
        EXPECT_EQ(index, drawn[i]);
        EXPECT_EQ(shown, index == 4 || index == 7 ? schema::Drawn::kErased
                         : index % 2 == 0         ? schema::Drawn::kOpened
                                                  : schema::Drawn::kSealed);
        const auto proof = schema::parse_tlog_proof(
            content(out_ + "/proofs/" + std::to_string(index) + ".tlog-proof"));
        EXPECT_EQ(check_head(proof->head, checkpoint).has_value(), shown == schema::Drawn::kOpened);
        EXPECT_EQ(check_sealed_head(proof->head, checkpoint).has_value(),
                  shown != schema::Drawn::kOpened);
    }
}

TEST_F(Export, OfASampleTakesASeedOfOneLineAndNoMoreThanThereIs) {
    ASSERT_TRUE(agency_.add(5));
    auto reader = agency_.reader().value();
    const ExportParts parts{reader,
                            agency_.master,
                            {{agency_.log_key.text()}, {}, 0},
                            [](std::uint64_t, schema::EntryKind) { return true; }};
    for (const std::string& seed :
         {std::string(), std::string("two\nlines"), std::string(201, 'x')}) {
        EXPECT_EQ(sample_to(out_, parts, seed, 1).error().code, Code::kInvalidArgument);
    }
    for (const std::uint64_t count : {0U, 6U, 1001U}) {
        EXPECT_EQ(sample_to(out_, parts, "seed", count).error().code, Code::kInvalidArgument);
    }
    EXPECT_FALSE(fs::exists(out_));
    EXPECT_TRUE(sample_to(out_, parts, std::string(200, 'x'), 5));
}

TEST_F(Export, FailureLeavesNothing) {
    EXPECT_EQ(run(out_).error().code, Code::kNotFound) << "nothing is signed yet";
    ASSERT_TRUE(agency_.add(300));
    agency_.close();
    agency_.tamper_row(0, [](std::vector<std::string>& row) { row[1][20] ^= 1; });
    EXPECT_EQ(run(out_).error().code, Code::kLedgerBroken);
    for (const auto& entry : fs::directory_iterator(agency_.dir.path())) {
        EXPECT_FALSE(entry.path().filename().string().starts_with("out")) << entry.path();
    }
}

}  // namespace
}  // namespace lapx::ledger
