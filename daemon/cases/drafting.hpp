#pragma once
// From values to the lines of a manifest, and back.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/draft.hpp"
#include "schema/base/random.hpp"
#include "schema/codec/items.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::cases {

// The present values of a pro forma, by label; a label that does not repeat has at most one.
using Values = std::map<schema::Label, std::vector<schema::ItemValue>>;

// What a form gets where nobody said anything: purpose, urgency, secrecy and the like, so that an
// e-mail alone makes a referral. Nothing that is there is changed.
void add_defaults(Values& values, schema::Kind kind, const Agency& agency,
                  std::string_view country);
// Where there is personal data and nobody said when it is to be destroyed: two years from `now`.
void add_data_protection(Values& values, Time now);

// All lines of the manifest (protocol.md 4.3), each with a salt of its own. Errors:
// kInvalidArgument if a label that does not repeat has several values or a value does not fit,
// kItemMalformed, kTooLarge.
Result<std::vector<model::DraftItem>> lay_out(const Values& values, Random& random);

// The inverse, without absent lines. Errors: kItemMalformed; kErased if any item was erased: what
// was decided on the others is told apart by their places.
Result<Values> values_of(const std::vector<model::DraftItem>& items);

// Those of a label; none where it has none.
const std::vector<schema::ItemValue>& values_at(const Values& values, schema::Label label);

// "indicator" or "indicator:2". Errors: kUnknownItem, kInvalidArgument.
Result<model::ItemName> item_name_from(std::string_view text);
// The number of the one item that this names: its number, or its label and, where that repeats,
// which. Errors: kUnknownItem, kInvalidArgument.
Result<std::uint16_t> item_number_from(const schema::Manifest& manifest, std::string_view text);
std::string item_name_text(const model::ItemName& name);

}  // namespace lapx::cases
