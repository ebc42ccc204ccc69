#pragma once
// Text from a mail made safe to hand on.

#include <cstddef>
#include <string>
#include <string_view>

namespace lapx::tools::intake {

// Octets that are not UTF-8 become U+FFFD.
std::string to_utf8(std::string_view octets);

// One line of at most `max` octets: UTF-8, control characters and runs of white space become one
// space, none at the ends, no character cut in half.
std::string clean_line(std::string_view octets, std::size_t max);

// As above, but line breaks stay, empty lines do not, and lines end in LF.
std::string clean_text(std::string_view octets, std::size_t max);

// The last component of a file name, whichever kind of slash, without control and bidirectional
// characters; empty for "", "." and "..". `suspicious` tells whether something was taken off.
std::string safe_file_name(std::string_view octets, bool& suspicious);

std::string to_lower(std::string_view text);                                      // ASCII only
inline bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }  // ASCII only
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

}  // namespace lapx::tools::intake
