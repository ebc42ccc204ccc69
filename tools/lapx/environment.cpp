#include "tools/lapx/environment.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace lapx::cli {
namespace {

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

// Reads from the terminal itself, so that it works while standard input is a pipe.
std::optional<std::string> ask_secret(const std::string& question) {
    const int tty = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    termios before{};
    if (tty < 0 || ::tcgetattr(tty, &before) != 0) {
        if (tty >= 0) {
            ::close(tty);
        }
        return std::nullopt;
    }
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(tty, TCSAFLUSH, &silent);
    bool good = ::write(tty, question.data(), question.size()) >= 0;
    std::string line;
    line.reserve(1024);
    char c = 0;
    while (good && line.size() < 1024 && ::read(tty, &c, 1) == 1 && c != '\n') {
        line += c;
    }
    good = good && c == '\n' && ::write(tty, "\n", 1) == 1;
    ::tcsetattr(tty, TCSAFLUSH, &before);
    ::close(tty);
    return good ? std::optional<std::string>(std::move(line)) : std::nullopt;
}

}  // namespace

Environment process_environment() {
    return {std::cin,
            std::cout,
            std::cerr,
            ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1,
            ::isatty(STDOUT_FILENO) == 1,
            variable,
            ask_secret};
}

}  // namespace lapx::cli
