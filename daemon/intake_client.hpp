#pragma once
// Requests to the intake worker, each with the callback that waits for its answer, wired to the
// loop.

#include <functional>
#include <map>
#include <memory>

#include "daemon/intake/worker.hpp"
#include "daemon/loop/loop.hpp"

namespace lapx::daemon {

class IntakeClient {
  public:
    using Answer = std::function<void(Result<intake::Mail>)>;

    // Starts the worker: before there are keys in this process. Errors: kIo.
    static Result<std::unique_ptr<IntakeClient>> start();
    void attach(loop::Loop& loop) { loop_ = &loop; }
    // `answer` is called from the loop, or at once if the worker cannot take the mail.
    void submit(Bytes mail, Answer answer);

  private:
    IntakeClient() = default;
    void advance();
    // The worker's descriptor changes when it had to be started again, and what it waits for
    // changes with what is queued.
    void watch();

    std::unique_ptr<intake::Worker> worker_;
    loop::Loop* loop_ = nullptr;
    loop::Watch watch_;
    int watched_fd_ = -1;
    pid_t watched_pid_ = -1;
    short watched_events_ = 0;
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, Answer> waiting_;
};

}  // namespace lapx::daemon
