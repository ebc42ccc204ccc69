#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/daemon/store/fixture.hpp"

namespace lapx::store {
namespace {

TEST(Transaction, CommitKeepsAndDestructionDrops) {
    Fixture fixture;
    auto database = fixture.open().value();
    {
        auto transaction = Transaction::begin(database).value();
        ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(1)"));
        ASSERT_TRUE(transaction.commit());
        EXPECT_FALSE(transaction.commit());
    }
    {
        auto transaction = Transaction::begin(database).value();
        ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(2)"));
        EXPECT_FALSE(Transaction::begin(database)) << "transactions do not nest";
    }
    EXPECT_EQ(count(database), 1);
}

TEST(Transaction, FailedBeginAndFailedRunChangeNothing) {
    Fixture fixture;
    auto database = fixture.open().value();
    fixture.faults.set(Faults::Step::kBegin, {Code::kDiskFull});
    EXPECT_EQ(Transaction::begin(database).error().code, Code::kDiskFull);
    {
        auto transaction = Transaction::begin(database).value();
        fixture.faults.set(Faults::Step::kRun, {Code::kDiskFull});
        EXPECT_EQ(database.run("INSERT INTO t(id) VALUES(1)").error().code, Code::kDiskFull);
    }
    EXPECT_EQ(count(database), 0);
    auto transaction = Transaction::begin(database).value();
    ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(1)"));
    ASSERT_TRUE(transaction.commit());
    EXPECT_EQ(count(database), 1);
}

TEST(Transaction, CommitOnAFullDiskIsRolledBackAndMayBeTriedAgain) {
    Fixture fixture;
    auto database = fixture.open().value();
    for (int round = 0; round < 2; ++round) {
        auto transaction = Transaction::begin(database).value();
        ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(1)"));
        if (round == 0) {
            fixture.faults.set(Faults::Step::kCommit, {Code::kDiskFull});
            EXPECT_EQ(transaction.commit().error().code, Code::kDiskFull);
        } else {
            EXPECT_TRUE(transaction.commit());
        }
    }
    EXPECT_EQ(count(database), 1);
}

TEST(Transaction, NothingMoreIsBegunOnceAnOutcomeIsUnknown) {
    for (const bool persisted : {false, true}) {
        Fixture fixture;
        {
            auto database = fixture.open().value();
            {
                auto transaction = Transaction::begin(database).value();
                ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(1)"));
                fixture.faults.set(Faults::Step::kCommit, {Code::kIo, persisted});
                EXPECT_EQ(transaction.commit().error().code, Code::kIo);
            }
            EXPECT_EQ(Transaction::begin(database).error().code, Code::kIo);
        }
        auto database = fixture.open().value();
        EXPECT_EQ(count(database), persisted ? 1 : 0);
    }
}

// SQLite's own limit stands in for a disk that has no more room.
TEST(Transaction, AFullDiskIsTransientAndLeavesTheStateAsItWas) {
    Fixture fixture;
    auto database = fixture.open().value();
    ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(1)"));
    { ASSERT_TRUE(database.query("PRAGMA max_page_count=4").value().step()); }
    {
        auto transaction = Transaction::begin(database).value();
        const auto written = database.run("INSERT INTO t(data) VALUES(?)", Bytes(1 << 20, 1));
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, Code::kDiskFull);
    }
    EXPECT_EQ(count(database), 1);
    { ASSERT_TRUE(database.query("PRAGMA max_page_count=100000").value().step()); }
    auto transaction = Transaction::begin(database).value();
    EXPECT_TRUE(database.run("INSERT INTO t(data) VALUES(?)", Bytes(1 << 20, 1)));
    EXPECT_TRUE(transaction.commit());
    EXPECT_EQ(count(database), 2);
}

TEST(Transaction, KilledProcessLeavesOnlyWhatWasCommitted) {
    Fixture fixture;
    { ASSERT_TRUE(fixture.open()); }
    const pid_t child = fork();
    if (child == 0) {
        auto database = fixture.open().value();
        auto first = Transaction::begin(database).value();
        if (!database.run("INSERT INTO t(id) VALUES(1)") || !first.commit()) {
            _exit(1);
        }
        auto second = Transaction::begin(database).value();
        if (!database.run("INSERT INTO t(id) VALUES(2)")) {
            _exit(1);
        }
        raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto database = fixture.open().value();
    EXPECT_EQ(count(database), 1);
}

}  // namespace
}  // namespace lapx::store
