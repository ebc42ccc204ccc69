#include "tools/intake/html.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

constexpr std::size_t kLongestReference = 12;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
void append_code_point(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xe0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    }
}

bool is_scalar(std::uint32_t c) { return c != 0 && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff); }

// "#38", "#x26"; 0 if it is no number.
std::uint32_t numeric_reference(std::string_view name) {
    name.remove_prefix(1);
    const bool hex = !name.empty() && (name.front() | 0x20) == 'x';
    name.remove_prefix(hex ? 1 : 0);
    std::uint32_t value = 0;
    for (const char c : name) {
        const int digit = c >= '0' && c <= '9'                            ? c - '0'
                          : hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                          : -1;
        if (digit < 0) {
            return 0;
        }
        value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
        if (value > 0x10ffff) {
            return 0;
        }
    }
    return value;
}

// 0 if it is unknown.
std::uint32_t reference(std::string_view name) {
    constexpr auto kNames = std::to_array<std::pair<std::string_view, std::uint32_t>>({
        {"amp", '&'},
        {"lt", '<'},
        {"gt", '>'},
        {"quot", '"'},
        {"apos", '\''},
        {"nbsp", 0xa0},
        {"shy", 0xad},
        {"colon", ':'},
        {"sol", '/'},
        {"bsol", '\\'},
        {"period", '.'},
        {"num", '#'},
        {"quest", '?'},
        {"equals", '='},
        {"commat", '@'},
        {"percnt", '%'},
        {"Tab", '\t'},
        {"NewLine", '\n'},
    });
    if (!name.empty() && name.front() == '#') {
        return numeric_reference(name);
    }
    for (const auto& [known, value] : kNames) {
        if (known == name) {
            return value;
        }
    }
    return 0;
}

bool breaks_line(const std::string& element) {
    constexpr auto kBlocks =
        std::to_array<std::string_view>({"br", "p", "div", "tr", "td", "th", "li", "table", "h1",
                                         "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"});
    return std::find(kBlocks.begin(), kBlocks.end(), element) != kBlocks.end();
}

class HtmlReader {
  public:
    HtmlReader(std::string_view html, const HtmlEvents& events) : html_(html), events_(events) {}

    std::string read() {
        while (at_ < html_.size()) {
            if (html_[at_] != '<') {
                const std::size_t end = std::min(html_.find('<', at_), html_.size());
                visible_ += decode_references(html_.substr(at_, end - at_));
                at_ = end;
            } else if (html_.substr(at_).starts_with("<!--")) {
                skip_past("-->");
            } else {
                tag();
            }
        }
        return std::move(visible_);
    }

  private:
    void skip_past(std::string_view end) {
        const std::size_t found = html_.find(end, at_);
        at_ = found == std::string_view::npos ? html_.size() : found + end.size();
    }

    void tag() {
        ++at_;
        const bool closing = at_ < html_.size() && html_[at_] == '/';
        at_ += closing ? 1 : 0;
        if (at_ >= html_.size() ||
            (!is_letter(html_[at_]) && html_[at_] != '!' && html_[at_] != '?')) {
            visible_ += '<';
            return;
        }
        const std::size_t start = at_;
        while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '>' &&
               html_[at_] != '/') {
            ++at_;
        }
        const std::string element =
            to_lower(html_.substr(start, std::min<std::size_t>(at_ - start, 16)));
        attributes();
        if (breaks_line(element)) {
            visible_ += '\n';
        }
        if (!closing && (element == "script" || element == "style")) {
            raw("</" + element);
        }
    }

    // Up to and with the ">".
    void attributes() {
        while (at_ < html_.size() && html_[at_] != '>') {
            if (html_[at_] == '=') {
                ++at_;
                while (at_ < html_.size() && is_space(html_[at_])) {
                    ++at_;
                }
                value();
            } else {
                ++at_;
            }
        }
        at_ = std::min(at_ + 1, html_.size());
    }

    void value() {
        if (at_ >= html_.size()) {
            return;
        }
        const char quote = html_[at_];
        std::size_t end = at_;
        if (quote == '"' || quote == '\'') {
            ++at_;
            end = std::min(html_.find(quote, at_), html_.size());
        } else {
            while (end < html_.size() && !is_space(html_[end]) && html_[end] != '>') {
                ++end;
            }
        }
        std::string text = decode_references(html_.substr(at_, end - at_));
        std::erase_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
        events_.attribute(text);
        const bool at_quote = end < html_.size() && html_[end] == quote;
        at_ = end + (at_quote ? 1 : 0);
    }

    void raw(std::string_view end) {
        const std::size_t start = at_;
        while (at_ < html_.size() && !starts_with_ignoring_case(html_.substr(at_), end)) {
            at_ = std::min(html_.find('<', at_ + 1), html_.size());
        }
        events_.raw(html_.substr(start, at_ - start));
    }

    std::string_view html_;
    const HtmlEvents& events_;
    std::size_t at_ = 0;
    std::string visible_;
};

}  // namespace

std::string decode_references(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '&') {
            const std::size_t end = std::min(text.find('&', at), text.size());
            out += text.substr(at, end - at);
            at = end;
            continue;
        }
        const std::string_view name = text.substr(at + 1, kLongestReference);
        const std::size_t end = name.find(';');
        const std::uint32_t c = end == std::string_view::npos ? 0 : reference(name.substr(0, end));
        if (is_scalar(c)) {
            append_code_point(out, c);
            at += end + 2;
        } else {
            out += '&';
            ++at;
        }
    }
    return out;
}

std::string read_html(std::string_view html, const HtmlEvents& events) {
    return HtmlReader(html, events).read();
}

}  // namespace lapx::tools::intake
