#pragma once
// Starts a thread that takes no signals: those belong to the loop.

#include <csignal>
#include <thread>
#include <utility>

namespace lapx::transport {

template <typename Work>
std::thread start_quiet_thread(Work work) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(work));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace lapx::transport
