#include "tools/bench/grow.hpp"

#include <cstdio>

#include "config/config.hpp"
#include "daemon/ledger/log.hpp"
#include "daemon/self.hpp"
#include "keys/init.hpp"
#include "schema/notes/records.hpp"

namespace lapx::bench {
namespace {

constexpr std::uint64_t kCheckpointEvery = 128;
constexpr std::uint64_t kCommitEvery = 64 * kCheckpointEvery;
constexpr std::uint64_t kTellEvery = 16 * kCommitEvery;

Result<void> append_one(ledger::Log& log, Random& random) {
    CoverDigest cover;
    random.fill(cover.bytes);
    const bool sent = log.size() % 2 == 0;
    const std::string record =
        sent ? schema::print_sent_record({cover}) : schema::print_received_record({cover, {}});
    LAPX_TRY(log.append(sent ? schema::EntryKind::kSent : schema::EntryKind::kReceived,
                        as_bytes(record)));
    return {};
}

// To the next multiple of kCommitEvery, or to `entries`.
Result<void> append_some(store::Database& database, ledger::Log& log, std::uint64_t entries,
                         Random& random) {
    LAPX_TRY_ASSIGN(auto transaction, store::Transaction::begin(database));
    do {
        LAPX_TRY(append_one(log, random));
        if (log.size() % kCheckpointEvery == 0 || log.size() == entries) {
            LAPX_TRY(log.sign_checkpoint());
        }
    } while (log.size() % kCommitEvery != 0 && log.size() < entries);
    LAPX_TRY(transaction.commit());
    log.committed();
    return {};
}

}  // namespace

Result<void> grow_ledger(const std::filesystem::path& home, std::uint64_t entries) {
    LAPX_TRY_ASSIGN(const config::Config config, config::load(home / "config.toml"));
    if (config.keys.unlock != config::Unlock::kKeyfile) {
        return fail(Code::kConfigInvalid, "the node's keys must be under a key file");
    }
    LAPX_TRY_ASSIGN(const keys::Unlock unlock, keys::Unlock::with_key_file(config.keys.keyfile));
    LAPX_TRY_ASSIGN(const daemon::Self self, daemon::load_self(home, config, unlock));
    LAPX_TRY_ASSIGN(auto database,
                    store::Database::open((home / "lapx.db").string(), store::Mode::kWrite));
    const SystemClock clock;
    keys::SystemRandom random;
    LAPX_TRY_ASSIGN(auto log, ledger::Log::open({database, self.keys.at_rest, self.keys.ledger,
                                                 self.ledger_name, (home / "ledger.head").string(),
                                                 clock, random}));
    while (log.size() < entries) {
        LAPX_TRY(append_some(database, log, entries, random));
        if (log.size() % kTellEvery == 0 || log.size() == entries) {
            std::fprintf(stderr, "\r%llu entries", static_cast<unsigned long long>(log.size()));
        }
    }
    std::fputc('\n', stderr);
    return {};
}

}  // namespace lapx::bench
