#include "daemon/wal_emptying.hpp"

#include <algorithm>

namespace lapx::daemon {
namespace {

constexpr loop::Instant::duration kShortestWait = std::chrono::milliseconds(250);
constexpr loop::Instant::duration kLongestWait = std::chrono::minutes(1);

}  // namespace

void WalEmptying::erased() {
    empty_ = false;
    erased_here_ = true;
    retry_at_ = {};
    wait_ = {};
}

std::optional<Error> WalEmptying::attempt(loop::Instant now) {
    if (empty_ || now < retry_at_) {
        return std::nullopt;
    }
    const Result<void> done = truncate_();
    if (done) {
        empty_ = true;
        erased_here_ = false;
        told_.reset();
        return std::nullopt;
    }
    wait_ = std::clamp(wait_ * 2, kShortestWait, kLongestWait);
    retry_at_ = now + wait_;
    const Error& error = done.error();
    if (!erased_here_ || error.code == Code::kTimeout || error.code == told_) {
        return std::nullopt;
    }
    told_ = error.code;
    return error;
}

}  // namespace lapx::daemon
