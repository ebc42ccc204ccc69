#include "daemon/intake/worker.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/intake/answer.hpp"
#include "schema/intake/limits.hpp"

namespace lapx::intake {
namespace {

namespace format = schema::intake;

tl::unexpected<Error> io_error(const char* what, int error) {
    return fail(Code::kIo, std::string(what) + ": " + std::generic_category().message(error));
}

// What the program starts with: `socket` as standard input and output, standard error for what it
// cannot say there, no other descriptor, no signal blocked or ignored, a session of its own.
class SpawnPlan {
  public:
    explicit SpawnPlan(int socket) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, socket, STDOUT_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    }
    ~SpawnPlan() {
        ::posix_spawnattr_destroy(&attributes_);
        ::posix_spawn_file_actions_destroy(&actions_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    // 0 or an errno value.
    int run(const std::filesystem::path& program, pid_t& pid) const {
        std::string name = program.string();
        std::string flag = "--serve";
        std::string locale = "LC_ALL=C.UTF-8";
        const std::array<char*, 3> arguments{name.data(), flag.data(), nullptr};
        const std::array<char*, 2> environment{locale.data(), nullptr};
        return ::posix_spawn(&pid, name.c_str(), &actions_, &attributes_, arguments.data(),
                             environment.data());
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

std::filesystem::path worker_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "lapx-intake";
}

Result<std::unique_ptr<Worker>> Worker::start(std::filesystem::path program, OnAnswer on_answer) {
    std::unique_ptr<Worker> worker(new Worker(std::move(program), std::move(on_answer)));
    LAPX_TRY(worker->spawn());
    return worker;
}

Worker::~Worker() { stop(); }

Result<void> Worker::spawn() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return io_error("socketpair", errno);
    }
    const int error = SpawnPlan(ends[1]).run(program_, pid_);
    ::close(ends[1]);
    if (error != 0) {
        ::close(ends[0]);
        pid_ = -1;
        return io_error("starting lapx-intake", error);
    }
    fd_ = ends[0];
    return {};
}

void Worker::stop() {
    if (fd_ < 0) {
        return;
    }
    ::close(fd_);
    fd_ = -1;
    // It would end by itself when its input ends, but only after the mail it is reading.
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

Result<void> Worker::submit(std::uint64_t id, Bytes mail) {
    if (mail.size() > format::kMaxMail) {
        return fail(Code::kTooLarge, "the mail is larger than 25 MiB");
    }
    if (requests_.size() >= kMaxRequests || waiting_octets_ + mail.size() > kMaxOctets) {
        return fail(Code::kQuota, "too many mails wait to be read");
    }
    if (fd_ < 0) {
        LAPX_TRY(spawn());
    }
    waiting_octets_ += mail.size();
    const auto length = static_cast<std::uint32_t>(mail.size());
    requests_.push_back({id, format::encode_header({id, length}), std::move(mail)});
    return {};
}

short Worker::events() const {
    return static_cast<short>(sending_ < requests_.size() ? POLLIN | POLLOUT : POLLIN);
}

void Worker::advance() {
    if (fd_ >= 0 && (!send_some() || !receive_some())) {
        stop();
        answer_all_with_refusal();
    }
}

// False if the stream broke.
bool Worker::send_some() {
    while (sending_ < requests_.size()) {
        Request& request = requests_.at(sending_);
        const bool in_header = sent_ < request.header.size();
        const BytesView rest = in_header
                                   ? BytesView(request.header).subspan(sent_)
                                   : BytesView(request.mail).subspan(sent_ - request.header.size());
        const ssize_t put =
            rest.empty() ? 0 : ::send(fd_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        sent_ += static_cast<std::size_t>(put);
        if (sent_ == request.header.size() + request.mail.size()) {
            waiting_octets_ -= request.mail.size();
            request.mail = {};
            sent_ = 0;
            ++sending_;
        }
    }
    return true;
}

bool Worker::receive_some() {
    std::array<char, 65'536> buffer{};
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0 && take_answers();
}

// False if what came is no answer to the oldest request.
bool Worker::take_answers() {
    while (received_.size() >= format::kFrameHeader) {
        std::array<std::uint8_t, format::kFrameHeader> octets{};
        std::copy_n(received_.begin(), octets.size(), octets.begin());
        const format::FrameHeader header = format::decode_header(octets);
        if (sending_ == 0 || header.id != requests_.front().id ||
            header.length > format::kMaxAnswer) {
            return false;
        }
        if (received_.size() - octets.size() < header.length) {
            return true;
        }
        const std::string json = received_.substr(octets.size(), header.length);
        received_.erase(0, octets.size() + header.length);
        requests_.pop_front();
        --sending_;
        on_answer_(header.id, format::parse_answer(json));
    }
    return true;
}

void Worker::answer_all_with_refusal() {
    std::deque<Request> stranded;
    stranded.swap(requests_);
    sending_ = 0;
    sent_ = 0;
    waiting_octets_ = 0;
    received_.clear();
    for (const Request& request : stranded) {
        on_answer_(request.id, fail(Code::kIntakeRefused, "the intake worker stopped"));
    }
}

}  // namespace lapx::intake
