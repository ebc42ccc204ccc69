#pragma once
// The process around the command line, so that tests can stand in for it.

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "keys/secret.hpp"

namespace lapx::cli {

struct Environment {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool in_is_terminal = false;   // somebody is there to answer questions
    bool out_is_terminal = false;  // somebody reads the tables
    bool err_is_terminal = false;  // somebody watches how far it is
    std::function<std::optional<std::string>(const char*)> variable;  // like getenv
    // Shows a question and reads one line without showing it.
    std::function<std::optional<keys::SecretBytes>(const std::string& question)> ask_secret;
};

// The real one: standard streams, getenv, /dev/tty.
Environment process_environment();

}  // namespace lapx::cli
