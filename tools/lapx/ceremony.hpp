#pragma once
// Making a node: keys, card, notice, revocation notes, configuration. Offline.
//
//     HOME/                   0700
//       config.toml           what lapxd reads
//       keys/node.keyring     sign-1, ledger-1, witness-1, node, curve, at-rest, desk-ID for each
//       desk card                  the card file to hand out (protocol.md 3.7)
//     ROOT/                   0700; for the safe
//       root.keyring          root-1
//       card                  the card note alone: the next card names its digest
//       revoke-KEY            one signed revocation note for each key (protocol.md 3.3)

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "keys/keyring.hpp"
#include "schema/base/random.hpp"
#include "schema/base/time.hpp"
#include "schema/notes/card.hpp"

namespace lapx::cli {

struct DeskPlan {
    std::string id;
    std::string role;
};

struct Plan {
    std::filesystem::path home;
    std::filesystem::path root;
    std::string name;
    std::string country;
    schema::Sector sector = schema::Sector::kEnforcement;
    std::string zone;
    std::vector<std::string> languages;
    std::vector<std::string> topics;
    std::vector<DeskPlan> desks;
    std::vector<Agency> relays;
    config::Config config;  // agency and endpoints are taken from it
};

struct Made {
    std::string card_file;
    std::string safety_number;
};

// To be asked first, before key files are made. Errors: kInvalidArgument if the home is not empty
// or the root folder has a root key.
Result<void> check_untouched(const Plan& plan);

// Errors: kIo, also for a file that is there already; those of Keyring::save. The configuration is
// written last, so a home without one was not finished.
Result<Made> make_node(const Plan& plan, const keys::Unlock& node_unlock,
                       const keys::Unlock& root_unlock, Random& random, Time now);

}  // namespace lapx::cli
