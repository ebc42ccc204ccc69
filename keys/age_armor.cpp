// The ASCII armor of age files (C2SP age.md): RFC 7468 in its strict form, but for white space
// around it and CRLF.

#include "keys/age_header.hpp"

namespace lapx::keys {
namespace {

constexpr std::string_view kBegin = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::string_view kEnd = "-----END AGE ENCRYPTED FILE-----";
constexpr std::string_view kWhiteSpace = " \t\r\n";
constexpr std::size_t kColumns = 64;

std::string_view trim_front(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
    return text;
}

// The next line without its end; the text's last line may lack one.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (end != std::string_view::npos && line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

}  // namespace

bool is_age_armored(BytesView file) { return trim_front(as_text(file)).starts_with(kBegin); }

Result<Bytes> age_dearmor(BytesView file) {
    const auto failure = [] {
        return fail(Code::kParcelUnreadable, std::string(kAgeArmorFailure));
    };
    std::string_view rest = trim_front(as_text(file));
    if (take_line(rest) != kBegin) {
        return failure();
    }
    Bytes out;
    out.reserve(rest.size() / 4 * 3);
    for (bool last = false;;) {
        const std::string_view line = take_line(rest);
        if (line == kEnd) {
            break;
        }
        const auto octets = from_base64(line);
        if (last || line.empty() || line.size() > kColumns || !octets) {
            return failure();
        }
        last = line.size() < kColumns || line.ends_with('=');
        out.insert(out.end(), octets->begin(), octets->end());
    }
    if (!trim_front(rest).empty()) {
        return failure();
    }
    return out;
}

}  // namespace lapx::keys
