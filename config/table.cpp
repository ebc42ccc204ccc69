#include "config/table.hpp"

#include <algorithm>

namespace lapx::config {
namespace {

// toml++ descends once for each part of a dotted key and each nested value (it stops at 256 of
// those); with these caps, checked before it sees the text, its stack stays small.
constexpr std::size_t kMaxLine = 1000;
constexpr std::ptrdiff_t kMaxDots = 16;
Result<void> check_lines(std::string_view text) {
    toml::source_position position{1, 1};
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t first = line.find_first_not_of(" \t");
        const bool comment = first != std::string_view::npos && line[first] == '#';
        if (line.size() > kMaxLine) {
            return fail(Code::kConfigInvalid, at(position) + "the line is too long");
        }
        if (!comment && std::count(line.begin(), line.end(), '.') > kMaxDots) {
            return fail(Code::kConfigInvalid, at(position) + "too many dots in one line");
        }
        ++position.line;
    }
    return {};
}

}  // namespace

std::string at(const toml::source_position& position) {
    return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column) +
           ": ";
}

tl::unexpected<Error> invalid(const toml::node& node, const std::string& what) {
    return fail(Code::kConfigInvalid, at(node.source().begin) + what);
}

Result<void> only(const toml::table& table, std::initializer_list<std::string_view> known) {
    for (const auto& [key, node] : table) {
        if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
            return fail(Code::kConfigInvalid,
                        at(key.source().begin) + "unknown key \"" + escape(key.str()) + "\"");
        }
    }
    return {};
}

Result<std::vector<std::string>> get_list(const toml::table& table, std::string_view key) {
    std::vector<std::string> out;
    const toml::node* node = table.get(key);
    if (node == nullptr) {
        return out;
    }
    if (const auto single = node->value_exact<std::string>()) {
        out.push_back(*single);
        return out;
    }
    if (!node->is_array()) {
        return invalid(*node, std::string(key) + " must be a list of texts");
    }
    for (const toml::node& element : *node->as_array()) {
        const auto value = element.value_exact<std::string>();
        if (!value) {
            return invalid(element, std::string(key) + " must be a list of texts");
        }
        if (std::find(out.begin(), out.end(), *value) != out.end()) {
            return invalid(element, std::string(key) + " names the same thing twice");
        }
        out.push_back(*value);
    }
    return out;
}

Result<std::string> require_line(const toml::table& table, std::string_view key) {
    LAPX_TRY_ASSIGN(auto value, get<std::string>(table, key));
    if (!value) {
        return invalid(table, std::string(key) + " is missing");
    }
    if (!is_line(*value, kMaxText)) {
        return invalid(*table.get(key), std::string(key) + " must be one line of 1 to 200 octets");
    }
    return std::move(*value);
}

Result<std::filesystem::path> get_path(const toml::table& table, std::string_view key,
                                       const std::filesystem::path& home,
                                       const std::string& otherwise) {
    LAPX_TRY_ASSIGN(const auto text, get<std::string>(table, key));
    if (text && !is_line(*text, kMaxText)) {
        return invalid(*table.get(key), std::string(key) + " must be a path");
    }
    const std::string value = text.value_or(otherwise);
    return value.empty() ? std::filesystem::path{} : (home / value).lexically_normal();
}

Result<const toml::table*> section(const toml::table& root, std::string_view key) {
    static const toml::table kEmpty;
    const toml::node* node = root.get(key);
    if (node == nullptr) {
        return &kEmpty;
    }
    if (!node->is_table()) {
        return invalid(*node, std::string(key) + " must be a table: [" + std::string(key) + "]");
    }
    return node->as_table();
}

Result<toml::table> parse_toml(std::string_view text) {
    LAPX_TRY(check_lines(text));
    toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        return fail(Code::kConfigInvalid,
                    at(parsed.error().source().begin) + escape(parsed.error().description()));
    }
    return std::move(parsed).table();
}

}  // namespace lapx::config
