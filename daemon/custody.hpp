#pragma once
// Who handed the octets of an exhibit to whom: each time an entry in the ledger that names the
// exhibit by its digest (protocol.md 6.4), and a row that leads from the referral to that entry.

#include <string>

#include "daemon/parts.hpp"
#include "schema/base/time.hpp"
#include "schema/notes/records.hpp"

namespace lapx::daemon {

struct HandOver {
    std::int64_t row;  // seq
    ReferralId referral;
    std::uint16_t element;
    ContentDigest plain;
    exhibits::Event event;
    std::string who;  // the agency of the other side; an operator's id where that took them out
};

Result<void> record_hand_over(const LogEntry& log, exhibits::Store& store, const Clock& clock,
                              const HandOver& hand_over);

}  // namespace lapx::daemon
