#pragma once
// Checks the whole ledger in the background, a slice at a time on the loop: at every start, and
// when somebody asks. The node goes on working meanwhile.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/ledger/verify.hpp"
#include "daemon/loop/loop.hpp"
#include "daemon/store/database.hpp"

namespace lapx::daemon {

class LedgerCheck {
  public:
    using Done = std::function<void(const Result<ledger::Verification>&)>;

    // `log_key` outlives it.
    LedgerCheck(loop::Loop& loop, std::string database, const keys::VerifierKey& log_key)
        : loop_(loop), path_(std::move(database)), log_key_(log_key) {}

    // `done` is called from the loop, with a check that begins after this call.
    void start(Done done);

  private:
    struct Run {
        Run(store::Database database, const keys::VerifierKey& key)
            : reader(std::move(database)), verifier(reader, key) {}
        store::Database reader;
        ledger::Verifier verifier;
    };
    void next();
    void slice();
    void finish(const Result<ledger::Verification>& found);

    loop::Loop& loop_;
    const std::string path_;
    const keys::VerifierKey& log_key_;
    std::deque<Done> waiting_;
    std::vector<Done> served_;  // by the run
    std::unique_ptr<Run> run_;
    loop::Watch next_;
};

}  // namespace lapx::daemon
