#include "keys/age_header.hpp"

#include <algorithm>

namespace lapx::keys {
namespace {

constexpr std::string_view kVersionLine = "age-encryption.org/v1";
constexpr std::string_view kStanzaPrefix = "-> ";
constexpr std::string_view kMacPrefix = "---";
constexpr std::size_t kBodyColumns = 64;

tl::unexpected<Error> header_failure() {
    return fail(Code::kParcelUnreadable, std::string(kAgeHeaderFailure));
}

// The lines of the header, each ended by LF.
class Lines {
  public:
    explicit Lines(std::string_view text) : text_(text) {}
    std::optional<std::string_view> next() {
        const std::size_t end = text_.find('\n', at_);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view line = text_.substr(at_, end - at_);
        at_ = end + 1;
        return line;
    }
    std::size_t position() const { return at_; }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

bool is_visible(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<std::uint8_t>(c);
        return octet > 0x20 && octet < 0x7f;
    });
}

// `line` is the stanza's first; the lines of its body follow, the last of them short.
Result<AgeStanza> parse_stanza(std::string_view line, Lines& lines) {
    AgeStanza stanza;
    std::string_view rest = line.substr(kStanzaPrefix.size());
    for (bool more = true; more;) {
        const std::size_t space = rest.find(' ');
        const std::string_view word = rest.substr(0, space);
        if (!is_visible(word)) {
            return header_failure();
        }
        if (stanza.type.empty()) {
            stanza.type = word;
        } else {
            stanza.arguments.push_back(word);
        }
        more = space != std::string_view::npos;
        rest.remove_prefix(more ? space + 1 : rest.size());
    }
    for (;;) {
        const auto body = lines.next();
        if (!body || body->size() > kBodyColumns) {
            return header_failure();
        }
        const auto octets = from_unpadded_base64(*body);
        if (!octets) {
            return header_failure();
        }
        stanza.body.insert(stanza.body.end(), octets->begin(), octets->end());
        if (body->size() < kBodyColumns) {
            return stanza;
        }
    }
}

}  // namespace

Result<AgeHeader> parse_age_header(BytesView file) {
    const std::string_view text = as_text(file.first(std::min(file.size(), kMaxAgeHeader)));
    Lines lines(text);
    if (lines.next() != kVersionLine) {
        return header_failure();
    }
    AgeHeader header;
    for (;;) {
        const std::size_t start = lines.position();
        const auto line = lines.next();
        if (!line) {
            return header_failure();
        }
        if (line->starts_with(kStanzaPrefix)) {
            LAPX_TRY_ASSIGN(AgeStanza stanza, parse_stanza(*line, lines));
            header.stanzas.push_back(std::move(stanza));
            continue;
        }
        if (header.stanzas.empty() || !line->starts_with(kMacPrefix) ||
            line->substr(kMacPrefix.size(), 1) != " ") {
            return header_failure();
        }
        const auto mac = from_unpadded_base64(line->substr(kMacPrefix.size() + 1));
        if (!mac || mac->size() != header.mac.size()) {
            return header_failure();
        }
        std::copy(mac->begin(), mac->end(), header.mac.begin());
        header.authenticated = text.substr(0, start + kMacPrefix.size());
        header.size = lines.position();
        return header;
    }
}

std::optional<std::size_t> find_age_header_end(BytesView begun, std::size_t& line_start) {
    const std::string_view text = as_text(begun);
    for (;;) {
        const std::size_t end = text.find('\n', line_start);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        // No other line of a valid header begins so.
        if (text.substr(line_start).starts_with(kMacPrefix)) {
            return end + 1;
        }
        line_start = end + 1;
    }
}

std::string print_age_header(const std::array<std::uint8_t, 32>& share,
                             const std::array<std::uint8_t, 32>& wrapped_file_key) {
    std::string out(kVersionLine);
    out.reserve(256);
    out.append("\n").append(kStanzaPrefix).append("X25519 ").append(unpadded_base64(share));
    out.append("\n").append(unpadded_base64(wrapped_file_key)).append("\n").append(kMacPrefix);
    return out;
}

std::string print_age_mac(const std::array<std::uint8_t, 32>& mac) {
    return " " + unpadded_base64(mac) + "\n";
}

std::string unpadded_base64(BytesView octets) {
    std::string text = base64(octets);
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

Result<Bytes> from_unpadded_base64(std::string_view text) {
    if (text.ends_with('=')) {
        return fail(Code::kInvalidArgument, "base64 padding");
    }
    std::string padded(text);
    padded.append((4 - text.size() % 4) % 4, '=');
    return from_base64(padded);
}

}  // namespace lapx::keys
