#pragma once
// One agency's database and ledger in a folder of its own.

#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "daemon/ledger/log.hpp"
#include "keys/init.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::ledger {

// Makes the next commit fail.
class CommitFault final : public store::Faults {
  public:
    void set(Fault fault) { fault_ = fault; }
    std::optional<Fault> next(Step step) override {
        return step == Step::kCommit ? std::exchange(fault_, std::nullopt) : std::nullopt;
    }

  private:
    std::optional<Fault> fault_;
};

inline constexpr std::string_view kOrigin = "opta.nl/lapx/ledger-1";

// SQLite without store, and without the ledger's triggers.
class Raw {
  public:
    explicit Raw(const std::string& path) {
        sqlite3_open(path.c_str(), &handle_);
        for (const char* trigger :
             {"leaf_gap", "leaf_update", "leaf_delete", "opening_update", "opening_delete",
              "tile_update", "tile_delete", "checkpoint_update", "checkpoint_delete"}) {
            execute(std::string("DROP TRIGGER IF EXISTS ") + trigger);
        }
    }
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;
    ~Raw() { sqlite3_close(handle_); }

    void execute(const std::string& script) {
        if (sqlite3_exec(handle_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
            throw std::runtime_error(sqlite3_errmsg(handle_));
        }
    }
    std::vector<std::string> entries(const std::string& query) {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(handle_, query.c_str(), -1, &statement, nullptr);
        std::string row;
        if (sqlite3_step(statement) == SQLITE_ROW) {
            row.assign(static_cast<const char*>(sqlite3_column_blob(statement, 0)),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
        }
        sqlite3_finalize(statement);
        std::vector<std::string> out;
        for (std::size_t at = 0; at < row.size(); at += 2 + out.back().size()) {
            const auto length = static_cast<std::size_t>(static_cast<unsigned char>(row[at]) << 8 |
                                                         static_cast<unsigned char>(row[at + 1]));
            out.push_back(row.substr(at + 2, length));
        }
        return out;
    }

  private:
    sqlite3* handle_ = nullptr;
};

struct Agency1 {
    Agency1() {
        if (!keys::initialize()) {
            throw std::runtime_error("libsodium");
        }
    }

    test::TempDir dir;
    std::string path = dir.path("lapx.db");
    std::string head_path = dir.path("ledger.head");
    test::ManualClock clock;
    test::SeededRandom random;
    keys::MasterKey master = keys::MasterKey::generate(random);
    keys::SigningKey signer = keys::SigningKey::generate(random);
    keys::VerifierKey log_key{std::string(kOrigin), keys::KeyType::kEd25519, signer.public_key()};
    CommitFault faults;
    std::unique_ptr<store::Database> database;
    std::unique_ptr<Log> log;

    void close() {
        log.reset();
        database.reset();
    }
    Result<void> open() {
        close();
        LAPX_TRY_ASSIGN(auto opened,
                        store::Database::open(path, store::Mode::kWrite, {.faults = &faults}));
        database = std::make_unique<store::Database>(std::move(opened));
        LAPX_TRY_ASSIGN(Log made, Log::open({*database, master, signer, std::string(kOrigin),
                                             head_path, clock, random}));
        log = std::make_unique<Log>(std::move(made));
        return {};
    }
    Result<store::Database> reader() const {
        return store::Database::open(path, store::Mode::kRead);
    }

    // One transaction of `count` entries; gives the checkpoint.
    Result<std::string> add(std::size_t count) {
        LAPX_TRY_ASSIGN(auto transaction, store::Transaction::begin(*database));
        for (std::size_t i = 0; i < count; ++i) {
            const std::string data = "data " + std::to_string(log->size()) + "\n";
            LAPX_TRY(log->append(schema::EntryKind::kSent, as_bytes(data)));
        }
        LAPX_TRY_ASSIGN(std::string note, log->sign_checkpoint());
        LAPX_TRY(transaction.commit());
        log->committed();
        return note;
    }
    // Changes the database as an intruder would: without triggers, behind the program's back.
    void tamper(const std::string& script) const {
        Raw raw(path);
        raw.execute(script);
    }
    // The same with the entries of the row that begins with entry `first`.
    void tamper_row(std::uint64_t first,
                    const std::function<void(std::vector<std::string>&)>& change) const {
        Raw raw(path);
        const auto where = " WHERE first = " + std::to_string(first);
        std::vector<std::string> entries = raw.entries("SELECT entries FROM leaf" + where);
        change(entries);
        Bytes row;
        for (const std::string& entry : entries) {
            add_entry(row, as_bytes(entry));
        }
        raw.execute("UPDATE leaf SET count = " + std::to_string(entries.size()) + ", entries = x'" +
                    hex(row) + "'" + where);
    }
};

inline SignedCheckpoint signed_checkpoint(const std::string& note) {
    return {checkpoint_of(note).value(), note};
}

}  // namespace lapx::ledger
