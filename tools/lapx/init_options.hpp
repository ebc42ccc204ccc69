#pragma once
// What a person says of a new node: as flags, or as answers at the terminal.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/lapx/context.hpp"
#include "tools/lapx/passphrase.hpp"

namespace lapx::cli {

struct InitOptions {
    std::string agency;
    std::string name;
    std::string country;
    std::string sector;
    std::vector<std::string> desks;
    std::string root;
    std::string listen;
    std::string advertise;
    bool no_inbound = false;
    std::vector<std::string> relays;
    std::string zone;
    std::vector<std::string> languages;
    std::vector<std::string> topics;
    std::string officer;
    std::string position;
    std::string officers;
    PassphraseSource passphrase;
    PassphraseSource root_passphrase;
    std::string keyfile;
    bool sandbox = false;
};

// Its flags, each of whose values is checked.
void add_init_options(CLI::App& app, InitOptions& options);

// Fills in what is missing: from a person at the terminal, or by what it is if nobody says so.
// Gives what is still missing, each with its flag.
std::vector<std::string> complete(InitOptions& options, Context& context);

// Of "192.0.2.7", "[2001:db8::7]:5618" or a whole "tcp://…"; with the usual port where there is
// none.
std::string endpoint_of(const std::string& text);

}  // namespace lapx::cli
