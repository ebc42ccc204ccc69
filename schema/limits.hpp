#pragma once
// Every cap on size, count and depth that is applied to what comes from outside (protocol.md). A
// text or buffer over its cap is refused before it is read any further.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lapx::schema {

// Texts, in octets (protocol.md 1.1).
inline constexpr std::size_t kMaxNote = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxLongNote =
    std::size_t{128} * 1024;  // manifest, view, cover, decided record
inline constexpr std::size_t kMaxOpening =
    std::size_t{192} * 1024;  // base64 of a decided record, and its entry
inline constexpr std::size_t kMaxProof =
    std::size_t{288} * 1024;  // base64 of an opening, and a checkpoint
inline constexpr std::size_t kMaxRoster =
    std::size_t{288} * 1024;  // the most members, with names of the greatest length
inline constexpr std::size_t kMaxEntry = 65'535;
inline constexpr std::size_t kMaxText = 1'000;
inline constexpr std::size_t kMaxName = 200;
inline constexpr std::size_t kMaxSignatures = 16;
inline constexpr std::size_t kMaxSample = 1'000;  // entries that one seed draws

// Cards and notices.
inline constexpr std::size_t kMaxKeysOfARole = 4;
inline constexpr std::size_t kMaxCurveKeys = 2;
inline constexpr std::size_t kMaxEndpoints = 4;
inline constexpr std::size_t kMaxRelays = 2;
inline constexpr std::size_t kMaxDesks = 64;
inline constexpr std::size_t kMaxClosedDates = 64;
inline constexpr std::chrono::days kMaxCardLife{731};
inline constexpr std::chrono::days kMaxNoticeLife{75};
inline constexpr std::chrono::days kMaxCoverLife{62};
inline constexpr std::chrono::days kMaxVouchLife{366};
inline constexpr std::size_t kMaxRosterMembers = 1'000;

// Referrals.
inline constexpr std::size_t kMaxItems = 1'024;
inline constexpr std::size_t kMaxItem = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxItemText = 60'000;    // the text of a Text value
inline constexpr std::size_t kMaxItemString = 8'192;   // any other string of a value
inline constexpr std::size_t kMaxItemList = 256;       // elements of a list of a value
inline constexpr std::size_t kMaxDigestLines = 1'024;  // view or evidence lines of a record
inline constexpr std::size_t kMaxOfficers = 1'000;     // that a referral can be restricted to

// Parcels and frames.
inline constexpr std::size_t kMinParcel = std::size_t{8} * 1024;
inline constexpr std::size_t kMaxParcel = std::size_t{192} * 1024;
inline constexpr std::size_t kMaxInlineExhibits =
    std::size_t{128} * 1024;  // sealed files in one parcel, in all
inline constexpr std::size_t kMaxFrame = std::size_t{256} * 1024;
inline constexpr std::size_t kMaxReceipts = 256;
inline constexpr std::size_t kMaxLinks = 16;
// A carried file, sealed; with what else a frame says it fits one.
inline constexpr std::size_t kMaxCarried = std::size_t{248} * 1024;
inline constexpr std::size_t kMaxProofHashes = 64;
inline constexpr std::size_t kMaxChunk = std::size_t{128} * 1024;
inline constexpr std::size_t kMaxChunksInFlight = 8;  // of exhibits, to one peer
inline constexpr std::uint8_t kRelayCredit = 8;       // files under way from a relay
inline constexpr std::size_t kMaxExhibitIdentity = 256;

// What a peer may cost without effect (protocol.md 8.5), in units: a frame is one, and one more for
// each kQuotaUnit of it. A window of the largest parcels fits into what is overdrawn.
inline constexpr std::size_t kQuotaUnit = std::size_t{16} * 1024;
inline constexpr std::int64_t kQuota = 2'048;
inline constexpr std::int64_t kQuotaPerSecond = 64;
inline constexpr std::int64_t kQuotaOverdraft = 8'192;
// For how long who overdraws that, or breaks the protocol, is shut out.
inline constexpr std::chrono::minutes kShutOut{10};

// What a frame of so many octets counts.
constexpr std::uint64_t quota_units(std::size_t octets) { return 1 + octets / kQuotaUnit; }

// FlatBuffers verifier. A parcel has one table for each item and exhibit, hence its larger number.
inline constexpr std::uint32_t kVerifierDepth = 16;
inline constexpr std::uint32_t kVerifierTables = 1'000;
inline constexpr std::uint32_t kVerifierParcelTables = 4'096;

}  // namespace lapx::schema
