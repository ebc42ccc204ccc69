#include "keys/note.hpp"

#include <algorithm>
#include <array>

#include "keys/hash.hpp"
#include "schema/base/printable.hpp"
#include "schema/base/text.hpp"

namespace lapx::keys {
namespace {

constexpr std::string_view kLinePrefix = "\u2014 ";
constexpr std::size_t kTimeSize = 8;
constexpr std::size_t kSignatureSize = std::tuple_size_v<Signature>;

template <typename Number>
std::array<std::uint8_t, sizeof(Number)> big_endian(Number value) {
    std::array<std::uint8_t, sizeof(Number)> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out.at(i) = static_cast<std::uint8_t>(value >> (8 * (out.size() - 1 - i)));
    }
    return out;
}

std::uint64_t from_big_endian(BytesView octets) {
    std::uint64_t value = 0;
    for (const std::uint8_t octet : octets) {
        value = value << 8 | octet;
    }
    return value;
}

bool is_note_text(std::string_view text) {
    return is_utf8(text) && all_octets(text, [](std::uint8_t octet, std::size_t) {
               return octet >= 0x20 || octet == '\n';
           });
}

std::string signature_line(std::string_view name, std::uint32_t key_id, BytesView signature) {
    Bytes octets;
    octets.reserve(4 + signature.size());
    const auto id = big_endian(key_id);
    octets.insert(octets.end(), id.begin(), id.end());
    octets.insert(octets.end(), signature.begin(), signature.end());
    std::string line(kLinePrefix);
    line.append(name).append(" ").append(base64(octets)).append("\n");
    return line;
}

Result<SignatureLine> parse_signature_line(std::string_view line) {
    const auto malformed = [] { return fail(Code::kNoteMalformed, "signature line"); };
    if (!line.starts_with(kLinePrefix) || !line.ends_with('\n')) {
        return malformed();
    }
    const std::string_view inner =
        line.substr(kLinePrefix.size(), line.size() - kLinePrefix.size() - 1);
    const std::size_t space = inner.find(' ');
    if (space == std::string_view::npos || !is_key_name(inner.substr(0, space))) {
        return malformed();
    }
    auto octets = from_base64(inner.substr(space + 1));
    if (!octets || octets->size() < 5) {
        return malformed();
    }
    SignatureLine out{
        .name = inner.substr(0, space),
        .key_id = static_cast<std::uint32_t>(from_big_endian(BytesView(*octets).first(4))),
        .signature = {octets->begin() + 4, octets->end()},
        .line = line};
    return out;
}

// tlog-cosignature, "Ed25519 signed message".
std::string cosigned_message(std::string_view checkpoint_text, std::uint64_t time) {
    std::string message = "cosignature/v1\ntime ";
    message.append(std::to_string(time)).append("\n").append(checkpoint_text);
    return message;
}

bool verify_octets(const PublicKey& key, std::string_view message, BytesView octets) {
    Signature signature;
    if (octets.size() != signature.size()) {
        return false;
    }
    std::copy(octets.begin(), octets.end(), signature.begin());
    return verify(key, as_bytes(message), signature);
}

bool verifies(std::string_view text, BytesView signature, const VerifierKey& key) {
    switch (key.type) {
        case KeyType::kEd25519:
            return verify_octets(key.key, text, signature);
        case KeyType::kCosignature:
            return signature.size() == kTimeSize + kSignatureSize &&
                   verify_octets(
                       key.key, cosigned_message(text, from_big_endian(signature.first(kTimeSize))),
                       signature.subspan(kTimeSize));
    }
    return false;
}

// Whose signatures these are, of those that are known.
Result<OpenedNote> check_signatures(const SplitNote& split, std::span<const VerifierKey> known) {
    OpenedNote out{.text = std::string(split.text), .signers = {}};
    for (const SignatureLine& line : split.signatures) {
        for (const VerifierKey& key : known) {
            if (!is_by(line, key)) {
                continue;
            }
            if (!verifies(split.text, line.signature, key)) {
                return fail(Code::kSignatureInvalid, "a known key's signature does not verify");
            }
            if (std::find(out.signers.begin(), out.signers.end(), key.name) == out.signers.end()) {
                out.signers.push_back(key.name);
            }
        }
    }
    if (out.signers.empty()) {
        return fail(Code::kSignatureInvalid, "no known key has signed");
    }
    return out;
}

}  // namespace

bool is_key_name(std::string_view name) {
    static constexpr std::array<std::string_view, 26> kNotAllowed{
        "+",      "\t",     "\n",     "\v",     "\f",     "\r",     " ",      "\u0085", "\u00a0",
        "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
        "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
    return !name.empty() && is_utf8(name) &&
           std::none_of(kNotAllowed.begin(), kNotAllowed.end(), [&](std::string_view bad) {
               return name.find(bad) != std::string_view::npos;
           });
}

Result<VerifierKey> VerifierKey::parse(std::string_view vkey) {
    const auto invalid = [](const char* what) { return fail(Code::kKeyInvalid, what); };
    const auto parts = schema::split_vkey(vkey);
    if (!parts || !is_key_name(parts->name)) {
        return invalid("verifier key form");
    }
    VerifierKey out{std::string(parts->name), KeyType{parts->type}, {parts->key}};
    if (out.type != KeyType::kEd25519 && out.type != KeyType::kCosignature) {
        return invalid("verifier key type");
    }
    if (parts->key_id != out.id()) {
        return invalid("verifier key id");
    }
    if (!is_admissible(out.key)) {
        return invalid("the public key is not admissible");
    }
    return out;
}

std::string VerifierKey::text() const {
    Bytes octets{static_cast<std::uint8_t>(type)};
    octets.insert(octets.end(), key.bytes.begin(), key.bytes.end());
    std::string out = name;
    out.append("+").append(hex(big_endian(id()))).append("+").append(base64(octets));
    return out;
}

std::uint32_t VerifierKey::id() const {
    const auto type_octet = static_cast<std::uint8_t>(type);
    const Sha256Value hash =
        sha256({as_bytes(name), as_bytes("\n"), {&type_octet, 1}, BytesView(key.bytes)});
    return static_cast<std::uint32_t>(from_big_endian(BytesView(hash).first(4)));
}

Result<SplitNote> split_note(std::string_view note) {
    const std::size_t blank = note.rfind("\n\n");
    if (blank == std::string_view::npos || !is_note_text(note)) {
        return fail(Code::kNoteMalformed, "signed note form");
    }
    SplitNote out{.text = note.substr(0, blank + 1), .signatures = {}};
    std::string_view rest = note.substr(blank + 2);
    do {
        if (out.signatures.size() == schema::kMaxSignatures) {
            return fail(Code::kNoteMalformed, "too many signature lines");
        }
        const std::size_t end = rest.find('\n');
        const std::size_t length = end == std::string_view::npos ? rest.size() : end + 1;
        LAPX_TRY_ASSIGN(SignatureLine line, parse_signature_line(rest.substr(0, length)));
        out.signatures.push_back(std::move(line));
        rest.remove_prefix(length);
    } while (!rest.empty());
    return out;
}

bool is_by(const SignatureLine& line, const VerifierKey& key) {
    return line.name == key.name && line.key_id == key.id();
}

Result<OpenedNote> open_note(std::string_view note, std::span<const VerifierKey> known) {
    LAPX_TRY_ASSIGN(const SplitNote split, split_note(note));
    return check_signatures(split, known);
}

Result<OpenedNote> open_note_signed_once(std::string_view note,
                                         std::span<const VerifierKey> known) {
    LAPX_TRY_ASSIGN(const SplitNote split, split_note(note));
    if (split.signatures.size() != 1) {
        return fail(Code::kSignatureInvalid, "not exactly one signature line");
    }
    return check_signatures(split, known);
}

std::string sign_note(std::string_view text, std::string_view key_name, const SigningKey& key) {
    const VerifierKey verifier{std::string(key_name), KeyType::kEd25519, key.public_key()};
    std::string note(text);
    note.append("\n").append(signature_line(key_name, verifier.id(), key.sign(as_bytes(text))));
    return note;
}

Result<std::string> add_signature(std::string_view note, std::string_view key_name,
                                  const SigningKey& key) {
    LAPX_TRY_ASSIGN(const SplitNote split, split_note(note));
    const VerifierKey verifier{std::string(key_name), KeyType::kEd25519, key.public_key()};
    std::string out(note);
    out += signature_line(key_name, verifier.id(), key.sign(as_bytes(split.text)));
    return out;
}

std::string cosign(std::string_view checkpoint_text, std::string_view key_name,
                   const SigningKey& key, Time time) {
    const VerifierKey verifier{std::string(key_name), KeyType::kCosignature, key.public_key()};
    const auto seconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
    const Signature signature = key.sign(as_bytes(cosigned_message(checkpoint_text, seconds)));
    const auto stamp = big_endian(seconds);
    Bytes octets(stamp.begin(), stamp.end());
    octets.insert(octets.end(), signature.begin(), signature.end());
    return signature_line(key_name, verifier.id(), octets);
}

Result<Time> verify_cosignature(std::string_view checkpoint_text, std::string_view line,
                                const VerifierKey& key) {
    constexpr auto kEarliest = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
    constexpr auto kEnd = std::chrono::sys_days{std::chrono::year{3000} / 1 / 1};
    LAPX_TRY_ASSIGN(const SignatureLine parsed, parse_signature_line(line));
    if (key.type != KeyType::kCosignature || !is_by(parsed, key) ||
        !verifies(checkpoint_text, parsed.signature, key)) {
        return fail(Code::kSignatureInvalid, "cosignature");
    }
    const std::uint64_t seconds = from_big_endian(BytesView(parsed.signature).first(kTimeSize));
    if (seconds < static_cast<std::uint64_t>(Time(kEarliest).time_since_epoch().count()) ||
        seconds >= static_cast<std::uint64_t>(Time(kEnd).time_since_epoch().count())) {
        return fail(Code::kNoteMalformed, "cosignature time");
    }
    return Time(std::chrono::seconds(seconds));
}

}  // namespace lapx::keys
