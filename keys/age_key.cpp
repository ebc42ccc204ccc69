#include "keys/age_key.hpp"

#include <sodium.h>

#include <algorithm>

#include "keys/bech32.hpp"
#include "keys/x25519.hpp"

namespace lapx::keys {
namespace {

constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kIdentityPrefix = "AGE-SECRET-KEY-";

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
