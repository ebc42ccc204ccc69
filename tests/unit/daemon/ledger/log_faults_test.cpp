// The ledger after failures and under an intruder's hands.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::ledger {
namespace {

Code code_of(const Result<void>& result) {
    EXPECT_FALSE(result);
    return result ? Code::kInternal : result.error().code;
}

void append_and_sign(Agency1& agency, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(agency.log->append(schema::EntryKind::kSent, as_bytes("dropped\n")));
    }
    ASSERT_TRUE(agency.log->sign_checkpoint());
}

TEST(LogFaults, RolledBackLeavesNoTrace) {
    // Across the ends of tiles, so that whole tiles are taken back too.
    for (const std::size_t before : {1U, 200U, 256U, 511U}) {
        Agency1 agency;
        ASSERT_TRUE(agency.open());
        const std::string note = agency.add(before).value();
        {
            auto transaction = store::Transaction::begin(*agency.database).value();
            append_and_sign(agency, 300);
            EXPECT_EQ(agency.log->size(), before + 300);
        }
        ASSERT_TRUE(agency.log->rolled_back());
        EXPECT_EQ(agency.log->size(), before);
        EXPECT_EQ(agency.log->sign_checkpoint().value(), note);
        ASSERT_TRUE(agency.add(300));
        EXPECT_EQ(as_text(agency.log->opening(before).value().data),
                  "data " + std::to_string(before) + "\n");
        ASSERT_TRUE(agency.open());
    }
}

TEST(LogFaults, CommitOnAFullDiskIsRolledBackAndWorksTheNextTime) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    const std::string note = agency.add(3).value();
    {
        auto transaction = store::Transaction::begin(*agency.database).value();
        append_and_sign(agency, 2);
        agency.faults.set({Code::kDiskFull});
        EXPECT_EQ(transaction.commit().error().code, Code::kDiskFull);
    }
    ASSERT_TRUE(agency.log->rolled_back());
    EXPECT_EQ(agency.log->sign_checkpoint().value(), note);
    ASSERT_TRUE(agency.add(2));
    ASSERT_TRUE(agency.open());
    EXPECT_EQ(agency.log->size(), 5U);
}

TEST(LogFaults, CommitOfUnknownOutcomeIsConsistentAfterARestartEitherWay) {
    for (const bool persisted : {false, true}) {
        Agency1 agency;
        ASSERT_TRUE(agency.open());
        ASSERT_TRUE(agency.add(255));
        {
            auto transaction = store::Transaction::begin(*agency.database).value();
            append_and_sign(agency, 2);
            agency.faults.set({Code::kIo, persisted});
            EXPECT_EQ(transaction.commit().error().code, Code::kIo);
        }
        EXPECT_FALSE(agency.add(1)) << "nothing more is written";
        ASSERT_TRUE(agency.open());
        EXPECT_EQ(agency.log->size(), persisted ? 257U : 255U);
        ASSERT_TRUE(agency.add(1));
        ASSERT_TRUE(agency.open());
    }
}

TEST(LogFaults, KilledAtAnyPointTheLogOpensWithWhatWasCommitted) {
    enum class Point { kAppended, kSigned, kCommitted, kDone };
    for (const Point point : {Point::kAppended, Point::kSigned, Point::kCommitted, Point::kDone}) {
        Agency1 agency;
        ASSERT_TRUE(agency.open());
        ASSERT_TRUE(agency.add(255));
        agency.close();
        const pid_t child = fork();
        if (child == 0) {
            const auto die_at = [&](Point here) {
                if (here == point) {
                    raise(SIGKILL);
                }
            };
            if (!agency.open()) {
                _exit(1);
            }
            auto transaction = store::Transaction::begin(*agency.database);
            if (!transaction || !agency.log->append(schema::EntryKind::kSent, as_bytes("x\n"))) {
                _exit(1);
            }
            die_at(Point::kAppended);
            if (!agency.log->sign_checkpoint()) {
                _exit(1);
            }
            die_at(Point::kSigned);
            if (!transaction->commit()) {
                _exit(1);
            }
            die_at(Point::kCommitted);
            agency.log->committed();
            die_at(Point::kDone);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        const auto opened = agency.open();
        ASSERT_TRUE(opened) << opened.error().context;
        EXPECT_EQ(agency.log->size(), point >= Point::kCommitted ? 256U : 255U);
        ASSERT_TRUE(agency.add(3));
    }
}

class Restored : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(agency_.open());
        ASSERT_TRUE(agency_.add(5));
        agency_.close();
        std::filesystem::copy_file(agency_.path, agency_.dir.path("old.db"));
        std::filesystem::copy_file(agency_.head_path, agency_.dir.path("old.head"));
        ASSERT_TRUE(agency_.open());
        ASSERT_TRUE(agency_.add(5));
        agency_.close();
    }
    void put_back(const std::string& from, const std::string& to) {
        std::filesystem::copy_file(agency_.dir.path(from), to,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    Agency1 agency_;
};

TEST_F(Restored, DatabaseSetBackIsNoticedByTheHeadFile) {
    put_back("old.db", agency_.path);
    EXPECT_EQ(code_of(agency_.open()), Code::kLedgerBroken);
}

TEST_F(Restored, HeadFileMayLagOrBeMissingOrTorn) {
    put_back("old.head", agency_.head_path);
    EXPECT_TRUE(agency_.open());
    agency_.close();
    std::filesystem::remove(agency_.head_path);
    EXPECT_TRUE(agency_.open());
    agency_.close();
    std::ofstream(agency_.head_path) << "opta.nl/lapx/ledger-1\n999\n";
    EXPECT_TRUE(agency_.open());
    ASSERT_TRUE(agency_.add(1));
    agency_.close();
    std::ifstream head(agency_.head_path);
    const std::string note(std::istreambuf_iterator<char>(head), {});
    EXPECT_EQ(checkpoint_of(note).value().size, 11U) << "and is whole again";
}

TEST_F(Restored, HeadFileThatContradictsIsNoticed) {
    put_back("old.db", agency_.path);
    std::filesystem::remove(agency_.head_path);
    ASSERT_TRUE(agency_.open());
    agency_.clock.advance(std::chrono::hours(1));
    ASSERT_TRUE(agency_.add(2)) << "another history";
    agency_.close();
    std::filesystem::rename(agency_.head_path, agency_.dir.path("other.head"));
    put_back("old.db", agency_.path);
    ASSERT_TRUE(agency_.open());
    ASSERT_TRUE(agency_.add(3));
    agency_.close();
    put_back("other.head", agency_.head_path);
    EXPECT_EQ(code_of(agency_.open()), Code::kLedgerBroken);
}

TEST(LogTampering, IsNoticedAtStartWhereverTheRightEdgeIsTouched) {
    using Entries = std::vector<std::string>;
    struct Case {
        std::string what;
        std::function<void(const Agency1&)> tamper;
    };
    const auto sql = [](const std::string& script) {
        return [script](const Agency1& agency) { agency.tamper(script); };
    };
    // The last row holds the entries from 556 on.
    const auto last_row = [](const std::function<void(Entries&)>& change) {
        return [change](const Agency1& agency) { agency.tamper_row(556, change); };
    };
    const std::string edge = std::to_string(tile_id(1, 0));
    const std::vector<Case> cases{
        {"a leaf changed", last_row([](Entries& row) { row[3][20] ^= 1; })},
        {"the last leaf gone", last_row([](Entries& row) { row.pop_back(); })},
        {"a leaf too many", last_row([](Entries& row) { row.push_back(row.back()); })},
        {"a row gone", sql("DELETE FROM leaf WHERE first = 556")},
        {"a row cut", sql("UPDATE leaf SET entries = zeroblob(3) WHERE first = 556")},
        {"a row of none", sql("PRAGMA ignore_check_constraints=ON;"
                              "UPDATE leaf SET count = 0 WHERE first = 556")},
        {"a row in between gone", sql("DELETE FROM leaf WHERE first = 492")},
        {"the last checkpoint gone", sql("DELETE FROM checkpoint WHERE size = 600")},
        {"all checkpoints gone", sql("DELETE FROM checkpoint")},
        {"a tile changed", sql("UPDATE tile SET hashes = zeroblob(64) WHERE id = " + edge)},
        {"a tile too short",
         sql("UPDATE tile SET hashes = substr(hashes, 1, 32) WHERE id = " + edge)},
        {"a tile gone", sql("DELETE FROM tile WHERE id = " + edge)},
        {"the full tile below changed",
         sql("UPDATE tile SET hashes = zeroblob(8192) WHERE id = 1")},
        {"a checkpoint without its signature",
         sql("UPDATE checkpoint SET note = substr(note, 1, 80) WHERE size = 600")},
        {"a checkpoint of another size",
         sql("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 300) "
             "WHERE size = 600")},
    };
    for (const Case& one : cases) {
        Agency1 agency;
        ASSERT_TRUE(agency.open());
        ASSERT_TRUE(agency.add(300));
        ASSERT_TRUE(agency.add(300));
        agency.close();
        one.tamper(agency);
        const auto opened = agency.open();
        ASSERT_FALSE(opened) << one.what;
        EXPECT_EQ(opened.error().code, Code::kLedgerBroken) << one.what;
    }
}

TEST(LogTampering, LogCutWithItsCheckpointsIsNoticedByTheHeadFile) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(5));
    ASSERT_TRUE(agency.add(5));
    agency.close();
    agency.tamper(
        "DELETE FROM checkpoint WHERE size > 5; DELETE FROM opening WHERE idx >= 5;"
        "DELETE FROM leaf WHERE first >= 5");
    const auto opened = agency.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kLedgerBroken);
}

TEST(LogTampering, AnotherKeyIsNotTheLogs) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(5));
    agency.close();
    agency.signer = keys::SigningKey::generate(agency.random);
    EXPECT_EQ(code_of(agency.open()), Code::kLedgerBroken);
}

TEST(LogTampering, TheDatabaseItselfRefusesToRewriteTheLog) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(300));
    for (const char* sql :
         {"UPDATE leaf SET entries = x'00' WHERE first = 64", "DELETE FROM leaf WHERE first = 256",
          "INSERT INTO leaf(first, count, entries) VALUES(301, 1, x'000100')",
          "INSERT OR REPLACE INTO leaf(first, count, entries) VALUES(64, 1, x'000100')",
          "UPDATE opening SET parts = x'00' WHERE idx = 1", "DELETE FROM opening",
          "UPDATE tile SET hashes = zeroblob(8192)", "DELETE FROM tile",
          "INSERT OR REPLACE INTO tile(id, hashes) VALUES(0, x'00')",
          "UPDATE checkpoint SET note = x'00'", "DELETE FROM checkpoint",
          "INSERT OR REPLACE INTO checkpoint(size, note) VALUES(300, x'00')"}) {
        EXPECT_FALSE(agency.database->run(sql)) << sql;
    }
    ASSERT_TRUE(agency.open());
}

}  // namespace
}  // namespace lapx::ledger
