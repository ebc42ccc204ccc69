#include "config/entries.hpp"

#include <algorithm>
#include <utility>

#include "config/table.hpp"

namespace lapx::config {
namespace {

// Outside of texts, in one line.
constexpr std::ptrdiff_t kMaxKeyDots = 16;

using Position = std::pair<std::uint32_t, std::uint32_t>;

struct PlacedEntry {
    Position position;
    Entry entry;
};

std::string place_of(const toml::node& node) { return at(node.source().begin); }

tl::unexpected<Error> no_text(const toml::node& node) {
    return fail(Code::kInvalidArgument,
                place_of(node) + "not a text in quotes, nor a list of such texts");
}

Result<TextAt> text_of(const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (!text) {
        return no_text(node);
    }
    return TextAt{*text, place_of(node)};
}

Result<PlacedEntry> entry_of(std::string_view table, const toml::key& key, const toml::node& node) {
    const toml::source_position begin = key.source().begin;
    PlacedEntry out{{begin.line, begin.column},
                    {std::string(table), std::string(key.str()), at(begin), node.is_array(), {}}};
    if (!node.is_array()) {
        LAPX_TRY_ASSIGN(TextAt text, text_of(node));
        out.entry.texts.push_back(std::move(text));
        return out;
    }
    for (const toml::node& element : *node.as_array()) {
        LAPX_TRY_ASSIGN(TextAt text, text_of(element));
        out.entry.texts.push_back(std::move(text));
    }
    return out;
}

Result<void> collect(const toml::table& table, std::string_view name,
                     std::vector<PlacedEntry>& out) {
    for (const auto& [key, node] : table) {
        if (node.is_table() && name.empty()) {
            LAPX_TRY(collect(*node.as_table(), key.str(), out));
            continue;
        }
        LAPX_TRY_ASSIGN(PlacedEntry entry, entry_of(name, key, node));
        out.push_back(std::move(entry));
    }
    return {};
}

// Behind the string that begins at `at`; of an unfinished one, the end of what toml++ will read.
std::size_t end_of_string(std::string_view toml, std::size_t at) {
    const char quote = toml[at];
    const std::string three(3, quote);
    const bool lines = toml.substr(at, 3) == three;
    const std::string close = lines ? three : three.substr(0, 1);
    for (std::size_t i = at + close.size(); i < toml.size(); ++i) {
        if (toml[i] == '\\' && quote == '"') {
            ++i;
        } else if (toml.substr(i, close.size()) == close) {
            i += close.size();
            // Up to two quotes before the closing ones belong to the text.
            for (int more = 0; lines && more < 2 && i < toml.size() && toml[i] == quote; ++more) {
                ++i;
            }
            return i;
        } else if (!lines && toml[i] == '\n') {
            return i;
        }
    }
    return toml.size();
}

// toml++ goes one call deeper for each part of a dotted key, without a bound.
Result<void> check_key_parts(std::string_view toml) {
    toml::source_position position{1, 1};
    std::ptrdiff_t dots = 0;
    for (std::size_t i = 0; i < toml.size();) {
        std::size_t next = i + 1;
        if (toml[i] == '"' || toml[i] == '\'') {
            next = end_of_string(toml, i);
            const std::string_view skipped = toml.substr(i, next - i);
            position.line +=
                static_cast<toml::source_index>(std::count(skipped.begin(), skipped.end(), '\n'));
        } else if (toml[i] == '#') {
            next = std::min(toml.find('\n', i), toml.size());
        } else if (toml[i] == '\n') {
            ++position.line;
            dots = 0;
        } else if (toml[i] == '.' && ++dots > kMaxKeyDots) {
            return fail(Code::kInvalidArgument, at(position) + "too many dots in one line");
        }
        i = next;
    }
    return {};
}

// One character of a text, or what stands for it between quotes.
std::string quoted(std::string_view character) {
    if (character == "\"" || character == "\\") {
        return "\\" + std::string(character);
    }
    if (character == "\t" || character == "\n" || character == "\r") {
        return character == "\t" ? "\\t" : character == "\n" ? "\\n" : "\\r";
    }
    std::string shown = escape(character);
    if (shown == character) {
        return shown;
    }
    // escape() says \xNN below U+0080, else \u{N}.
    std::string digits = shown.substr(2);
    std::erase_if(digits, [](char c) { return c == '{' || c == '}'; });
    return "\\U" + std::string(8 - digits.size(), '0') + digits;
}

std::size_t length_of_character(char first) {
    const auto octet = static_cast<unsigned char>(first);
    return octet < 0x80 ? 1 : octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : 4;
}

}  // namespace

Result<std::vector<Entry>> read_entries(std::string_view toml) {
    LAPX_TRY(check_key_parts(toml));
    const toml::parse_result parsed = toml::parse(toml);
    if (!parsed) {
        return fail(Code::kInvalidArgument,
                    at(parsed.error().source().begin) + escape(parsed.error().description()));
    }
    std::vector<PlacedEntry> placed;
    LAPX_TRY(collect(parsed.table(), {}, placed));
    std::sort(placed.begin(), placed.end(),
              [](const auto& a, const auto& b) { return a.position < b.position; });
    std::vector<Entry> out;
    out.reserve(placed.size());
    for (PlacedEntry& each : placed) {
        out.push_back(std::move(each.entry));
    }
    return out;
}

std::string print_text(std::string_view text) {
    const bool lines = text.find('\n') != std::string_view::npos;
    // A line break right behind the opening quotes is not part of the text.
    std::string out = lines ? "\"\"\"\n" : "\"";
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = length_of_character(text[i]);
        out += text[i] == '\n' && lines ? "\n" : quoted(text.substr(i, length));
        i += length;
    }
    return out + (lines ? "\"\"\"" : "\"");
}

std::string print_texts(const std::vector<std::string>& texts) {
    if (texts.empty()) {
        return "[]";
    }
    std::string out = "[\n";
    for (const std::string& text : texts) {
        out += "    " + print_text(text) + ",\n";
    }
    return out + "]";
}

}  // namespace lapx::config
