#pragma once
// The lines of a text that say under which conditions something travels (protocol.md 4.4).

#include <string>

#include "schema/notes/lines.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::schema {

// `tlp` to `resale`. Errors: kNoteMalformed.
Result<Handling> read_handling(LineReader& in);
void put_handling(std::string& out, const Handling& handling);

}  // namespace lapx::schema
