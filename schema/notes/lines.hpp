#pragma once
// Reading and writing the text forms of protocol.md 1.1, line by line. Every parser here accepts
// exactly what its printer prints: the reader fixes the shape of lines and their order, and each
// value is read by a parser that is the exact inverse of its printer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/base/result.hpp"
#include "schema/limits.hpp"

namespace lapx::schema {

// Printers print what they are given. Whoever fills a struct from a person's words parses the text
// before it is signed or stored.

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

    // The value of the next line, which must have this key, as `parse` reads it. Any error of
    // `parse` becomes malformed().
    template <typename Parse>
    auto read(std::string_view key, Parse parse) -> decltype(parse(key)) {
        LAPX_TRY_ASSIGN(const std::string_view found, value(key));
        return good(parse(found));
    }
    // Likewise, for a line that may be left out.
    template <typename Parse, typename T = typename decltype(std::declval<Parse>()(""))::value_type>
    Result<std::optional<T>> read_optional(std::string_view key, Parse parse) {
        const auto found = maybe(key);
        if (!found) {
            return std::optional<T>{};
        }
        LAPX_TRY_ASSIGN(T parsed, good(parse(*found)));
        return std::optional<T>(std::move(parsed));
    }
    // Likewise, for a line that may be repeated.
    template <typename Parse, typename T = typename decltype(std::declval<Parse>()(""))::value_type>
    Result<std::vector<T>> read_all(std::string_view key, std::size_t least, std::size_t most,
                                    Parse parse) {
        std::vector<T> out;
        while (const auto found = maybe(key)) {
            LAPX_TRY_ASSIGN(T parsed, good(parse(*found)));
            if (out.size() == most) {
                return malformed();
            }
            out.push_back(std::move(parsed));
        }
        if (out.size() < least) {
            ++line_;
            return malformed();
        }
        return out;
    }

  private:
    template <typename R>
    R good(R parsed) const {
        if (!parsed) {
            return malformed();
        }
        return parsed;
    }

    std::string_view form_;
    std::string_view rest_;
    std::size_t line_ = 0;
};

// The text up to the first space, which is passed over too. Empty where there is no word.
std::string_view take_word(std::string_view& rest);

// `key SP value LF`.
void put_line(std::string& out, std::string_view key, std::string_view value);
void put_line(std::string& out, std::string_view key, std::uint64_t value);

}  // namespace lapx::schema
