#pragma once
// The pro forma as it is explained to a person: why each item is asked for, how it is written. The
// one place for these words; the template itself is schema/vocabulary.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/time.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::cli {

struct ItemHelp {
    schema::Label label;
    std::string_view why;      // one or two sentences
    std::string_view example;  // of the value as it is typed; empty where it is not
};

const ItemHelp& help_of(schema::Label label);
// What the item is, in a few words.
std::string_view meaning_of(schema::Label label);
// False for what follows from other things: the addressees, and evidence.
bool can_be_typed(schema::Label label);

// The lines that explain an item; the first says whether it is mandatory for this kind.
std::vector<std::string> explain(schema::Label label, std::optional<schema::Kind> kind);
// The words for the kinds that it is mandatory for.
std::vector<std::string> mandatory_for(schema::Label label);
// What a person most likely answers; empty where there is no telling.
std::string usual_answer(schema::Label label, Time now);

}  // namespace lapx::cli
