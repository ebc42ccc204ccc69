#include "keys/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "keys/private_file.hpp"

namespace lapx::keys {
namespace {

// The terminal without echo, until the end of the scope.
class SilentTerminal {
  public:
    SilentTerminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
        if (fd_ >= 0 && ::tcgetattr(fd_, &before_) == 0) {
            termios silent = before_;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            is_silent_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
        }
    }
    ~SilentTerminal() {
        if (is_silent_) {
            ::tcsetattr(fd_, TCSAFLUSH, &before_);
        }
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

    bool is_silent() const { return is_silent_; }
    int fd() const { return fd_; }
    bool write(std::string_view text) const {
        return ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    }

  private:
    int fd_;
    termios before_{};
    bool is_silent_ = false;
};

}  // namespace

Result<SecretBytes> ask_passphrase(std::string_view question) {
    const SilentTerminal terminal;
    if (!terminal.is_silent() || !terminal.write(question)) {
        return fail(Code::kNotFound, "no terminal to ask on");
    }
    auto passphrase = read_passphrase(terminal.fd());
    terminal.write("\n");
    return passphrase;
}

}  // namespace lapx::keys
