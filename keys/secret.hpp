#pragma once
// Memory for secrets: guarded, locked, kept out of core dumps, wiped when freed, movable, never
// copied by accident, never printed. A Secret costs several pages and system calls: it is for keys
// that live long. Keys that live for one call belong in a Wiped buffer on the stack.

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <span>

#include "schema/base/bytes.hpp"
#include "schema/base/random.hpp"

namespace lapx::keys {

// Not removed by the optimiser.
void wipe(std::span<std::uint8_t> octets) noexcept;
// Time depends on the lengths alone.
bool same_octets(BytesView a, BytesView b) noexcept;

// Secret octets of a length known at run time: passphrases, decrypted key files.
class SecretBytes {
  public:
    // `size` zero octets. Throws std::bad_alloc.
    explicit SecretBytes(std::size_t size = 0);
    explicit SecretBytes(BytesView octets);

    std::span<std::uint8_t> bytes() { return {memory_.get(), size_}; }
    BytesView view() const { return {memory_.get(), size_}; }
    std::size_t size() const { return size_; }
    friend bool operator==(const SecretBytes& a, const SecretBytes& b) {
        return same_octets(a.view(), b.view());
    }

  private:
    struct Free {
        void operator()(std::uint8_t* memory) const noexcept;
    };
    std::unique_ptr<std::uint8_t[], Free> memory_;
    std::size_t size_;
};

// Exactly N secret octets.
template <std::size_t N>
class Secret {
  public:
    Secret() : octets_(N) {}
    explicit Secret(std::span<const std::uint8_t, N> octets) : octets_(BytesView(octets)) {}
    // Errors: kInvalidArgument if the length differs.
    static Result<Secret> from(BytesView octets) {
        if (octets.size() != N) {
            return fail(Code::kInvalidArgument, "wrong length of a secret");
        }
        return Secret(octets.first<N>());
    }
    static Secret generate(Random& random) {
        Secret secret;
        random.fill(secret.bytes());
        return secret;
    }

    std::span<std::uint8_t, N> bytes() { return octets_.bytes().template first<N>(); }
    std::span<const std::uint8_t, N> view() const { return octets_.view().template first<N>(); }
    friend bool operator==(const Secret& a, const Secret& b) { return a.octets_ == b.octets_; }

  private:
    SecretBytes octets_;
};

// N octets on the stack, wiped at the end of the scope.
template <std::size_t N>
class Wiped {
  public:
    Wiped() = default;
    ~Wiped() { wipe(octets_); }
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;

    std::span<std::uint8_t, N> bytes() { return octets_; }
    std::span<const std::uint8_t, N> view() const { return octets_; }

  private:
    std::array<std::uint8_t, N> octets_{};
};

std::ostream& operator<<(std::ostream&, const SecretBytes&) = delete;
template <std::size_t N>
std::ostream& operator<<(std::ostream&, const Secret<N>&) = delete;
template <std::size_t N>
std::ostream& operator<<(std::ostream&, const Wiped<N>&) = delete;

}  // namespace lapx::keys
