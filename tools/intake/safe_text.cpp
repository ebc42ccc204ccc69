#include "tools/intake/safe_text.hpp"

#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"

namespace lapx::tools::intake {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool is_control(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::size_t sequence_length(char lead) {
    const auto octet = static_cast<unsigned char>(lead);
    return octet < 0xc0 ? 1 : octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : 4;
}

// U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
bool is_bidirectional(std::string_view character) {
    if (character.size() != 3 || character[0] != '\xe2') {
        return false;
    }
    const auto second = static_cast<unsigned char>(character[1]);
    const auto third = static_cast<unsigned char>(character[2]);
    return (second == 0x80 &&
            (third == 0x8e || third == 0x8f || (third >= 0xaa && third <= 0xae))) ||
           (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

void cut(std::string& text, std::size_t max) {
    if (text.size() <= max) {
        return;
    }
    while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) {
        --max;
    }
    text.resize(max);
}

}  // namespace

std::string to_utf8(std::string_view octets) {
    if (is_utf8(octets)) {
        return std::string(octets);
    }
    std::string out;
    out.reserve(octets.size());
    for (std::size_t at = 0; at < octets.size();) {
        const std::string_view character = octets.substr(at, sequence_length(octets[at]));
        const bool good = is_utf8(character);
        out += good ? character : kReplacement;
        at += good ? character.size() : 1;
    }
    return out;
}

std::string clean_line(std::string_view octets, std::size_t max) {
    std::string out;
    // Replacements may make it longer, never shorter than a third.
    for (const char c : to_utf8(octets.substr(0, 4 * max))) {
        if (!is_control(c) && c != ' ') {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    cut(out, max);
    while (!out.empty() && out.back() == ' ') {
        out.pop_back();
    }
    return out;
}

std::string clean_text(std::string_view octets, std::size_t max) {
    std::string out;
    for (const std::string_view line : split(octets.substr(0, 16 * max), '\n')) {
        const std::string clean = clean_line(line, max);
        if (!clean.empty()) {
            out += out.empty() ? "" : "\n";
            out += clean;
        }
        if (out.size() > max) {
            break;
        }
    }
    cut(out, max);
    return out;
}

std::string safe_file_name(std::string_view octets, bool& suspicious) {
    std::string text = to_utf8(octets);
    std::replace(text.begin(), text.end(), '\\', '/');
    if (const std::size_t slash = text.rfind('/'); slash != std::string::npos) {
        text.erase(0, slash + 1);
        suspicious = true;
    }
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view character =
            std::string_view(text).substr(at, sequence_length(text[at]));
        if (is_bidirectional(character) || is_control(character[0])) {
            suspicious = true;
        } else {
            out += character;
        }
        at += character.size();
    }
    // The ending says what a file is: a long name loses its middle.
    if (out.size() > schema::intake::kMaxFileName) {
        constexpr std::size_t kEnding = 20;
        std::size_t ending = out.size() - kEnding;
        while (ending < out.size() && (static_cast<unsigned char>(out[ending]) & 0xc0) == 0x80) {
            ++ending;
        }
        const std::string tail = out.substr(ending);
        cut(out, schema::intake::kMaxFileName - kEnding - 1);
        out += "~" + tail;
    }
    out = clean_line(out, schema::intake::kMaxFileName);
    return out == "." || out == ".." ? "" : out;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
    return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace lapx::tools::intake
