#pragma once
// A TOML file of texts and lists of texts, as a plain list, for a reader that knows which keys
// there may be.

#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx::config {

struct TextAt {
    std::string text;
    std::string at;  // "line 3, column 5: ", the beginning of what is said about it
};

struct Entry {
    std::string table;  // "items" for what stands below [items]; empty before the first table
    std::string key;
    std::string at;  // where the value begins
    bool is_list = false;
    std::vector<TextAt> texts;
};

// In the order of the file. Errors: kInvalidArgument with line and column, for what is no TOML, is
// neither text nor list of texts, or stands in a table of a table.
Result<std::vector<Entry>> read_entries(std::string_view toml);

// As TOML has them: a text of several lines over several lines; whatever could disturb a terminal
// or an editor as an escape. Read back, they are the same.
std::string print_text(std::string_view text);
std::string print_texts(const std::vector<std::string>& texts);

}  // namespace lapx::config
