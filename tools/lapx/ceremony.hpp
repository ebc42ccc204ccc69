#pragma once
// Making a node: keys, card, notice, revocation notes, configuration. Offline.
//
//     HOME/                   0700
//       config.toml           what lapxd reads
//       keys/node.keyring     sign-1, ledger-1, witness-1, node, curve, at-rest, desk-ID for each
//       desk card                  the card file to hand out (protocol.md 3.7)
//     ROOT/                   0700 where the medium can; for the safe
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
#include "schema/limits.hpp"
#include "schema/notes/card.hpp"

namespace lapx::cli {

// A day less than the most, so that a clock an hour off does not make a card too long.
inline constexpr std::chrono::days kCardLife = schema::kMaxCardLife - std::chrono::days(1);

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
    config::Config config;  // agency and endpoints are taken from it
};

struct Made {
    std::string card_file;
    std::string safety_number;
};

// Is it the folder, or below it? Links are followed.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

// HOME and ROOT while they are filled. Until keep(), whatever is in them is removed again; a mark
// in each tells the next run what one that was killed has left.
class Folders {
  public:
    // To be asked before a person types passphrases. Errors: kInvalidArgument if a folder holds
    // anything but such leftovers, kUnsafePermissions if others may enter a home that is there.
    static Result<void> check(const Plan& plan);
    // Clears leftovers, makes what is missing. Errors: those of check(); kIo.
    static Result<Folders> make(const Plan& plan);
    Folders(Folders&&) = default;
    Folders& operator=(Folders&&) = delete;
    ~Folders();

    // Some removable media know no permissions.
    bool root_is_open_to_others() const;
    Result<void> keep();

  private:
    struct Folder {
        std::filesystem::path path;
        bool is_new;
    };
    Folders() = default;
    Result<void> take(const std::filesystem::path& path);

    std::vector<Folder> folders_;  // home, root
};

struct Unlocks {
    keys::Unlock node;
    keys::Unlock root;
};

// Fills the folders. Errors: kIo, also for a file that is there already; those of Keyring::save.
// The configuration is written last, so a home without one was not finished.
Result<Made> make_node(const Plan& plan, const Unlocks& unlocks, Random& random, Time now);

}  // namespace lapx::cli
