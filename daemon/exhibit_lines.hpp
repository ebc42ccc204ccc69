#pragma once
// From a message's view to the exhibits that are kept of it, and their sealed octets.

#include <vector>

#include "daemon/cases/cases.hpp"
#include "daemon/delivery/delivery.hpp"
#include "daemon/exhibits/files.hpp"

namespace lapx::daemon {

// An exhibit that the recipient of a message may have.
struct ExhibitLine {
    std::uint16_t element;
    schema::ViewExhibit line;
    bool inside;  // its sealed file is in the parcel
};

// `referral`: the row of the message's dossier; none where the message is a move.
Result<std::vector<ExhibitLine>> exhibit_lines(delivery::Delivery& delivery, cases::Cases& cases,
                                               std::int64_t message, std::int64_t referral);

// Of an exhibit whose octets are here.
Result<exhibits::Source> source_of(const exhibits::Folder& folder,
                                   const model::SealedExhibit& exhibit);

}  // namespace lapx::daemon
