#include "tools/lapx/environment.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "keys/terminal.hpp"

namespace lapx::cli {
namespace {

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

std::optional<keys::SecretBytes> ask_secret(const std::string& question) {
    auto secret = keys::ask_passphrase(question);
    return secret ? std::optional(std::move(*secret)) : std::nullopt;
}

}  // namespace

Environment process_environment() {
    return {std::cin,
            std::cout,
            std::cerr,
            ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1,
            ::isatty(STDOUT_FILENO) == 1,
            ::isatty(STDERR_FILENO) == 1,
            variable,
            ask_secret};
}

}  // namespace lapx::cli
