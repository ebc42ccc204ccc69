#pragma once
// Items as a person types and reads them, for the command line and for display; nothing is signed
// over these words. What describe_item writes, item_from_text reads, as far as separators inside
// the fields allow.

#include <string>
#include <string_view>

#include "schema/codec/items.hpp"

namespace lapx::schema {

// The form expected, for help and errors: "CLASS:TYPE [CHANNEL]". Optional parts stand in brackets,
// TIME is 2026-11-21T18:38:17Z, DAY is 2026-11-21. Empty for what cannot be typed (exhibit).
std::string_view item_form(Label label);

// The value passes check_value and fits the label. Errors: kInvalidArgument, with the form expected
// and none of the text as context.
Result<ItemValue> item_from_text(Label label, std::string_view text);

// One line, or a few, not escaped. Empty for Absent.
std::string describe_item(const ItemValue& value);

}  // namespace lapx::schema
