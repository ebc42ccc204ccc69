#pragma once
// Checking offline what one referral left behind (protocol.md 10), and its parts by themselves.
// Everything is recomputed; nothing is asked of a node.

#include <string>
#include <vector>

#include "keys/directory.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {

struct Check {
    std::string name;  // "cover", "items"
    bool ok;
    std::string detail;  // what was found, or what is wrong
};

class Verdict {
  public:
    void good(std::string name, std::string detail) {
        checks_.push_back({std::move(name), true, std::move(detail)});
    }
    void bad(std::string name, std::string detail) {
        checks_.push_back({std::move(name), false, std::move(detail)});
    }
    void bad(std::string name, const Error& error);

    bool ok() const;
    const std::vector<Check>& checks() const { return checks_; }
    std::vector<std::string> problems() const;

  private:
    std::vector<Check> checks_;
};

// A card file whose signatures are good; nothing is said of its time.
struct Party {
    keys::OpenedCard card;
    keys::OpenedNotice notice;
    std::string safety_number;
};
// Errors: those of keys::open_card and keys::open_notice.
Result<Party> open_card_file(std::string_view text);

// protocol.md 10, all steps.
Verdict check_bundle(const Files& files);

// A card file by itself.
Verdict check_card_file(std::string_view text);
// A proof by itself, of an entry in the log of the card's agency.
Verdict check_proof_file(std::string_view proof, std::string_view card_file);

}  // namespace lapx::cli
