#pragma once
// Closed vocabularies: enums whose values are written as words. Each has one table, in the order in
// which the words are listed to people.
//
//     word_of(Kind::kUrgent)      "urgent"
//     from_word<Kind>("urgent")   Kind::kUrgent
//     words<Kind>()               the table

#include <span>
#include <string_view>

#include "schema/base/result.hpp"

namespace lapx::schema {

template <typename E>
struct Word {
    E value;
    std::string_view word;
    std::string_view meaning;  // one line for a person; may be empty
};

// Specialised beside each enum.
template <typename E>
std::span<const Word<E>> words() = delete;

template <typename E>
concept Vocabulary = requires {
    words<E>();
};

// What a word that is in no table is refused as.
template <typename E>
inline constexpr Code kUnknownWord = Code::kInvalidArgument;

// Empty for a number that is no value of the enum.
template <Vocabulary E>
std::string_view word_of(E value) {
    for (const Word<E>& row : words<E>()) {
        if (row.value == value) {
            return row.word;
        }
    }
    return {};
}

// Errors: kUnknownWord<E>.
template <Vocabulary E>
Result<E> from_word(std::string_view word) {
    for (const Word<E>& row : words<E>()) {
        if (row.word == word) {
            return row.value;
        }
    }
    return fail(kUnknownWord<E>);
}

template <Vocabulary E>
bool is_known(E value) {
    return !word_of(value).empty();
}

}  // namespace lapx::schema
