#pragma once
// What a person decides on the items of a draft: what stays, what goes, what goes in its place; and
// what becomes of that when values change.

#include <string>

#include "daemon/cases/drafting.hpp"

namespace lapx::cases {

// Adds a decision. What somebody let go before on a basis, and this keeps, they let go no more.
// Errors: kTooLarge where there are too many.
Result<void> withhold(model::Draft& draft, model::Withhold decision);

// Adds a permit for what is there now: of a label that repeats, for each of its elements. Errors as
// of withhold.
Result<void> permit(model::Draft& draft, const model::Permit& decision, std::size_t there);

// A decision on one element, such as indicator:2, is one on its value: carries the draft's
// decisions over from the values before a change to those after it. Where the value is gone, a
// permit lapses, and what was withheld may be any of the new values, so all of those are. So a
// permit is for what was decided on and never for what takes its place. A derivative whose original
// is gone goes with it, out of `after` too; so does one that nothing names.
void follow_values(model::Draft& draft, const Values& before, Values& after);

// Withholds one item and puts a derivative in its place, which `values` then holds. It replaces
// what stood in the same place before for the same recipients. Errors: kUnknownItem if the item is
// not there, kSilenceShows where it is to be withheld silently, kInvalidArgument if it is itself a
// derivative, is not one item, or if `text` does not fit.
Result<void> redact(model::Draft& draft, Values& values, model::Withhold withhold,
                    std::string text);

}  // namespace lapx::cases
