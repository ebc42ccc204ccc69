#include "daemon/ledger_check.hpp"

namespace lapx::daemon {
namespace {

constexpr std::uint64_t kSlice = 2'048;  // entries, in about a millisecond
constexpr std::chrono::milliseconds kPause{1};

}  // namespace

void LedgerCheck::start(Done done) {
    waiting_.push_back(std::move(done));
    if (!run_ && served_.empty()) {
        next_ = loop_.after(loop::Duration::zero(), [this] { next(); });
    }
}

void LedgerCheck::next() {
    served_.assign(std::make_move_iterator(waiting_.begin()),
                   std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    if (served_.empty()) {
        return;
    }
    auto reader = store::Database::open(path_, store::Mode::kRead);
    if (!reader) {
        finish(tl::unexpected<Error>(reader.error()));
        return;
    }
    run_ = std::make_unique<Run>(std::move(*reader), log_key_);
    slice();
}

void LedgerCheck::slice() {
    const Result<bool> done = run_->verifier.step(kSlice);
    if (!done) {
        finish(tl::unexpected<Error>(done.error()));
    } else if (*done) {
        finish(run_->verifier.found());
    } else {
        next_ = loop_.after(kPause, [this] { slice(); });
    }
}

void LedgerCheck::finish(const Result<ledger::Verification>& found) {
    for (const Done& done : std::exchange(served_, {})) {
        done(found);
    }
    run_.reset();
    if (!waiting_.empty()) {
        next_ = loop_.after(loop::Duration::zero(), [this] { next(); });
    }
}

}  // namespace lapx::daemon
