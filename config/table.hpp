#pragma once
// Typed access to a parsed TOML table: every doubt becomes kConfigInvalid with line and column.

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "config/words.hpp"
#include "schema/base/result.hpp"
#include "schema/base/text.hpp"

namespace lapx::config {

inline constexpr std::size_t kMaxText = 200;

// Errors: kConfigInvalid, also for lines too long or too deep for the parser's stack.
Result<toml::table> parse_toml(std::string_view text);

// "line 3, column 5: "
std::string at(const toml::source_position& position);

tl::unexpected<Error> invalid(const toml::node& node, const std::string& what);

// Refuses keys that are not among `known`.
Result<void> only(const toml::table& table, std::initializer_list<std::string_view> known);

// The value of a key that may be left out. T is std::string, bool or std::int64_t.
template <typename T>
Result<std::optional<T>> get(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
        return std::optional<T>{};
    }
    const auto value = node->value_exact<T>();
    if (!value) {
        constexpr std::string_view kKind = std::is_same_v<T, bool>          ? "true or false"
                                           : std::is_same_v<T, std::string> ? "a text"
                                                                            : "a number";
        return invalid(*node, std::string(key) + " must be " + std::string(kKind));
    }
    return std::optional<T>(std::move(*value));
}

// One text, or a list of them without repeats; empty where it is left out.
Result<std::vector<std::string>> get_list(const toml::table& table, std::string_view key);

// A line of 1 to 200 octets that may not be left out.
Result<std::string> require_line(const toml::table& table, std::string_view key);

// A path, relative to `home`; `otherwise` where it is left out, and empty if that is.
Result<std::filesystem::path> get_path(const toml::table& table, std::string_view key,
                                       const std::filesystem::path& home,
                                       const std::string& otherwise);

// The sub-table of a key; an empty one where it is left out. Never null, never a copy: copies of a
// node lose their line numbers.
Result<const toml::table*> section(const toml::table& root, std::string_view key);

template <typename E, std::size_t N>
Result<E> get_word(const toml::table& table, std::string_view key, const Words<E, N>& words,
                   E otherwise) {
    LAPX_TRY_ASSIGN(const auto text, get<std::string>(table, key));
    if (!text) {
        return otherwise;
    }
    const auto value = value_of(words, *text);
    if (!value) {
        std::vector<std::string> known;
        for (const auto& [each, name] : words) {
            known.emplace_back(name);
        }
        return invalid(*table.get(key), std::string(key) + " must be one of " + join(known, ", "));
    }
    return *value;
}

}  // namespace lapx::config
