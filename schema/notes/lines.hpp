#pragma once
// Reading and writing the text forms of protocol.md 1.1, line by line. Every parser here accepts
// exactly what its printer prints: the reader fixes the shape of lines and their order, and each
// value is read by a parser that is the exact inverse of its printer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/result.hpp"
#include "schema/limits.hpp"

namespace lapx::schema {

// Control characters, empty lines, spaces at the ends of lines, a missing last LF, broken UTF-8 and
// too many octets are refused.
bool is_note_text(std::string_view text, std::size_t max);

// Errors are kNoteMalformed with the form and the number of the line as context, never its content.
class LineReader {
  public:
    // `form` names the form in errors; it must outlive the reader.
    LineReader(std::string_view form, std::string_view text) : form_(form), rest_(text) {}

    // The rules of 1.1 for the whole text. To be called once, first.
    Result<void> check(std::size_t max);
    // The next line, whatever it holds.
    Result<std::string_view> next();
    // The next line must be `text`.
    Result<void> exactly(std::string_view text);
    // The value of the next line, which must have this key.
    Result<std::string_view> value(std::string_view key);
    // The value of the next line if it has this key; else nothing is read.
    std::optional<std::string_view> maybe(std::string_view key);
    bool at_end() const { return rest_.empty(); }
    // What is not read yet.
    std::string_view rest() const { return rest_; }
    Result<void> end() const;
    // About the line read last.
    tl::unexpected<Error> malformed() const;
    // Turns any error of a value's parser into malformed().
    template <typename T>
    Result<T> good(Result<T> parsed) const {
        if (!parsed) {
            return malformed();
        }
        return parsed;
    }

  private:
    std::string_view form_;
    std::string_view rest_;
    std::size_t line_ = 0;
};

// `key SP value LF`.
void put_line(std::string& out, std::string_view key, std::string_view value);
void put_line(std::string& out, std::string_view key, std::uint64_t value);

}  // namespace lapx::schema
