#include "daemon/ledger/verify.hpp"

#include <gmock/gmock.h>

#include "daemon/ledger/stored_tree.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Verification verify(const Agency1& agency) {
    auto reader = agency.reader().value();
    return verify_all(reader, agency.log_key).value();
}

TEST(Verify, FindsNothingInAGoodLogOfAnySize) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    EXPECT_TRUE(verify(agency).ok()) << "no entries at all";
    for (const std::size_t more : {1U, 1U, 254U, 1U, 255U, 300U}) {
        ASSERT_TRUE(agency.add(more));
        const Verification found = verify(agency);
        EXPECT_THAT(found.problems, ElementsAre());
        EXPECT_EQ(found.size, agency.log->size());
    }
}

// Tampered with away from the right edge, so that only the full check can tell.
struct Case {
    std::string what;
    std::string script;
    std::string problem;
};

TEST(Verify, NamesWhatWasTamperedWith) {
    const std::vector<Case> cases{
        {"a leaf",
         "UPDATE leaf SET entry = CAST(replace(CAST(entry AS TEXT), 'sent', 'read') AS BLOB) "
         "WHERE idx = 100",
         "tile 0/0: entry 100 is not what was logged"},
        {"two leaves swapped",
         "CREATE TEMP TABLE old AS SELECT * FROM leaf WHERE idx IN (10, 11);"
         "UPDATE leaf SET entry = (SELECT entry FROM old WHERE old.idx = 21 - leaf.idx) "
         "WHERE idx IN (10, 11)",
         "entry 10 is not what was logged"},
        {"a leaf gone", "DELETE FROM leaf WHERE idx = 300", "entry 300 is missing"},
        {"a leaf that is no entry", "UPDATE leaf SET entry = x'00' WHERE idx = 7",
         "entry 7 is malformed"},
        {"a tile", "UPDATE tile SET hashes = zeroblob(8192) WHERE id = 0",
         "tile 0/0: entry 0 is not what was logged"},
        {"a tile cut", "UPDATE tile SET hashes = substr(hashes, 1, 8160) WHERE id = 1",
         "tile 0/1 is missing or too short"},
        {"a tile gone", "DELETE FROM tile WHERE id = 0", "tile 0/0 is missing"},
        {"a partial tile above",
         "UPDATE tile SET hashes = zeroblob(64) WHERE id = " + std::to_string(tile_id(1, 0)),
         "tile 1/0: hash 0 is not what was logged"},
        {"an older checkpoint",
         "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 600) "
         "WHERE size = 300",
         "the checkpoint of size 300 is not one"},
        {"an older checkpoint's root",
         "UPDATE checkpoint SET note = CAST(substr(CAST(note AS TEXT), 1, 26) || "
         "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' || substr(CAST(note AS TEXT), 71) AS "
         "BLOB) WHERE size = 300",
         "the checkpoint of size 300 has another root than the entries"},
        {"the newest checkpoint gone", "DELETE FROM checkpoint WHERE size = 600",
         "the newest checkpoint is of 300 entries, but there are 600"},
        {"all checkpoints gone", "DELETE FROM checkpoint",
         "the newest checkpoint is missing or not signed"},
        {"the last leaf gone", "DELETE FROM leaf WHERE idx = 599",
         "the newest checkpoint is of 600 entries, but there are 599"},
    };
    for (const Case& one : cases) {
        Agency1 agency;
        ASSERT_TRUE(agency.open());
        ASSERT_TRUE(agency.add(300));
        ASSERT_TRUE(agency.add(300));
        agency.close();
        agency.tamper(one.script);
        EXPECT_THAT(verify(agency).problems, testing::Contains(HasSubstr(one.problem))) << one.what;
    }
}

// Whoever holds the ledger key could sign a rewritten log: its times still have to be in order.
TEST(Verify, NoticesATimeThatGoesBack) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(3));
    agency.close();
    agency.tamper(
        "UPDATE leaf SET entry = CAST(replace(CAST(entry AS TEXT), '2026', '2025') AS BLOB) "
        "WHERE idx = 2");
    EXPECT_THAT(verify(agency).problems,
                testing::Contains(HasSubstr("entry 2 is earlier than the one before")));
}

TEST(Verify, AnotherKeysCheckpointIsAProblem) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(3));
    agency.log_key.key = keys::SigningKey::generate(agency.random).public_key();
    EXPECT_FALSE(verify(agency).ok());
}

TEST(Verify, StopsCollectingAtALimit) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(100));
    agency.close();
    agency.tamper("UPDATE leaf SET entry = x'00'");
    EXPECT_EQ(verify(agency).problems.size(), Verification::kMaxProblems);
}

TEST(Verify, GoesOnWhileTheLogGrows) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(300));
    auto reader = agency.reader().value();
    {
        // A read that began before the next commit sees the log as it was.
        ASSERT_TRUE(reader.run("BEGIN"));
        EXPECT_EQ(stored_size(reader).value(), 300U);
        ASSERT_TRUE(agency.add(300));
        const Verification found = verify_all(reader, agency.log_key).value();
        EXPECT_THAT(found.problems, ElementsAre());
        EXPECT_EQ(found.size, 300U);
        ASSERT_TRUE(reader.run("COMMIT"));
    }
    EXPECT_EQ(verify_all(reader, agency.log_key).value().size, 600U);
}

}  // namespace
}  // namespace lapx::ledger
