#pragma once
// Where a passphrase comes from: a file, an open descriptor, or a person at the terminal. Never an
// argument.

#include <filesystem>
#include <optional>
#include <string>

#include "keys/secret.hpp"
#include "schema/base/result.hpp"
#include "tools/lapx/environment.hpp"

namespace lapx::cli {

struct PassphraseSource {
    std::filesystem::path file;
    int fd = -1;

    bool given() const { return !file.empty() || fd >= 0; }
    // Errors: those of keys::read_passphrase.
    Result<keys::SecretBytes> read() const;
};

// Asks for a new passphrase, twice. Errors: kInvalidArgument if they differ, are too short, or
// nobody answers.
Result<keys::SecretBytes> ask_new_passphrase(Environment& env, const std::string& what);

}  // namespace lapx::cli
