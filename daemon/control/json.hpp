#pragma once
// JSON that came from outside.

#include <string_view>

#include <nlohmann/json.hpp>

#include "schema/base/result.hpp"

namespace lapx::control {

inline constexpr std::size_t kMaxJsonDepth = 32;
inline constexpr std::size_t kMaxJsonValues = 100'000;

// Strict: UTF-8, no key twice in one object, at most kMaxJsonDepth nested arrays and objects,
// at most kMaxJsonValues values. The limits stop the parse, so that memory stays in proportion.
// Errors: kInvalidArgument.
Result<nlohmann::json> parse_json(std::string_view text);

// One line. Never fails: octets that are not UTF-8 become U+FFFD.
std::string print_json(const nlohmann::json& value);

}  // namespace lapx::control
