#include "keys/age_key.hpp"

#include <sodium.h>

#include <algorithm>

#include "keys/bech32.hpp"

namespace lapx::keys {
namespace {

constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kIdentityPrefix = "AGE-SECRET-KEY-";

using Key32 = std::array<std::uint8_t, 32>;

// The points of small order on Curve25519 and its twist, in all their encodings: any key agreement
// with one of them gives zero (RFC 7748, section 6.1). The highest bit of an encoding is ignored.
bool has_small_order(Key32 point) {
    static constexpr Key32 kOrder8a{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae,
                                    0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
                                    0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd,
                                    0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00};
    static constexpr Key32 kOrder8b{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24,
                                    0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
                                    0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86,
                                    0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57};
    point.back() &= 0x7f;
    if (point == kOrder8a || point == kOrder8b) {
        return true;
    }
    // 0 and 1; then p − 1, p and p + 1, which are ec, ed or ee, then ff … ff, then 7f.
    const auto inner = [&](std::uint8_t octet) {
        return std::all_of(point.begin() + 1, point.end() - 1,
                           [=](std::uint8_t o) { return o == octet; });
    };
    return (point.front() <= 1 && inner(0) && point.back() == 0) ||
           (point.front() >= 0xec && point.front() <= 0xee && inner(0xff) && point.back() == 0x7f);
}

}  // namespace

Result<Recipient> Recipient::parse(std::string_view text) {
    Recipient out;
    if (!bech32_decode(text, kRecipientPrefix, LetterCase::kLower, out.octets_)) {
        return fail(Code::kKeyInvalid, "age recipient form");
    }
    return from(out.octets_);
}

Result<Recipient> Recipient::from(BytesView octets) {
    Recipient out;
    if (octets.size() != out.octets_.size()) {
        return fail(Code::kKeyInvalid, "age recipient length");
    }
    std::copy(octets.begin(), octets.end(), out.octets_.begin());
    if (has_small_order(out.octets_)) {
        return fail(Code::kKeyInvalid, "age recipient of small order");
    }
    return out;
}

std::string Recipient::text() const {
    std::array<std::uint8_t, bech32_size(kRecipientPrefix.size())> out;
    bech32_encode(kRecipientPrefix, octets_, LetterCase::kLower, out);
    return std::string(as_text(out));
}

Identity::Identity(Secret<32> secret) : secret_(std::move(secret)) {
    crypto_scalarmult_base(recipient_.octets_.data(), secret_.view().data());
}

Identity Identity::generate(Random& random) { return Identity(Secret<32>::generate(random)); }

Result<Identity> Identity::parse(std::string_view text) {
    Secret<32> secret;
    if (!bech32_decode(text, kIdentityPrefix, LetterCase::kUpper, secret.bytes())) {
        return fail(Code::kKeyInvalid, "age identity form");
    }
    return Identity(std::move(secret));
}

SecretBytes Identity::text() const {
    SecretBytes out(bech32_size(kIdentityPrefix.size()));
    bech32_encode(kIdentityPrefix, secret_.view(), LetterCase::kUpper, out.bytes());
    return out;
}

}  // namespace lapx::keys
