#include "keys/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "keys/private_file.hpp"

namespace lapx::keys {
namespace {

// What a signal handler needs: there is one terminal, and one question at a time.
struct Shown {
    int fd;
    termios before;
};
Shown shown;

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Shows what is typed again, then lets the signal do what it does without us.
void show_and_go_on(int signal) {
    const int error = errno;
    ::tcsetattr(shown.fd, TCSANOW, &shown.before);
    struct sigaction otherwise {};
    otherwise.sa_handler = SIG_DFL;
    ::sigaction(signal, &otherwise, nullptr);
    ::raise(signal);
    errno = error;
}

// The terminal without echo, until the end of the scope or of the process.
class SilentTerminal {
  public:
    SilentTerminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
        if (fd_ >= 0 && ::tcgetattr(fd_, &shown.before) == 0) {
            shown.fd = fd_;
            take_signals();
            termios silent = shown.before;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            is_silent_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
        }
    }
    ~SilentTerminal() {
        if (fd_ < 0) {
            return;
        }
        if (is_silent_) {
            ::tcsetattr(fd_, TCSAFLUSH, &shown.before);
        }
        for (std::size_t i = 0; i < taken_; ++i) {
            ::sigaction(kSignals.at(i), &before_.at(i), nullptr);
        }
        ::close(fd_);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

    bool is_silent() const { return is_silent_; }
    int fd() const { return fd_; }
    bool write(std::string_view text) const {
        return ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    }

  private:
    void take_signals() {
        struct sigaction ours {};
        ours.sa_handler = show_and_go_on;
        for (; taken_ < kSignals.size(); ++taken_) {
            ::sigaction(kSignals.at(taken_), nullptr, &before_.at(taken_));
            // What is ignored, as under nohup, stays so.
            if (before_.at(taken_).sa_handler != SIG_IGN) {
                ::sigaction(kSignals.at(taken_), &ours, nullptr);
            }
        }
    }

    int fd_;
    std::array<struct sigaction, kSignals.size()> before_{};
    std::size_t taken_ = 0;
    bool is_silent_ = false;
};

}  // namespace

Result<SecretBytes> ask_passphrase(std::string_view question) {
    const SilentTerminal terminal;
    if (!terminal.is_silent() || !terminal.write(question)) {
        return fail(Code::kNotFound, "there is no terminal to ask for a passphrase on");
    }
    auto passphrase = read_passphrase(terminal.fd());
    terminal.write("\n");
    return passphrase;
}

}  // namespace lapx::keys
