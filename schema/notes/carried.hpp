#pragma once
// Who sends a carried file to whom (protocol.md 7.5).

#include <string>
#include <string_view>

#include "schema/base/address.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"

namespace lapx::schema {

struct CarriedNote {
    Agency from;
    Agency to;
    Time created;
    ContentDigest frame;  // of the octets of the frame
    bool operator==(const CarriedNote&) const = default;
};
// Errors: kNoteMalformed.
Result<CarriedNote> parse_carried_note(std::string_view text);
std::string print_carried_note(const CarriedNote& note);

}  // namespace lapx::schema
