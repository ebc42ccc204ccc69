#pragma once
// HOME/disclosure.toml: who may learn what, as disclosure.toml beside this file describes. Read and
// validated once; an unknown label, class, sector or reason is an error that names its line and
// column.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/result.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::config {

enum class Decide : std::uint8_t { kShare, kAsk, kNever };
std::string_view to_string(Decide decide);

// Empty lists match everything.
struct Rule {
    std::string name;
    std::vector<schema::ItemClass> classes;
    std::vector<schema::Label> items;
    std::vector<schema::Sector> sectors;
    std::vector<std::string> countries;
    std::vector<Agency> agencies;
    std::vector<Desk> desks;
    std::vector<schema::TrustState> trust;
    std::vector<schema::Kind> kinds;
    std::vector<schema::Tlp> tlp;
    std::vector<schema::Pap> pap;
    Decide decide = Decide::kNever;
    // Of kAsk and kNever.
    schema::Reason reason = schema::Reason::kConfidential;
    schema::Shown shown = schema::Shown::kSilent;
    // Of kShare and kAsk: what goes because of it is approved by somebody who did not draft it.
    bool four_eyes = false;
};

// What a rule asks of recipient, referral and handling, for a person: "sector enforcement; trust
// verified"; "always".
std::string condition_text(const Rule& rule);

struct DisclosurePolicy {
    std::string text;  // the whole file; its SHA-256 names the policy
    // How long what was told to be sent can still be stopped.
    std::chrono::seconds release_delay{0};
    std::vector<std::vector<schema::ItemClass>> classes;  // of label n at n - 1; never empty
    std::vector<schema::ItemClass> octets;                // of the files of exhibits
    std::vector<Rule> rules;

    const std::vector<schema::ItemClass>& classes_of(schema::Label label) const;
};

// Reads `path`, or takes the built-in policy where there is no such file. It must be a file of at
// most 64 KiB that only its owner can read or write. Errors: kIo, kUnsafePermissions,
// kConfigInvalid.
Result<DisclosurePolicy> load_policy(const std::filesystem::path& path);

// Errors: kConfigInvalid.
Result<DisclosurePolicy> parse_policy(std::string_view text);

// The text of disclosure.toml.
std::string_view builtin_policy();

}  // namespace lapx::config
