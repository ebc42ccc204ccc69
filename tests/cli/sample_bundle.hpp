#pragma once
// A bundle of a referral between two made-up agencies, made with the same printers as a node's.

#include "tools/lapx/files.hpp"

namespace lapx::cli {

// From spam@opta.example to abuse@acma.example; `purpose` disclosed, `scale` withheld with its
// reason, `facts` withheld silently. Made anew, and so different, on each call.
struct SampleBundle {
    Files files;                // as protocol.md 10 has them
    std::string stranger_card;  // a card file of a third agency
    Bytes withheld_item;        // the octets of the silently withheld item
    std::size_t withheld_number;
    std::string refusal_receipt;  // as receipt.tlog-proof, of a refusal
};

SampleBundle sample_bundle();

}  // namespace lapx::cli
