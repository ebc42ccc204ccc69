#pragma once
// What became of what came in, since the start: for operators, without content.

#include <cstdint>

namespace lapx::daemon {

struct Counters {
    std::uint64_t accepted = 0;     // parcels stored: dossiers and moves
    std::uint64_t repeated = 0;     // parcels that were here already
    std::uint64_t turned_away = 0;  // parcels finally refused, with an entry
    std::uint64_t refused = 0;      // parcels refused without an entry
    std::uint64_t over_quota = 0;   // parcels refused unopened
    std::uint64_t deaf = 0;         // parcels dropped: the peer takes in no answers
    std::uint64_t malformed = 0;    // frames dropped
    std::uint64_t shut_out = 0;     // times that a peer was muted for what it cost
    std::uint64_t delivered = 0;    // receipts of our parcels
};

}  // namespace lapx::daemon
