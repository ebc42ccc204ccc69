#pragma once
// Reading members of a request's JSON: a member of another type than asked for is
// `invalid-argument`.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "schema/base/result.hpp"
#include "schema/words.hpp"

namespace lapx::daemon {

using Json = nlohmann::json;

Result<std::optional<std::string>> text_member(const Json& object, const char* name);
Result<std::string> needed_text(const Json& object, const char* name);
// A whole number that is not negative.
Result<std::uint64_t> needed_number(const Json& object, const char* name);
Result<bool> flag_member(const Json& object, const char* name);
// A list of texts, which errors give this name.
Result<std::vector<std::string>> texts_from(const Json& list, const char* name);
// Likewise; a missing member is nothing.
Result<std::optional<std::vector<std::string>>> list_member(const Json& object, const char* name);

// Whether an object inside a request has only these members.
Result<void> check_members(const Json& object, std::initializer_list<std::string_view> names);

template <typename E>
std::string word(E value) {
    return std::string(schema::word_of(value));
}

template <typename E>
Result<std::optional<E>> word_member(const Json& object, const char* name) {
    LAPX_TRY_ASSIGN(const auto text, text_member(object, name));
    if (!text) {
        return std::optional<E>{};
    }
    auto value = schema::from_word<E>(*text);
    if (!value) {
        return fail(value.error().code, std::string(name) + " is none of the words for it");
    }
    return std::optional<E>(*value);
}

}  // namespace lapx::daemon
