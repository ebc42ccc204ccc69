#include "daemon/intake_client.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include "daemon/log/log.hpp"
namespace lapx::daemon {

Result<std::unique_ptr<IntakeClient>> IntakeClient::start() {
    std::unique_ptr<IntakeClient> client(new IntakeClient());
    LAPX_TRY_ASSIGN(client->worker_,
                    intake::Worker::start(intake::worker_program(),
                                          [raw = client.get()](std::uint64_t id, auto mail) {
                                              auto waiting = raw->waiting_.extract(id);
                                              if (waiting) {
                                                  waiting.mapped()(std::move(mail));
                                              }
                                          }));
    return client;
}

void IntakeClient::submit(Bytes mail, Answer answer) {
    const std::uint64_t id = ++last_id_;
    if (const auto taken = worker_->submit(id, std::move(mail)); !taken) {
        answer(tl::unexpected<Error>(taken.error()));
        return;
    }
    waiting_.emplace(id, std::move(answer));
    advance();
}

void IntakeClient::advance() {
    worker_->advance();
    watch();
}

void IntakeClient::watch() {
    const short events = worker_->events();
    // Another process may have got the same descriptor number.
    if (worker_->fd() == watched_fd_ && worker_->pid() == watched_pid_ &&
        events == watched_events_) {
        return;
    }
    watch_.reset();
    watched_pid_ = worker_->pid();
    watched_fd_ = worker_->fd();
    watched_events_ = events;
    if (watched_fd_ < 0) {
        return;
    }
    auto added = loop_->add_fd(watched_fd_, EPOLLIN | ((events & POLLOUT) != 0 ? EPOLLOUT : 0U),
                               [this](std::uint32_t) { advance(); });
    if (added) {
        watch_ = std::move(*added);
    } else {
        log::error({"intake: ", added.error().context});
    }
}

}  // namespace lapx::daemon
