#pragma once
// The daemon's side of lapx-intake. For the loop's thread; nothing here waits.
//
//     LAPX_TRY_ASSIGN(auto worker, Worker::start(worker_program(), on_answer));
//     loop: poll worker->fd() for worker->events(), then worker->advance()

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>

#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"
#include "schema/intake/frame.hpp"
#include "schema/intake/mail.hpp"

namespace lapx::intake {

using schema::intake::Mail;

// The lapx-intake beside the running program.
std::filesystem::path worker_program();

class Worker {
  public:
    // Called from advance, once for each request, in the order of submission. It may submit. Errors
    // it gets: kIntakeRefused, with a sentence for a person.
    using OnAnswer = std::function<void(std::uint64_t id, Result<Mail> mail)>;

    // What may wait for an answer.
    static constexpr std::size_t kMaxRequests = 256;
    static constexpr std::size_t kMaxOctets = std::size_t{64} << 20;

    // Starts the program, with no descriptor of this process but the socket to it. To be called
    // before there are keys or a ZeroMQ context. Errors: kIo.
    static Result<std::unique_ptr<Worker>> start(std::filesystem::path program, OnAnswer on_answer);
    // Ends the program. Requests that wait are forgotten.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // `id` is the caller's. Errors: kTooLarge for a mail over 25 MiB, kQuota when too much waits,
    // kIo if the program had stopped and cannot be started again.
    Result<void> submit(std::uint64_t id, Bytes mail);

    // Waits for an answer.
    std::size_t pending() const { return requests_.size(); }
    int fd() const { return fd_; }
    pid_t pid() const { return pid_; }
    // For poll: POLLIN, and POLLOUT while there is something to send.
    short events() const;

    // Sends and receives what can be without waiting. If the program stopped, everything that waits
    // is answered with a refusal, and the next submit starts it again.
    void advance();

  private:
    Worker(std::filesystem::path program, OnAnswer on_answer)
        : program_(std::move(program)), on_answer_(std::move(on_answer)) {}

    struct Request {
        std::uint64_t id = 0;
        std::array<std::uint8_t, schema::intake::kFrameHeader> header{};
        Bytes mail;
    };

    Result<void> spawn();
    void stop();
    bool send_some();
    bool receive_some();
    bool take_answers();
    void answer_all_with_refusal();

    std::filesystem::path program_;
    OnAnswer on_answer_;
    int fd_ = -1;
    pid_t pid_ = -1;
    std::deque<Request> requests_;  // not yet answered, oldest first
    std::size_t sending_ = 0;       // index of the request being sent
    std::size_t sent_ = 0;          // octets of it that are sent, header included
    std::size_t waiting_octets_ = 0;
    std::string received_;
};

}  // namespace lapx::intake
