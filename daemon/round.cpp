#include "daemon/round.hpp"

#include "daemon/log/log.hpp"

namespace lapx::daemon {

Result<void> Round::begin() {
    if (failure_) {
        return tl::unexpected<Error>(*failure_);
    }
    if (!transaction_) {
        LAPX_TRY_ASSIGN(auto transaction, store::Transaction::begin(database_));
        transaction_.emplace(std::move(transaction));
    }
    return {};
}

void Round::then(std::function<void()> done, std::function<void(const Error&)> failed) {
    waiters_.push_back({std::move(done), std::move(failed)});
}

void Round::fail_with(const Error& error) {
    if (!failure_) {
        failure_ = error;
    }
}

Result<void> Round::try_commit(
    const std::function<Result<void>(const ledger::SignedCheckpoint&)>& prepare) {
    if (failure_) {
        return tl::unexpected<Error>(*failure_);
    }
    LAPX_TRY_ASSIGN(const std::string note, log_.sign_checkpoint());
    LAPX_TRY_ASSIGN(schema::Checkpoint checkpoint, ledger::checkpoint_of(note));
    LAPX_TRY(prepare({std::move(checkpoint), note}));
    return transaction_->commit();
}

Result<RoundOutcome> Round::finish(
    const std::function<Result<void>(const ledger::SignedCheckpoint&)>& prepare) {
    if (!transaction_ && !failure_) {
        return RoundOutcome::kNothing;
    }
    const Result<void> outcome = try_commit(prepare);
    transaction_.reset();
    failure_.reset();
    const std::vector<Waiter> waiters = std::exchange(waiters_, {});
    if (outcome) {
        log_.committed();
        if (std::exchange(failing_, false)) {
            log::info({"the store takes writes again"});
        }
        for (const Waiter& waiter : waiters) {
            waiter.done();
        }
        return RoundOutcome::kCommitted;
    }
    for (const Waiter& waiter : waiters) {
        waiter.failed(outcome.error());
    }
    if (severity(outcome.error().code) == Severity::kFatal) {
        return tl::unexpected<Error>(outcome.error());
    }
    if (!std::exchange(failing_, true)) {
        log::error({"nothing can be written, and nothing is answered: ",
                    to_string(outcome.error().code), ": ", outcome.error().context});
    }
    LAPX_TRY(log_.rolled_back());
    return RoundOutcome::kNeverHappened;
}

}  // namespace lapx::daemon
