#pragma once
// What was erased lies on in the WAL until that is emptied, which a reader or a full disk keeps
// from being done: it is tried again, at longer and longer intervals.

#include <functional>
#include <optional>

#include "daemon/loop/monotonic.hpp"
#include "schema/base/result.hpp"

namespace lapx::daemon {

class WalEmptying {
  public:
    // At first the WAL may hold something: the run before may have been cut off.
    explicit WalEmptying(std::function<Result<void>()> truncate) : truncate_(std::move(truncate)) {}

    // Something was: the next attempt is made whenever it comes.
    void erased();
    // Empties the WAL if that is still to be done and was not tried just now. Gives the error if it
    // is another than last time and something was erased in this run; a reader in the way is none.
    std::optional<Error> attempt(loop::Instant now);
    // Nothing that was erased lies there.
    bool is_empty() const { return empty_; }

  private:
    std::function<Result<void>()> truncate_;
    bool empty_ = false;
    bool erased_here_ = false;  // since the last time that it was emptied
    std::optional<Code> told_;
    loop::Instant retry_at_{};
    loop::Instant::duration wait_{};
};

}  // namespace lapx::daemon
