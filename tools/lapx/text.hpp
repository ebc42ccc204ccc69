#pragma once
// How things look: tables and fields for a person, CSV for a spreadsheet. Whatever came from
// outside is escaped here and nowhere else.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace lapx::cli {

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
};

// A JSON value as one line for a person, not yet escaped: null is empty, true is "yes", a list is
// joined by ", ".
std::string plain(const nlohmann::json& value);
// The same for a member; empty where it is missing.
std::string plain(const nlohmann::json& object, std::string_view key);

// One column for each (heading, key), one row for each object of the list.
Table table_of(const nlohmann::json& list,
               std::initializer_list<std::pair<const char*, const char*>> columns);

// Aligned columns, escaped; `bold` sets the headings off. Empty for a table without rows.
std::string render(const Table& table, bool bold);

// "Name:  value" lines, aligned and escaped; a value of several lines is indented. Empty values are
// left out.
std::string fields(const std::vector<std::pair<std::string, std::string>>& rows);

// As a shell takes it for one word, to be shown as part of a command; not yet escaped.
std::string shell_word(const std::string& text);

// RFC 4180. A cell that a spreadsheet would take for a formula (beginning with = + - @, TAB or CR)
// gets a leading apostrophe, unless it is a plain number.
std::string csv(const Table& table);

}  // namespace lapx::cli
