#pragma once
// The machine-readable part of an abuse report (RFC 5965 section 3).

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "schema/intake/mail.hpp"

namespace lapx::tools::intake {

using ReadDate = std::function<std::optional<Time>(const std::string&)>;

// Unknown fields are ignored, unreadable ones are left empty.
schema::intake::Feedback read_feedback(std::string_view octets, const ReadDate& read_date);

}  // namespace lapx::tools::intake
