#pragma once
// The program: reads the arguments, runs one command, reports how it went.

#include <string>
#include <vector>

#include "tools/lapx/context.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace lapx::cli {

// Adds a command's options to its parser and gives what to run once they are read.
using Define = Run (*)(CLI::App& app);

struct Command {
    const char* group;    // heading in the overview
    const char* name;     // "status", "contact add"
    const char* summary;  // one line
    Define define;
    const char* example;  // arguments after "lapx", shown by `lapx help`
};

// In the order of the overview.
const std::vector<Command>& commands();

// `arguments` without the program's name.
Exit run(const std::vector<std::string>& arguments, Environment& environment);

}  // namespace lapx::cli
