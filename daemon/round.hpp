#pragma once
// One round of the loop, one transaction: everything that arrived since the last commit is decided,
// written and made durable together, and only then does anything leave. The rule that guards
// durability is here.
//
//     round.begin()                      by whoever writes first
//     round.then(on_success, on_failure) what waits for the outcome
//     round.finish(prepare)              signs the checkpoint, lets `prepare` render and queue what
//     leaves, commits, calls then

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ledger/log.hpp"
#include "daemon/store/database.hpp"

namespace lapx::daemon {

// Never mixed up with an error: a round that never happened is nobody's fault that must stop the
// node.
enum class RoundOutcome : std::uint8_t { kNothing, kCommitted, kNeverHappened };

class Round {
  public:
    Round(store::Database& database, ledger::Log& log) : database_(database), log_(log) {}

    // Idempotent within a round.
    Result<void> begin();
    bool is_open() const { return transaction_.has_value(); }
    // Grows with everything written: whoever gives up half-way finds out whether it left a trace.
    std::uint64_t writes() const {
        return log_.size() + static_cast<std::uint64_t>(database_.total_changes());
    }
    void then(std::function<void()> done, std::function<void(const Error&)> failed);
    // The whole round is given up: nothing of it is durable and everybody who waits is told so.
    void fail_with(const Error& error);

    // `prepare` gets the checkpoint over everything appended. Errors are fatal: the node must exit.
    Result<RoundOutcome> finish(
        const std::function<Result<void>(const ledger::SignedCheckpoint&)>& prepare);

  private:
    Result<void> try_commit(
        const std::function<Result<void>(const ledger::SignedCheckpoint&)>& prepare);

    struct Waiter {
        std::function<void()> done;
        std::function<void(const Error&)> failed;
    };
    store::Database& database_;
    ledger::Log& log_;
    std::optional<store::Transaction> transaction_;
    std::optional<Error> failure_;
    std::vector<Waiter> waiters_;
    bool failing_ = false;  // said once, not in every round
};

}  // namespace lapx::daemon
