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
    // A new passphrase for something, held to the same rule as a typed one. Errors: those of
    // keys::read_passphrase; kInvalidArgument for a short one.
    Result<keys::SecretBytes> read_new(const std::string& what) const;
};

// Asks for a new passphrase, twice, until it is long enough, other than `taken`, and the same both
// times. Errors: kInvalidArgument if nobody answers.
Result<keys::SecretBytes> ask_new_passphrase(Environment& env, const std::string& what,
                                             const keys::SecretBytes* taken = nullptr);

}  // namespace lapx::cli
