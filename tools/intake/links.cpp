#include "tools/intake/links.hpp"

#include <algorithm>
#include <array>

#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/html.hpp"
#include "tools/intake/received.hpp"
#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

constexpr std::size_t kLongestScheme = 5;
constexpr std::string_view kSoftHyphen = "\xc2\xad";

bool is_slash(char c, bool attribute) { return c == '/' || (attribute && c == '\\'); }

// The scheme that ends at `colon`, in lower case and as a link has it ("hxxp" is how people make a
// link harmless to pass it on); empty if it is none we look for.
std::string scheme_before(std::string_view text, std::size_t colon) {
    std::size_t start = colon;
    while (start > 0 && colon - start < kLongestScheme && is_letter(text[start - 1])) {
        --start;
    }
    const std::string word = to_lower(text.substr(start, colon - start));
    for (const std::string_view known : {"https", "http", "hxxps", "hxxp", "ftp"}) {
        if (word.ends_with(known)) {
            return std::string(known);
        }
    }
    return {};
}

// Unicode spaces and general punctuation (U+2000 to U+203F), no-break space, guillemets, CJK
// punctuation (U+3000 to U+303F): nobody writes them into a link, many texts put them behind one.
bool ends_link(std::string_view rest) {
    const auto octet = [&](std::size_t i) {
        return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U;
    };
    return (octet(0) == 0xe2 && octet(1) == 0x80) || (octet(0) == 0xe3 && octet(1) == 0x80) ||
           (octet(0) == 0xc2 && (octet(1) == 0xa0 || octet(1) == 0xab || octet(1) == 0xbb));
}

bool is_link_character(char c) {
    constexpr std::string_view kNever = "<>\"{}|^`";
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f &&
           kNever.find(c) == std::string_view::npos;
}

// Takes off what ends the sentence, not the link.
void trim(std::string_view& link) {
    const auto count = [&](char c) { return std::count(link.begin(), link.end(), c); };
    auto round = count(')') - count('(');
    auto square = count(']') - count('[');
    while (!link.empty()) {
        const char last = link.back();
        const bool closes = (last == ')' && round > 0) || (last == ']' && square > 0);
        if (!closes && std::string_view(".,;:!?'*_").find(last) == std::string_view::npos) {
            return;
        }
        round -= last == ')' ? 1 : 0;
        square -= last == ']' ? 1 : 0;
        link.remove_suffix(1);
    }
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), to);
        at += to.size();
    }
}

int hex_digit(char c) {
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool is_host_name(std::string_view name) {
    if (name.size() > 253 || name.find('.') == std::string_view::npos || !is_utf8(name)) {
        return false;
    }
    for (const std::string_view label : split(name, '.')) {
        if (label.empty() || label.size() > 63) {
            return false;
        }
        for (const char c : label) {
            const auto octet = static_cast<unsigned char>(c);
            if (octet < 0x80 && !is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
                return false;
            }
        }
    }
    return true;
}

}  // namespace

void LinkFinder::scan_text(std::string_view text) { scan(text, false); }

std::string LinkFinder::scan_html(std::string_view html) {
    const HtmlEvents events{
        .attribute = [this](const std::string& value) { scan(value, true); },
        .raw = [this](std::string_view inside) { scan(inside, false); },
    };
    std::string visible = read_html(html, events);
    scan(visible, false);
    return visible;
}

void LinkFinder::scan(std::string_view text, bool attribute) {
    std::size_t colon = text.find(':');
    while (colon != std::string_view::npos && colon + 3 < text.size()) {
        std::size_t next = colon + 1;
        const std::string scheme =
            is_slash(text[colon + 1], attribute) && is_slash(text[colon + 2], attribute)
                ? scheme_before(text, colon)
                : "";
        if (!scheme.empty()) {
            std::size_t end = colon + 3;
            while (end < text.size() && is_link_character(text[end]) &&
                   (attribute || text[end] != '\'') && !ends_link(text.substr(end))) {
                ++end;
            }
            next = end;
            add(scheme, text.substr(colon + 3, end - colon - 3));
        }
        colon = text.find(':', next);
    }
}

void LinkFinder::add(const std::string& scheme, std::string_view rest) {
    // Checked first: what follows takes time that grows with the square of the length.
    if (rest.size() > schema::intake::kMaxUrl) {
        left_out_ = true;
        return;
    }
    trim(rest);
    std::string link(rest);
    const bool made_harmless = scheme.starts_with("hx");
    replace_all(link, kSoftHyphen, "");
    if (made_harmless) {
        replace_all(link, "[.]", ".");
    }
    std::string url = (made_harmless ? "http" + scheme.substr(4) : scheme) + "://" + link;
    if (link.empty() || seen_.contains(url)) {
        return;
    }
    if (urls_.size() >= schema::intake::kMaxUrls || url.size() > schema::intake::kMaxUrl) {
        left_out_ = true;
        return;
    }
    seen_.insert(url);
    urls_.push_back(std::move(url));
}

std::optional<UrlHost> host_of(std::string_view url) {
    const std::size_t start = url.find("://");
    if (start == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view authority = url.substr(start + 3);
    authority = authority.substr(0, authority.find_first_of("/?#\\"));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        authority.remove_prefix(at + 1);
    }
    UrlHost out;
    const bool bracketed = authority.starts_with("[");
    const std::size_t colon = authority.find(':', bracketed ? authority.find(']') : 0);
    if (colon != std::string_view::npos) {
        const auto port = number_from(authority.substr(colon + 1));
        if (port && *port > 0 && *port <= 65'535) {
            out.port = static_cast<std::uint16_t>(*port);
        }
        authority = authority.substr(0, colon);
    }
    if (bracketed && authority.ends_with("]")) {
        authority = authority.substr(1, authority.size() - 2);
    }
    out.name = to_lower(percent_decoded(authority));
    while (!out.name.empty() && out.name.back() == '.') {
        out.name.pop_back();
    }
    if (const auto ip = normal_ip(out.name)) {
        out.name = *ip;
        out.is_ip = true;
        return out;
    }
    if (!is_host_name(out.name)) {
        return std::nullopt;
    }
    return out;
}

}  // namespace lapx::tools::intake
