#include "tools/lapx/text.hpp"

#include <algorithm>
#include <cctype>

#include "schema/base/text.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

// Code points; `text` was escaped and so is UTF-8.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    }));
}

std::string padded(std::string text, std::size_t columns) {
    text.append(columns - std::min(columns, width(text)), ' ');
    return text;
}

bool is_number(std::string_view cell) {
    if (cell.starts_with('-')) {
        cell.remove_prefix(1);
    }
    return !cell.empty() && cell.front() != '.' && cell.back() != '.' &&
           std::count(cell.begin(), cell.end(), '.') <= 1 &&
           std::all_of(cell.begin(), cell.end(), [](char c) {
               return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0;
           });
}

std::string csv_cell(const std::string& cell) {
    constexpr std::string_view kFormula = "=+-@\t\r";
    std::string text = cell;
    if (!text.empty() && kFormula.find(text.front()) != std::string_view::npos &&
        !is_number(text)) {
        text.insert(text.begin(), '\'');
    }
    if (text.find_first_of("\",\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells) {
        if (&cell != &cells.front()) {
            line += ',';
        }
        line += csv_cell(cell);
    }
    return line + "\r\n";
}

}  // namespace

std::string plain(const json& value) {
    if (value.is_null()) {
        return {};
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_boolean()) {
        return value.get<bool>() ? "yes" : "no";
    }
    if (value.is_array()) {
        std::vector<std::string> parts;
        for (const json& part : value) {
            parts.push_back(plain(part));
        }
        return join(parts, ", ");
    }
    return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::string plain(const json& object, std::string_view key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found == object.end() ? std::string() : plain(*found);
}

Table table_of(const json& list,
               std::initializer_list<std::pair<const char*, const char*>> columns) {
    Table table;
    for (const auto& [heading, key] : columns) {
        table.columns.emplace_back(heading);
    }
    for (const json& object : list) {
        std::vector<std::string>& row = table.rows.emplace_back();
        for (const auto& [heading, key] : columns) {
            row.push_back(plain(object, key));
        }
    }
    return table;
}

std::string render(const Table& table, bool bold) {
    if (table.rows.empty()) {
        return {};
    }
    std::vector<std::vector<std::string>> lines{table.columns};
    lines.insert(lines.end(), table.rows.begin(), table.rows.end());
    std::vector<std::size_t> widths(table.columns.size(), 0);
    for (std::vector<std::string>& line : lines) {
        line.resize(widths.size());
        for (std::size_t i = 0; i < line.size(); ++i) {
            line[i] = escape(line[i]);
            widths[i] = std::max(widths[i], width(line[i]));
        }
    }
    std::string out;
    for (std::vector<std::string>& line : lines) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            text += padded(std::move(line[i]), widths[i] + 2);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += bold && &line == &lines.front() ? "\033[1m" + text + "\033[0m\n" : text + "\n";
    }
    return out;
}

std::string fields(const std::vector<std::pair<std::string, std::string>>& rows) {
    std::size_t widest = 0;
    for (const auto& [name, value] : rows) {
        widest = value.empty() ? widest : std::max(widest, width(escape(name)));
    }
    std::string out;
    for (const auto& [name, value] : rows) {
        std::string lead = padded(escape(name) + ":", widest + 3);
        for (const std::string_view line : split(value, '\n')) {
            out += lead + escape(line) + "\n";
            lead.assign(widest + 3, ' ');
        }
    }
    return out;
}

std::string shell_word(const std::string& text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,=";
    if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) {
        return text;
    }
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return out + "'";
}

std::string csv(const Table& table) {
    std::string out = csv_line(table.columns);
    for (const std::vector<std::string>& row : table.rows) {
        out += csv_line(row);
    }
    return out;
}

}  // namespace lapx::cli
