#include "daemon/store/database.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/daemon/store/fixture.hpp"

namespace lapx::store {
namespace {

std::int64_t pragma(Database& database, const std::string& name) {
    auto query = database.query("PRAGMA " + name);
    return query && query->step().value_or(false) ? query->integer(0) : -1;
}

unsigned permissions(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
}

TEST(Database, KeepsWhatWasWrittenOfEachType) {
    Fixture fixture;
    const Bytes data{0, 1, 0, 255};
    {
        auto database = fixture.open().value();
        ASSERT_TRUE(database.run("INSERT INTO t VALUES(?,?,?)", 7, "línea", data));
        ASSERT_TRUE(
            database.run("INSERT INTO t VALUES(?,?,?)", 8, std::optional<std::string>(), Bytes{}));
        EXPECT_EQ(database.changes(), 1);
        EXPECT_EQ(database.last_key(), 8);
    }
    auto database = fixture.open().value();
    auto query = database.query("SELECT id, note, data FROM t ORDER BY id").value();
    ASSERT_TRUE(query.step().value());
    EXPECT_EQ(query.integer(0), 7);
    EXPECT_EQ(query.text(1), "línea");
    EXPECT_EQ(Bytes(query.blob(2).begin(), query.blob(2).end()), data);
    ASSERT_TRUE(query.step().value());
    EXPECT_TRUE(query.is_null(1));
    EXPECT_FALSE(query.is_null(2));
    EXPECT_TRUE(query.blob(2).empty());
    EXPECT_FALSE(query.step().value());
}

TEST(Database, IsSetUpForDurabilityAndDistrust) {
    Fixture fixture;
    auto database = fixture.open().value();
    EXPECT_EQ(pragma(database, "page_size"), 8192);
    EXPECT_EQ(pragma(database, "synchronous"), 2);  // FULL
    auto mode = database.query("PRAGMA journal_mode").value();
    ASSERT_TRUE(mode.step().value());
    EXPECT_EQ(mode.text(0), "wal");
    EXPECT_TRUE(std::filesystem::exists(fixture.path + "-wal"));
    EXPECT_EQ(pragma(database, "wal_autocheckpoint"), 8192);  // 64 MiB
    EXPECT_EQ(pragma(database, "secure_delete"), 1);
    EXPECT_EQ(pragma(database, "foreign_keys"), 1);
    EXPECT_EQ(pragma(database, "recursive_triggers"), 1);
    EXPECT_EQ(pragma(database, "cell_size_check"), 1);
    EXPECT_EQ(pragma(database, "trusted_schema"), 0);
    EXPECT_EQ(pragma(database, "application_id"), 0x6c617078);
    // DQS off: a word in double quotes is a column, never silently a text.
    EXPECT_FALSE(database.query("SELECT \"nowhere\""));
    // DEFENSIVE: the schema cannot be written by hand.
    EXPECT_FALSE(database.run("PRAGMA writable_schema=ON") &&
                 database.run("UPDATE sqlite_schema SET sql = 'x'"));
}

TEST(Database, IsReadableByItsOwnerOnly) {
    Fixture fixture;
    auto database = fixture.open().value();
    ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(1)"));
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        EXPECT_EQ(permissions(fixture.path + suffix), 0600U) << suffix;
    }
}

TEST(Database, HasOneWriterAtATime) {
    Fixture fixture;
    {
        auto first = fixture.open().value();
        const auto second = fixture.open();
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, Code::kHomeInUse);
    }
    EXPECT_TRUE(fixture.open());
}

TEST(Database, ReaderSeesCommitsAndCannotWrite) {
    Fixture fixture;
    auto writer = fixture.open().value();
    auto reader = fixture.open(Mode::kRead).value();
    ASSERT_TRUE(writer.run("INSERT INTO t(id) VALUES(1)"));
    EXPECT_EQ(count(reader), 1);
    EXPECT_FALSE(reader.run("INSERT INTO t(id) VALUES(2)"));
    EXPECT_EQ(count(writer), 1);
}

TEST(Database, ReaderLeavesTheWalAlone) {
    Fixture fixture;
    auto writer = std::make_unique<Database>(fixture.open().value());
    ASSERT_TRUE(writer->run("INSERT INTO t(id) VALUES(1)"));
    const auto size = std::filesystem::file_size(fixture.path + "-wal");
    ASSERT_GT(size, 0U);
    {
        auto reader = fixture.open(Mode::kRead).value();
        EXPECT_EQ(count(reader), 1);
    }
    EXPECT_EQ(std::filesystem::file_size(fixture.path + "-wal"), size);
}

TEST(Database, TruncateWalEmptiesIt) {
    Fixture fixture;
    auto database = fixture.open().value();
    ASSERT_TRUE(database.run("INSERT INTO t(id, note) VALUES(1, 'secret-word')"));
    ASSERT_TRUE(database.run("DELETE FROM t"));
    ASSERT_TRUE(database.truncate_wal());
    EXPECT_EQ(std::filesystem::file_size(fixture.path + "-wal"), 0U);
    std::ifstream file(fixture.path, std::ios::binary);
    const std::string octets(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(octets.find("secret-word"), std::string::npos);
}

TEST(Database, TruncateWalDoesNotWaitForReaders) {
    Fixture fixture;
    auto writer = fixture.open().value();
    ASSERT_TRUE(writer.run("INSERT INTO t(id) VALUES(1)"));
    auto reader = fixture.open(Mode::kRead).value();
    {
        auto query = reader.query("SELECT id FROM t").value();
        ASSERT_TRUE(query.step().value());
        ASSERT_TRUE(writer.run("INSERT INTO t(id) VALUES(2)"));
        EXPECT_EQ(writer.truncate_wal().error().code, Code::kTimeout);
    }
    EXPECT_TRUE(writer.truncate_wal());
}

TEST(Database, SameQueryNestedInItselfKeepsBothPositions) {
    Fixture fixture;
    auto database = fixture.open().value();
    for (int id = 1; id <= 3; ++id) {
        ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(?)", id));
    }
    int pairs = 0;
    auto outer = database.query("SELECT id FROM t").value();
    while (outer.step().value()) {
        auto inner = database.query("SELECT id FROM t").value();
        while (inner.step().value()) {
            ++pairs;
        }
    }
    EXPECT_EQ(pairs, 9);
}

TEST(Database, RefusesTheWrongNumberOfValuesAndStatementsWithRows) {
    Fixture fixture;
    auto database = fixture.open().value();
    EXPECT_EQ(database.run("INSERT INTO t(id) VALUES(?)").error().code, Code::kInternal);
    EXPECT_EQ(database.run("INSERT INTO t(id) VALUES(?)", 1, 2).error().code, Code::kInternal);
    EXPECT_EQ(database.run("SELECT 1").error().code, Code::kInternal);
    EXPECT_EQ(database.run("").error().code, Code::kInternal);
    EXPECT_EQ(count(database), 0);
}

TEST(Database, ConstraintErrorsNameNoValues) {
    Fixture fixture;
    auto database = fixture.open().value();
    ASSERT_TRUE(database.run("INSERT INTO t(id) VALUES(12345)"));
    const auto again = database.run("INSERT INTO t(id) VALUES(12345)");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().context.find("12345"), std::string::npos) << again.error().context;
}

TEST(Migrations, ApplyWhatIsNewAndOnlyThat) {
    Fixture fixture;
    { ASSERT_TRUE(fixture.open()->run("INSERT INTO t(id) VALUES(1)")); }
    constexpr std::array<std::string_view, 2> kNext{kSchema[0],
                                                    "ALTER TABLE t ADD COLUMN more TEXT;"};
    auto database = Database::open(fixture.path, Mode::kWrite, {.migrations = kNext}).value();
    EXPECT_EQ(pragma(database, "user_version"), 2);
    EXPECT_TRUE(database.run("UPDATE t SET more = 'x'"));
    EXPECT_EQ(database.changes(), 1);
}

TEST(Migrations, FailingOneLeavesTheDatabaseAsItWas) {
    Fixture fixture;
    { ASSERT_TRUE(fixture.open()->run("INSERT INTO t(id) VALUES(1)")); }
    constexpr std::array<std::string_view, 2> kBad{
        kSchema[0], "ALTER TABLE t ADD COLUMN more TEXT; INSERT INTO nowhere VALUES(1);"};
    EXPECT_FALSE(Database::open(fixture.path, Mode::kWrite, {.migrations = kBad}));
    auto database = fixture.open().value();
    EXPECT_EQ(pragma(database, "user_version"), 1);
    EXPECT_EQ(count(database), 1);
    EXPECT_FALSE(database.query("SELECT more FROM t"));
}

TEST(Migrations, RefuseADatabaseOfANewerProgram) {
    Fixture fixture;
    ASSERT_TRUE(fixture.open());
    const auto older = Database::open(fixture.path, Mode::kWrite,
                                      {.migrations = std::span<const std::string_view>()});
    ASSERT_FALSE(older);
    EXPECT_EQ(older.error().code, Code::kDatabaseNewer);
}

TEST(Migrations, ReaderNeedsADatabaseThatIsUpToDate) {
    Fixture fixture;
    ASSERT_TRUE(fixture.open());
    constexpr std::array<std::string_view, 2> kNext{kSchema[0],
                                                    "CREATE TABLE u(id INTEGER) STRICT;"};
    EXPECT_EQ(Database::open(fixture.path, Mode::kRead, {.migrations = kNext}).error().code,
              Code::kDatabaseBroken);
    EXPECT_FALSE(Database::open(fixture.dir.path("none.db"), Mode::kRead));
    EXPECT_FALSE(std::filesystem::exists(fixture.dir.path("none.db")));
}

TEST(Migrations, BuiltInOnesMakeADatabase) {
    const test::TempDir dir;
    auto database = Database::open(dir.path("l.db"), Mode::kWrite).value();
    EXPECT_EQ(pragma(database, "user_version"),
              static_cast<std::int64_t>(built_in_migrations().size()));
    EXPECT_GE(built_in_migrations().size(), 1U);
}

TEST(Database, RefusesWhatIsNotADatabaseOfOurs) {
    const test::TempDir dir;
    std::ofstream(dir.path("text.db")) << std::string(20000, 'x');
    raw_sql(dir.path("other.db"), "CREATE TABLE other(id)");
    for (const char* name : {"text.db", "other.db"}) {
        const auto opened = Database::open(dir.path(name), Mode::kWrite, {.migrations = kSchema});
        ASSERT_FALSE(opened) << name;
        EXPECT_EQ(opened.error().code, Code::kDatabaseBroken) << name;
    }
}

TEST(Database, KeepsThePagesItWasMadeWithAndTheSizeOfTheWal) {
    Fixture fixture;
    ASSERT_TRUE(fixture.open());
    raw_sql(fixture.path, "PRAGMA journal_mode=DELETE; PRAGMA page_size=16384; VACUUM;");
    auto database = fixture.open().value();
    EXPECT_EQ(pragma(database, "page_size"), 16384);
    EXPECT_EQ(pragma(database, "wal_autocheckpoint"), 4096);
}

TEST(Rows, AreReadUpToTheFirstError) {
    Fixture fixture;
    auto database = fixture.open().value();
    const auto rows = [&](int above) {
        return database.query("SELECT id FROM t WHERE id > ? ORDER BY id", above).value();
    };
    const auto number = [](const Statement& row) { return row.integer(0); };
    const auto small = [](const Statement& row) -> Result<std::int64_t> {
        return row.integer(0) < 3 ? Result<std::int64_t>(row.integer(0)) : fail(Code::kTooLarge);
    };
    EXPECT_EQ(all(rows(0), number).value(), std::vector<std::int64_t>{});
    EXPECT_EQ(first(rows(0), number).value(), std::nullopt);
    for (int id = 1; id <= 4; ++id) {
        ASSERT_TRUE(database.run("INSERT INTO t(id, data) VALUES(?, ?)", id, Bytes{}));
    }
    EXPECT_EQ(all(rows(0), number).value(), (std::vector<std::int64_t>{1, 2, 3, 4}));
    EXPECT_EQ(first(rows(1), number).value(), 2);
    EXPECT_EQ(first(rows(1), small).value(), 2);
    EXPECT_EQ(first(rows(2), small).error().code, Code::kTooLarge);
    EXPECT_EQ(all(rows(0), small).error().code, Code::kTooLarge);
    std::vector<std::int64_t> seen;
    auto read = rows(0);
    const auto visited = for_each(read, [&](const Statement& row) -> Result<void> {
        seen.push_back(row.integer(0));
        return row.integer(0) < 3 ? Result<void>() : fail(Code::kTooLarge);
    });
    EXPECT_EQ(visited.error().code, Code::kTooLarge);
    EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(Database, DamageIsReportedAsSuch) {
    Fixture fixture;
    {
        auto database = fixture.open().value();
        for (int id = 0; id < 500; ++id) {
            ASSERT_TRUE(database.run("INSERT INTO t(data) VALUES(?)", Bytes(500, 1)));
        }
    }
    {
        // All pages but the first, which holds the schema.
        std::fstream file(fixture.path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(8192);
        file << std::string(std::filesystem::file_size(fixture.path) - 8192, '\xff');
    }
    auto database = fixture.open().value();
    auto query = database.query("SELECT data FROM t").value();
    const auto stepped = query.step();
    ASSERT_FALSE(stepped);
    EXPECT_EQ(stepped.error().code, Code::kDatabaseBroken);
}

}  // namespace
}  // namespace lapx::store
