#include "tools/intake/prescan.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_set>

#include "schema/intake/limits.hpp"
#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

constexpr std::string_view kSeparator = "From ";
constexpr std::string_view kBoundary = "boundary";

tl::unexpected<Error> refuse(std::string why) { return fail(Code::kIntakeRefused, std::move(why)); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A line without its line end.
std::string_view bare(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
        line.remove_suffix(1);
    }
    return line;
}

// Takes the next line, with its line end, off the front.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    const std::size_t length = end == std::string_view::npos ? rest.size() : end + 1;
    const std::string_view line = rest.substr(0, length);
    rest.remove_prefix(length);
    return line;
}

// The name of the header field that begins with this line; empty if none does.
std::string_view field_name(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) {
        return {};
    }
    std::string_view name = line.substr(0, colon);
    while (!name.empty() && is_blank(name.back())) {
        name.remove_suffix(1);
    }
    // RFC 5322 allows more, but then a line of JSON would pass for a field.
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
        return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
    });
    return good ? name : std::string_view{};
}

bool is_address_field(std::string_view name) {
    constexpr auto kNames = std::to_array<std::string_view>(
        {"to", "cc", "bcc", "from", "sender", "reply-to", "resent-to", "resent-cc", "resent-bcc",
         "resent-from", "resent-sender", "resent-reply-to"});
    const std::string lower = to_lower(name);
    return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

// "From someone@somewhere Fri Jan 31 07:19:11 2014"
bool is_separator(std::string_view line) {
    line = bare(line);
    const std::string_view year = line.size() > 4 ? line.substr(line.size() - 4) : "";
    const std::size_t colon = line.find(':');
    return line.starts_with(kSeparator) && std::all_of(year.begin(), year.end(), is_digit) &&
           colon != std::string_view::npos && is_digit(line[colon - 1]) &&
           colon + 1 < line.size() && is_digit(line[colon + 1]);
}

// Counts what could be MIME parts, over the whole message.
class PartCounter {
  public:
    void line(std::string_view line) {
        if (line.starts_with("--")) {
            ++dashed_;
            std::string_view name = line.substr(2);
            while (!name.empty() && is_blank(name.back())) {
                name.remove_suffix(1);
            }
            const bool declared = boundaries_.contains(std::string(name));
            parts_ += declared ? 1 : 0;
        }
        if (starts_with_ignoring_case(line, "content-type")) {
            ++typed_;
        }
        for (std::size_t at = 0; at + kBoundary.size() <= line.size(); ++at) {
            if ((line[at] | 0x20) == 'b' && starts_with_ignoring_case(line.substr(at), kBoundary)) {
                declaration(line.substr(at + kBoundary.size()));
                at += kBoundary.size();
            }
        }
    }

    bool too_many() const {
        return parts_ > kMaxParts || declarations_ > kMaxParts || typed_ > 2 * kMaxParts ||
               (unclear_ && dashed_ > kMaxParts);
    }

  private:
    // What follows the word: `="…"`, `=token`, or something else that may be a declaration too.
    void declaration(std::string_view rest) {
        const std::size_t start = rest.find_first_not_of(" \t");
        if (start == std::string_view::npos || rest[start] == '*' || rest[start] == '(') {
            unclear_ = true;
            ++declarations_;
            return;
        }
        if (rest[start] != '=') {
            return;
        }
        ++declarations_;
        rest.remove_prefix(start + 1);
        while (!rest.empty() && is_blank(rest.front())) {
            rest.remove_prefix(1);
        }
        const bool quoted = !rest.empty() && rest.front() == '"';
        rest.remove_prefix(quoted ? 1 : 0);
        const std::string_view value = rest.substr(0, rest.find_first_of(quoted ? "\"" : "; \t"));
        if (value.empty() || value.find('\\') != std::string_view::npos) {
            unclear_ = true;
        } else if (boundaries_.size() < kMaxParts) {
            boundaries_.emplace(value);
        }
    }

    std::unordered_set<std::string> boundaries_;
    std::size_t parts_ = 0;
    std::size_t declarations_ = 0;
    std::size_t typed_ = 0;   // lines that look like Content-Type fields
    std::size_t dashed_ = 0;  // lines that begin with --
    bool unclear_ = false;    // a boundary that this does not read as GMime might
};

// The top header, as far as it goes: sizes, and at least one field.
Result<void> check_header(std::string_view message) {
    std::string_view rest = message;
    std::size_t fields = 0;
    std::size_t field = 0;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        const std::string_view text = bare(line);
        if (text.empty()) {
            break;
        }
        if (text.find('\0') != std::string_view::npos) {
            return refuse("the header holds NUL octets");
        }
        const bool continued = is_blank(text.front());
        field = continued ? field + line.size() : line.size();
        fields += !continued && !field_name(text).empty() ? 1 : 0;
        if (field > kMaxField) {
            return refuse("a header field is larger than 16 KiB");
        }
        if (message.size() - rest.size() > kMaxHeader) {
            return refuse("the header is larger than 256 KiB");
        }
        if (fields > kMaxFields) {
            return refuse("the header has more than 1,000 fields");
        }
    }
    if (fields == 0) {
        return refuse("this is not an e-mail: it has no header fields");
    }
    return {};
}

// Whole message: parts, and the address fields of embedded messages.
Result<Prescan> check_lines(Prescan scan, bool mbox) {
    PartCounter parts;
    std::size_t address_field = 0;
    bool in_address_field = false;
    bool after_empty_line = false;
    std::string_view rest = scan.message;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        const std::string_view text = bare(line);
        if (mbox && after_empty_line && is_separator(line)) {
            scan.message.remove_suffix(rest.size() + line.size());
            scan.more_messages = true;
            break;
        }
        after_empty_line = text.empty();
        parts.line(text);
        if (parts.too_many()) {
            return refuse("the mail has more than 500 parts");
        }
        if (text.empty() || !is_blank(text.front())) {
            in_address_field = is_address_field(field_name(text));
            address_field = 0;
        }
        address_field += line.size();
        if (in_address_field && address_field > kMaxField) {
            return refuse("an address field is larger than 16 KiB");
        }
    }
    return scan;
}

}  // namespace

Result<Prescan> prescan(std::string_view octets) {
    if (octets.size() > schema::intake::kMaxMail) {
        return refuse("the mail is larger than 25 MiB");
    }
    Prescan scan{.message = octets};
    if (octets.find('\n') == std::string_view::npos &&
        octets.find('\r') != std::string_view::npos) {
        scan.lone_carriage_returns = true;
        return scan;
    }
    const bool mbox = octets.starts_with(kSeparator);
    if (mbox) {
        take_line(scan.message);
    }
    LAPX_TRY(check_header(scan.message));
    return check_lines(scan, mbox);
}

}  // namespace lapx::tools::intake
