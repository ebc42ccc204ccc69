#pragma once
// age v1 files with X25519 stanzas (C2SP age.md): what seals parcels and exhibits (protocol.md 7.2,
// 7.3). Any `age` program opens them.
//
// Every failure to open is kParcelUnreadable; its context is one of the kAge… texts of
// keys/age_header.hpp.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "keys/age_header.hpp"
#include "keys/age_key.hpp"

namespace lapx::keys {

// A whole file at once.
Bytes seal(const Recipient& recipient, BytesView plain, Random& random);
Result<Bytes> open(const Identity& identity, BytesView sealed);

// Takes what a Sealer or Opener gives out; an error stops it.
using Sink = std::function<Result<void>(BytesView)>;

inline constexpr std::size_t kAgeChunk = 65536;
inline constexpr std::size_t kAgeTag = 16;
inline constexpr std::size_t kAgeNonce = 16;
// Of a file to one X25519 recipient: the version line, its stanza and the line of the MAC.
inline constexpr std::size_t kAgeHeader = 168;

// Of the file that seal() makes of `plain` octets.
constexpr std::uint64_t sealed_size(std::uint64_t plain) {
    const std::uint64_t chunks = plain == 0 ? 1 : (plain + kAgeChunk - 1) / kAgeChunk;
    return kAgeHeader + kAgeNonce + plain + chunks * kAgeTag;
}

// The chunks of a payload, in order.
class AgePayload {
  public:
    AgePayload(BytesView file_key, BytesView nonce);
    // `out` has plain.size() + kAgeTag octets; at most kAgeChunk go in.
    void seal_chunk(BytesView plain, bool last, std::uint8_t* out);
    // `out` has sealed.size() - kAgeTag octets. False if it does not authenticate, is not that
    // chunk, or is an empty last chunk after others.
    bool open_chunk(BytesView sealed, bool last, std::uint8_t* out);

  private:
    std::array<std::uint8_t, 12> next_nonce(bool last);
    Wiped<32> key_;
    std::uint64_t counter_ = 0;
};

// A file of any size, piecewise, in bounded memory.
class Sealer {
  public:
    Sealer(const Recipient& recipient, Random& random, Sink sink);
    // Errors: the sink's.
    Result<void> write(BytesView plain);
    // Once, at the end.
    Result<void> finish();

  private:
    Result<void> put_chunk(BytesView plain, bool last);
    Sink sink_;
    std::optional<AgePayload> payload_;
    Bytes begin_;  // header and nonce, until they are given out; made after payload_, which it sets
    Bytes plain_;
    Bytes sealed_;
};

// Gives out the plaintext of a chunk once it has authenticated; that the file was whole is known
// when finish() succeeds. Errors are final: every later call repeats them.
class Opener {
  public:
    // `identity` is kept by reference until the header was read.
    Opener(const Identity& identity, Sink sink);
    Result<void> write(BytesView sealed);
    // Once, at the end.
    Result<void> finish();

  private:
    Result<void> take(BytesView sealed);
    Result<void> start();
    Result<void> put_chunk(BytesView sealed, bool last);
    const Identity& identity_;
    Sink sink_;
    std::size_t header_line_ = 0;
    std::size_t header_size_ = 0;  // 0 until the header's end was seen
    std::optional<AgePayload> payload_;
    Bytes pending_;  // the header, then a chunk that is not yet known to be the last or not
    Bytes plain_;
    std::optional<Error> failed_;
};

}  // namespace lapx::keys
