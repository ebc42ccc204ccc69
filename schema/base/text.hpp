#pragma once
// Rules for text that came from outside.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx {

// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view text);
// One line as notes carry it (protocol.md 1.1): UTF-8, 1 to `max` octets, no control characters, no
// space at either end.
bool is_line(std::string_view text, std::size_t max);
// For logs and terminals: control characters, DEL, C1 controls, bidirectional controls, characters
// without a width and invalid UTF-8 become \xNN or \u{N}.
std::string escape(std::string_view untrusted);
// Decimal without sign or leading zero, below 2^63. Errors: kInvalidArgument.
Result<std::uint64_t> number_from(std::string_view text);
// "a,b" into parts; an empty text gives no parts.
std::vector<std::string_view> split(std::string_view text, char separator);
// The parts point into the text, which must outlive them.
std::vector<std::string_view> split(std::string&& text, char separator) = delete;
std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace lapx
