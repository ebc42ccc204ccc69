#include "daemon/ledger/verify.hpp"

#include <gmock/gmock.h>

#include "daemon/ledger/stored_tree.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Entries = std::vector<std::string>;

Verification verify(store::Database& reader, const keys::VerifierKey& key) {
    Verifier verifier(reader, key);
    while (!verifier.step(100).value()) {
    }
    return verifier.found();
}

Verification verify(const Agency1& agency) {
    auto reader = agency.reader().value();
    return verify(reader, agency.log_key);
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

// Tampered with away from the right edge too, where only the full check can tell.
TEST(Verify, NamesWhatWasTamperedWith) {
    struct Case {
        std::string problem;
        std::function<void(const Agency1&)> tamper;
    };
    const auto sql = [](const std::string& script) {
        return [script](const Agency1& agency) { agency.tamper(script); };
    };
    const auto row = [](std::uint64_t first, const std::function<void(Entries&)>& change) {
        return [first, change](const Agency1& agency) { agency.tamper_row(first, change); };
    };
    const std::vector<Case> cases{
        {"tile 0/0: entry 100 is not what was logged",
         row(64, [](Entries& entries) { entries[36][20] ^= 1; })},
        {"tile 0/0: entry 10 is not what was logged",
         row(0, [](Entries& entries) { std::swap(entries[10], entries[11]); })},
        {"entry 299 is missing", row(256, [](Entries& entries) { entries.pop_back(); })},
        {"entry 64 is missing", sql("DELETE FROM leaf WHERE first = 64")},
        {"entry 5 is missing", sql("UPDATE leaf SET count = 70, entries = "
                                   "substr(entries, 1, 520) WHERE first = 0")},
        {"entry 7 is malformed", row(0, [](Entries& entries) { entries[7] = "x"; })},
        {"entry 8 is malformed", row(0, [](Entries& entries) { entries[8].resize(30); })},
        {"tile 0/0: entry 0 is not what was logged",
         sql("UPDATE tile SET hashes = zeroblob(8192) WHERE id = 0")},
        {"tile 0/1 is missing or too short",
         sql("UPDATE tile SET hashes = substr(hashes, 1, 8160) WHERE id = 1")},
        {"tile 0/0 is missing or too short", sql("DELETE FROM tile WHERE id = 0")},
        {"tile 1/0: hash 0 is not what was logged",
         sql("UPDATE tile SET hashes = zeroblob(64) WHERE id = " + std::to_string(tile_id(1, 0)))},
        {"the checkpoint of size 300 is not one",
         sql("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 600) "
             "WHERE size = 300")},
        {"the checkpoint of size 300 has another root than the entries",
         sql("UPDATE checkpoint SET note = CAST(substr(CAST(note AS TEXT), 1, 26) || "
             "'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' || substr(CAST(note AS TEXT), 71) "
             "AS BLOB) WHERE size = 300")},
        {"the newest checkpoint is of 300 entries, but there are 600",
         sql("DELETE FROM checkpoint WHERE size = 600")},
        {"the newest checkpoint is missing or not signed", sql("DELETE FROM checkpoint")},
        {"the newest checkpoint is of 600 entries, but there are 599",
         row(556, [](Entries& entries) { entries.pop_back(); })},
    };
    for (const Case& one : cases) {
        Agency1 agency;
        ASSERT_TRUE(agency.open());
        ASSERT_TRUE(agency.add(300));
        ASSERT_TRUE(agency.add(300));
        agency.close();
        one.tamper(agency);
        EXPECT_THAT(verify(agency).problems, testing::Contains(HasSubstr(one.problem)));
    }
}

// Whoever holds the ledger key could sign a rewritten log: its times still have to be in order.
TEST(Verify, NoticesATimeThatGoesBack) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(3));
    agency.close();
    agency.tamper_row(0, [](Entries& row) { row[2].replace(row[2].find("2026"), 4, "2025"); });
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
    agency.tamper_row(0, [](Entries& row) { std::fill(row.begin(), row.end(), "x"); });
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
        const Verification found = verify(reader, agency.log_key);
        EXPECT_THAT(found.problems, ElementsAre());
        EXPECT_EQ(found.size, 300U);
        ASSERT_TRUE(reader.run("COMMIT"));
    }
    EXPECT_EQ(verify(reader, agency.log_key).size, 600U);
}

TEST(Verify, LeavesWhatIsAppendedBetweenTwoStepsToTheNextCheck) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(700));
    auto reader = agency.reader().value();
    Verifier verifier(reader, agency.log_key);
    ASSERT_FALSE(verifier.step(256).value());
    ASSERT_TRUE(agency.add(700));
    ASSERT_TRUE(agency.database->truncate_wal()) << "no read is open between two steps";
    while (!verifier.step(256).value()) {
    }
    EXPECT_TRUE(verifier.found().ok());
    EXPECT_EQ(verifier.found().size, 700U);
}

}  // namespace
}  // namespace lapx::ledger
