#pragma once
// Reads an e-mail with GMime. Runs in the sandboxed child: it may be killed at any point.

#include <string_view>

#include "schema/base/result.hpp"
#include "schema/intake/mail.hpp"

namespace lapx::tools::intake {

// Once for the process, before the first mail and before any fork.
void init_parser();

// Errors: kIntakeRefused, with a sentence for a person.
Result<schema::intake::Mail> parse_mail(std::string_view octets);

}  // namespace lapx::tools::intake
