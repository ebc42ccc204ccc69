#pragma once
// The keys of age files (C2SP age.md).

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "keys/secret.hpp"

namespace lapx::keys {

// An X25519 public key, "age1…". Never one of small order.
class Recipient {
  public:
    // Errors: kKeyInvalid.
    static Result<Recipient> parse(std::string_view text);
    static Result<Recipient> from(BytesView octets);

    std::string text() const;
    const std::array<std::uint8_t, 32>& bytes() const { return octets_; }
    auto operator<=>(const Recipient&) const = default;

  private:
    friend class Identity;
    Recipient() = default;
    std::array<std::uint8_t, 32> octets_{};
};

// An X25519 private key, "AGE-SECRET-KEY-1…".
class Identity {
  public:
    explicit Identity(Secret<32> secret);
    static Identity generate(Random& random);
    // Errors: kKeyInvalid.
    static Result<Identity> parse(std::string_view text);

    SecretBytes text() const;
    const Secret<32>& secret() const { return secret_; }
    const Recipient& recipient() const { return recipient_; }

  private:
    Secret<32> secret_;
    Recipient recipient_;
};

}  // namespace lapx::keys
