#pragma once
// Codes of conduct: "CLASS:TYPE" of the Reference Security Incident Taxonomy, version 1003.

#include <span>
#include <string_view>

namespace lapx::schema {

// All codes, in the order of the taxonomy.
std::span<const std::string_view> rsit_codes();
bool is_rsit_code(std::string_view text);
// The shape alone, which codes of other versions have too.
bool has_rsit_shape(std::string_view text);

}  // namespace lapx::schema
