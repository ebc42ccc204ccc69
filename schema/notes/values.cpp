#include "schema/notes/values.hpp"

#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/base/time.hpp"

namespace lapx::schema {
namespace {

constexpr std::size_t kMaxKeyName = 256;
constexpr std::size_t kRecipientSize = 62;
constexpr std::string_view kRecipientPrefix = "age1";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::string_view kKeyNameMiddle = "/lapx/";

constexpr auto kRoles = std::to_array<Word<KeyRole>>({
    {KeyRole::kRoot, "root", "signs cards and revocations"},
    {KeyRole::kSign, "sign", "signs notices and covers"},
    {KeyRole::kLedger, "ledger", "signs checkpoints"},
    {KeyRole::kWitness, "witness", "cosigns checkpoints of others"},
});

tl::unexpected<Error> bad(std::string what) {
    return fail(Code::kInvalidArgument, std::move(what));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) { return is_digit(c) || is_lower(c) || is_upper(c); }

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
    return std::all_of(text.begin(), text.end(), predicate);
}

bool is_host(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return all(host.substr(1, host.size() - 2), [](char c) {
            return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
        });
    }
    return !host.empty() && host.size() <= kMaxName && is_alphanumeric(host.front()) &&
           is_alphanumeric(host.back()) &&
           all(host, [](char c) { return is_digit(c) || is_lower(c) || c == '.' || c == '-'; });
}

}  // namespace

Result<Date> date_from(std::string_view text) {
    constexpr std::size_t kDateSize = 10;
    if (text.size() != kDateSize) {
        return bad("date is not of the form 2026-12-25");
    }
    LAPX_TRY_ASSIGN(const Time time, time_from(std::string(text) + "T00:00:00Z"));
    return std::chrono::floor<std::chrono::days>(time);
}

std::string date_text(Date date) {
    std::string out = to_string(Time{date});
    out.resize(out.find('T'));
    return out;
}

Result<std::string> text_from(std::string_view text) {
    if (!is_line(text, kMaxText)) {
        return bad("text is empty, too long or not one line");
    }
    return std::string(text);
}

Result<std::string> name_from(std::string_view text) {
    if (!is_line(text, kMaxName)) {
        return bad("name is empty, too long or not one line");
    }
    return std::string(text);
}

Result<std::vector<std::string>> list_from(std::string_view text) {
    const std::vector<std::string_view> items = split(text, ',');
    if (text.size() > kMaxText || items.empty()) {
        return bad("list is empty or too long");
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string_view item = items[i];
        if (!is_line(item, kMaxText) || item.find(' ') != std::string_view::npos ||
            std::find(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i), item) !=
                items.begin() + static_cast<std::ptrdiff_t>(i)) {
            return bad("list has an empty, spaced or repeated item");
        }
    }
    return std::vector<std::string>(items.begin(), items.end());
}

bool is_country(std::string_view text) { return text.size() == 2 && all(text, is_upper); }

bool is_language_tag(std::string_view text) {
    constexpr std::size_t kMaxTag = 35;  // RFC 5646 section 4.4.1
    constexpr std::size_t kMaxSubtag = 8;
    if (text.size() > kMaxTag || text.empty() || is_digit(text.front())) {
        return false;
    }
    const auto subtags = split(text, '-');
    return std::all_of(subtags.begin(), subtags.end(), [](std::string_view subtag) {
        return !subtag.empty() && subtag.size() <= kMaxSubtag && all(subtag, is_alphanumeric);
    });
}

bool is_zone_name(std::string_view text) {
    constexpr std::size_t kMaxZone = 64;
    if (text.size() > kMaxZone || text.empty() || !is_alphanumeric(text.front())) {
        return false;
    }
    return all(text, [](char c) {
        return is_alphanumeric(c) || c == '/' || c == '_' || c == '-' || c == '+';
    });
}

bool is_endpoint(std::string_view text) {
    constexpr std::string_view kScheme = "tcp://";
    constexpr std::uint64_t kMaxPort = 65'535;
    const std::size_t colon = text.rfind(':');
    if (!text.starts_with(kScheme) || colon < kScheme.size()) {
        return false;
    }
    const auto port = number_from(text.substr(colon + 1));
    return port && *port != 0 && *port <= kMaxPort &&
           is_host(text.substr(kScheme.size(), colon - kScheme.size()));
}

bool is_operator_id(std::string_view text) { return is_desk_id(text); }

bool is_recipient(std::string_view text) {
    return text.size() == kRecipientSize && text.starts_with(kRecipientPrefix) &&
           all(text.substr(kRecipientPrefix.size()),
               [](char c) { return kBech32.find(c) != std::string_view::npos; });
}

Result<std::array<std::uint8_t, 32>> octets32_from(std::string_view base64_text) {
    LAPX_TRY_ASSIGN(const Hash octets, digest_from<Hash>(base64_text));
    return octets.bytes;
}

Result<VkeyParts> split_vkey(std::string_view text) {
    // The name has no `+`; base64 may.
    const std::size_t first = text.find('+');
    const std::size_t second = text.find('+', first == std::string_view::npos ? first : first + 1);
    constexpr std::size_t kKeyIdDigits = 8;
    if (second == std::string_view::npos || second - first - 1 != kKeyIdDigits || first == 0) {
        return bad("verifier key is not name+id+key");
    }
    VkeyParts parts;
    parts.name = text.substr(0, first);
    if (!is_line(parts.name, kMaxKeyName) || parts.name.find(' ') != std::string_view::npos) {
        return bad("key name");
    }
    LAPX_TRY_ASSIGN(const Bytes id, from_hex(text.substr(first + 1, kKeyIdDigits)));
    for (const std::uint8_t octet : id) {
        parts.key_id = parts.key_id << 8 | octet;
    }
    LAPX_TRY_ASSIGN(const Bytes key, from_base64(text.substr(second + 1)));
    if (key.size() != 1 + parts.key.size()) {
        return bad("key length");
    }
    parts.type = key.front();
    std::copy(key.begin() + 1, key.end(), parts.key.begin());
    return parts;
}

template <>
std::span<const Word<KeyRole>> words<KeyRole>() {
    return kRoles;
}

Result<KeyName> key_name_from(std::string_view text) {
    const std::size_t middle = text.find(kKeyNameMiddle);
    const std::size_t dash = text.rfind('-');
    if (middle == std::string_view::npos || dash == std::string_view::npos ||
        dash < middle + kKeyNameMiddle.size()) {
        return bad("key name is not AGENCY/lapx/ROLE-N");
    }
    LAPX_TRY_ASSIGN(Agency agency, Agency::parse(text.substr(0, middle)));
    LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(text.substr(dash + 1)));
    const std::size_t role_at = middle + kKeyNameMiddle.size();
    LAPX_TRY_ASSIGN(const KeyRole role, from_word<KeyRole>(text.substr(role_at, dash - role_at)));
    if (number == 0) {
        return bad("key number");
    }
    return KeyName{std::move(agency), role, number};
}

std::string key_name_text(const KeyName& name) {
    std::string out = name.agency.text();
    out += kKeyNameMiddle;
    out += word_of(name.role);
    out += '-';
    out += std::to_string(name.number);
    return out;
}

bool is_vkey_of(std::string_view text, const Agency& agency, KeyRole role) {
    const auto parts = split_vkey(text);
    if (!parts) {
        return false;
    }
    const auto name = key_name_from(parts->name);
    const std::uint8_t type = role == KeyRole::kWitness ? kVkeyCosignature : kVkeyEd25519;
    return name && name->agency == agency && name->role == role && parts->type == type;
}

Result<std::vector<Use>> uses_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto list, list_from(text));
    std::vector<Use> uses;
    for (const std::string& word : list) {
        LAPX_TRY_ASSIGN(const Use use, from_word<Use>(word));
        if (!uses.empty() && uses.back() >= use) {
            return fail(Code::kInvalidArgument);
        }
        uses.push_back(use);
    }
    return uses;
}

std::string uses_text(const std::vector<Use>& uses) {
    std::vector<std::string> words;
    words.reserve(uses.size());
    for (const Use use : uses) {
        words.emplace_back(word_of(use));
    }
    return join(words, ",");
}

}  // namespace lapx::schema
