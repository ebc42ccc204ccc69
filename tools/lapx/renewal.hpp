#pragma once
// The card that follows one in force, signed with the root key, which lies in its own folder
// (protocol.md 2, 3.1).

#include <filesystem>
#include <optional>
#include <string>

#include "keys/keyring.hpp"
#include "schema/base/random.hpp"
#include "schema/base/time.hpp"

namespace lapx::cli {

struct NextRoot {
    std::filesystem::path folder;  // holds nothing yet
    keys::Unlock unlock;
};

struct CardPlan {
    std::string held;                 // the card note in force
    std::filesystem::path root;       // the folder of its root key
    std::optional<std::string> sign;  // the vkey of a new signing key, which is to be the first
    bool drop_former_sign = false;    // else the former ones still verify
};

// Also fills the folder of a new root: key, revocation notes. Errors: those of Keyring::load and
// keys/directory; kKeyInvalid if the folder holds another root key; kIo.
Result<std::string> next_card(const CardPlan& plan, const keys::Unlock& root,
                              const std::optional<NextRoot>& next_root, Random& random, Time now);

}  // namespace lapx::cli
