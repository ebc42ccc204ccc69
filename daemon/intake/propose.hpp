#pragma once
// Turns what was read from an e-mail into proposals for the items of a pro forma. A person looks at
// them before anything leaves; nothing is derived that the mail does not say (no conduct class, no
// suspect: the apparent sender often is a victim), and no recipient of the mail is named.

#include <string>
#include <vector>

#include "schema/codec/items.hpp"
#include "schema/intake/mail.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::intake {

struct ProposedItem {
    schema::Label label;
    schema::ItemValue value;
    bool operator==(const ProposedItem&) const = default;
};

// How the octets of the mail came here (RFC 3227); of the raw octets, not of anything decoded.
struct Acquisition {
    std::string name;  // of the file
    std::uint64_t size = 0;
    ContentDigest sha256;
    std::string by;
    Time at;
    std::string where;
    std::string how;
    std::string tool;
};

// In template order. Every value passes check_value. Indicators are bounded in number and size, so
// that they fit into one parcel; the facts say how many were left out.
std::vector<ProposedItem> propose_items(const schema::intake::Mail& mail,
                                        const Acquisition& acquisition);

}  // namespace lapx::intake
