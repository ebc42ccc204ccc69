#pragma once
// A draft as a TOML file that a person fills in: recipients, handling, and every item of the
// template with what explains it. Values are in the forms of schema/codec/item_text.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "schema/base/result.hpp"

namespace lapx::cli {

// `referral` is what GET /v1/referrals/{id} answers.
std::string print_form(const nlohmann::json& referral);

// What the form says other than the referral, as the body of a PATCH: empty where it says the same.
// Only what is new must be well-formed. An item that is not in the form is one to be removed.
// Errors: kInvalidArgument and those of unknown words, with line and column.
Result<nlohmann::json> changes_in(std::string_view form, const nlohmann::json& referral);

}  // namespace lapx::cli
