#include "schema/notes/lines.hpp"

#include <algorithm>

#include "schema/base/printable.hpp"
#include "schema/base/text.hpp"

namespace lapx::schema {

bool is_note_text(std::string_view text, std::size_t max) {
    if (text.empty() || text.size() > max || text.back() != '\n' || text.front() == ' ') {
        return false;
    }
    // Neither a space nor another end of line stands beside the end of a line.
    const auto ends_line = [&](std::size_t at) {
        return at > 0 && text[at - 1] != ' ' && text[at - 1] != '\n' &&
               (at + 1 == text.size() || text[at + 1] != ' ');
    };
    return all_octets(text,
                      [&](std::uint8_t octet, std::size_t at) {
                          return octet == '\n' ? ends_line(at) : octet >= ' ' && octet != 0x7f;
                      }) &&
           is_utf8(text);
}

Result<void> LineReader::check(std::size_t max) {
    if (!is_note_text(rest_, max)) {
        return malformed();
    }
    return {};
}

Result<std::string_view> LineReader::next() {
    ++line_;
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
        return malformed();
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
}

Result<void> LineReader::exactly(std::string_view text) {
    LAPX_TRY_ASSIGN(const std::string_view line, next());
    if (line != text) {
        return malformed();
    }
    return {};
}

Result<std::string_view> LineReader::value(std::string_view key) {
    if (const auto found = maybe(key)) {
        return *found;
    }
    ++line_;
    return malformed();
}

std::optional<std::string_view> LineReader::maybe(std::string_view key) {
    const std::size_t at = key.size() + 1;
    if (!rest_.starts_with(key) || rest_.size() <= at || rest_[key.size()] != ' ') {
        return std::nullopt;
    }
    const std::size_t end = rest_.find('\n', at);
    // A value begins with neither a space nor the end of its line.
    if (end == std::string_view::npos || end == at || rest_[at] == ' ') {
        return std::nullopt;
    }
    ++line_;
    const std::string_view found = rest_.substr(at, end - at);
    rest_.remove_prefix(end + 1);
    return found;
}

Result<void> LineReader::end() const {
    if (!at_end()) {
        return fail(Code::kNoteMalformed,
                    std::string(form_) + ": line " + std::to_string(line_ + 1));
    }
    return {};
}

tl::unexpected<Error> LineReader::malformed() const {
    return fail(Code::kNoteMalformed, std::string(form_) + ": line " + std::to_string(line_));
}

std::string_view take_word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

void put_line(std::string& out, std::string_view key, std::string_view value) {
    out += key;
    out += ' ';
    out += value;
    out += '\n';
}

void put_line(std::string& out, std::string_view key, std::uint64_t value) {
    put_line(out, key, std::string_view(std::to_string(value)));
}

}  // namespace lapx::schema
