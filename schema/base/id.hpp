#pragma once
// Strong types for what would otherwise be interchangeable octets: a view's digest is not a cover's
// digest, a message id is not a referral id. There are no implicit conversions; parsing returns a
// Result.

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "schema/base/bytes.hpp"

namespace lapx {

template <typename Tag, std::size_t N>
struct FixedBytes {
    std::array<std::uint8_t, N> bytes{};

    static constexpr std::size_t kSize = N;
    // Errors: kInvalidArgument if the length differs.
    static Result<FixedBytes> from(BytesView view) {
        if (view.size() != N) {
            return fail(Code::kInvalidArgument, "wrong length");
        }
        FixedBytes out;
        std::copy(view.begin(), view.end(), out.bytes.begin());
        return out;
    }
    BytesView view() const { return bytes; }
    auto operator<=>(const FixedBytes&) const = default;
};

// SHA-256 outputs. The tag says of what.
template <typename Tag>
using Digest = FixedBytes<Tag, 32>;
using CardDigest = Digest<struct CardTag>;          // of a whole card note
using NoticeDigest = Digest<struct NoticeTag>;      // of a whole notice note
using ItemDigest = Digest<struct ItemTag>;          // protocol.md 4.2
using ManifestDigest = Digest<struct ManifestTag>;  // of the manifest text
using ViewDigest = Digest<struct ViewTag>;          // of the view text
using CoverDigest = Digest<struct CoverTag>;        // of the whole cover note
using ContentDigest =
    Digest<struct ContentTag>;  // of plain content: exhibit plaintext or sealed file, body
using RevocationDigest = Digest<struct RevocationTag>;  // of a whole revocation note
using PolicyDigest = Digest<struct PolicyTag>;          // of the disclosure policy in force
using Commitment = Digest<struct CommitmentTag>;        // protocol.md 6.2
using TextsDigest = Digest<struct TextsTag>;            // protocol.md 6.5
using KeyFingerprint = Digest<struct FingerprintTag>;   // protocol.md 4.5
using Hash = Digest<struct TreeHashTag>;                // a node of the RFC 6962 tree

// base64 of the 32 octets, as notes carry it, and back (kInvalidArgument).
template <typename Tag>
std::string to_string(const Digest<Tag>& digest) {
    return base64(digest.view());
}
template <typename D>
Result<D> digest_from(std::string_view text) {
    D out;
    LAPX_TRY(from_base64_into(text, out.bytes));
    return out;
}

// UUIDv7 (RFC 9562): 48 bits of milliseconds, then random. Sorts by time.
template <typename Tag>
using Uuid = FixedBytes<Tag, 16>;
using ReferralId = Uuid<struct ReferralTag>;
using MessageId = Uuid<struct MessageTag>;
using StandingId = Uuid<struct StandingTag>;  // of a standing approval, protocol.md 6.4

std::string uuid_text(BytesView sixteen);
// Lower case, version 7, variant 2 only. Errors: kInvalidArgument.
Result<std::array<std::uint8_t, 16>> uuid_from_text(std::string_view text);
// Version and variant bits set over `random10`. `unix_ms` must be below 2^48.
std::array<std::uint8_t, 16> uuid7(std::uint64_t unix_ms,
                                   const std::array<std::uint8_t, 10>& random10);

template <typename Tag>
std::string to_string(const Uuid<Tag>& id) {
    return uuid_text(id.view());
}
template <typename Id>
Result<Id> uuid_from(std::string_view text) {
    LAPX_TRY_ASSIGN(auto raw, uuid_from_text(text));
    return Id{raw};
}

}  // namespace lapx

template <typename Tag, std::size_t N>
struct std::hash<lapx::FixedBytes<Tag, N>> {
    std::size_t operator()(const lapx::FixedBytes<Tag, N>& value) const noexcept {
        return std::hash<std::string_view>{}(
            std::string_view(reinterpret_cast<const char*>(value.bytes.data()), N));
    }
};
