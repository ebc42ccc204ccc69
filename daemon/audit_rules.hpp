#pragma once
// What an audit holds the ledger against (protocol.md 4, 6.4, 6.5). Pure. A problem is one line for
// a person, of numbers and words of the protocol: never case content.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/notes/records.hpp"

namespace lapx::daemon {

struct AuditProblem {
    std::uint64_t index;  // of a ledger entry
    std::string what;

    bool operator==(const AuditProblem&) const = default;
};

// Whether this is what an entry of that kind commits to.
bool is_data_of(schema::EntryKind kind, std::string_view data);

// A `decided` entry has its `sent` entry directly after it, a `sent` entry its `decided` one
// directly before it, and both name the same cover. What was wholly withheld has no cover, and no
// `sent` entry.
class Pairing {
  public:
    // The next entry. `cover` is what it names; nothing where that was erased. `kept_back`: a
    // `decided` entry of what was wholly withheld.
    std::optional<AuditProblem> next(std::uint64_t index, schema::EntryKind kind,
                                     const std::optional<CoverDigest>& cover,
                                     bool kept_back = false);
    // After the last entry.
    std::optional<AuditProblem> end();

  private:
    struct Decided {
        std::uint64_t index;
        std::optional<CoverDigest> cover;
    };
    std::optional<Decided> decided_;  // without its `sent` entry so far
};

// One release as the database holds it beside the ledger.
struct Release {
    MessageId message;
    std::string to;        // DESK@AGENCY
    std::string cover;     // the note
    std::string manifest;  // of the referral
};
// In what the record and the release differ: each item of the manifest has one disposition in the
// record, and the recipient was told just that.
std::vector<std::string> contradictions(const schema::DecidedRecord& record,
                                        const Release& release);

// Likewise for one that was wholly withheld: the record is of this dossier and recipient, and
// nothing of what is there goes.
std::vector<std::string> contradictions(const schema::DecidedRecord& record, const Desk& from,
                                        const std::string& manifest_text);

}  // namespace lapx::daemon
