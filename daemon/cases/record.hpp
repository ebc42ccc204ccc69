#pragma once
// The inward record of a case as octets, and back: what the manifest does not say. Sealed at rest
// as part 0.

#include <string>

#include "daemon/cases/cases.hpp"

namespace lapx::cases {

std::string print_record(const Case& value);

// Fills everything but the items, which the other parts hold. Errors: kDatabaseBroken.
Result<Case> parse_record(std::string_view text);

}  // namespace lapx::cases
