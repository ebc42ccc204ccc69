#pragma once
// The enums of proforma.fbs. kUnset says "not given". Never renumber.

#include <cstdint>

#include "schema/words.hpp"

namespace lapx::schema {

enum class Channel : std::uint8_t {
    kUnset = 0,
    kSmtp = 1,
    kSms = 2,
    kVoice = 3,
    kChat = 4,
    kSocialMedia = 5,
    kPush = 6,
    kOther = 7,
};
enum class Precision : std::uint8_t {
    kUnset = 0,
    kSecond = 1,
    kMinute = 2,
    kHour = 3,
    kDay = 4,
    kMonth = 5,
};
enum class Counting : std::uint8_t { kUnset = 0, kMeasured = 1, kEstimated = 2 };
enum class IndicatorType : std::uint8_t {
    kIp = 1,
    kDomain = 2,
    kUrl = 3,
    kMessageId = 4,
    kMailAddress = 5,
    kTelephone = 6,
    kFileSha256 = 7,
};
enum class PartyRole : std::uint8_t {
    kSuspect = 1,
    kIntermediary = 2,
    kSpoofedVictim = 3,
    kInfectedHost = 4,
    kComplainant = 5,
    kUnknown = 6,
};
enum class Confidence : std::uint8_t { kUnset = 0, kLow = 1, kMedium = 2, kHigh = 3 };
enum class AssistanceStatus : std::uint8_t {
    kAsked = 1,
    kInProgress = 2,
    kDone = 3,
    kDeclined = 4
};
enum class InquiryKind : std::uint8_t { kPriorInquiry = 1, kOtherProceedings = 2 };
enum class UrgencyLevel : std::uint8_t { kRoutine = 1, kPriority = 2, kUrgent = 3 };
enum class ExhibitState : std::uint8_t { kSent = 1, kOnRequest = 2, kWithheld = 3 };
enum class DataBasis : std::uint8_t {
    kUnset = 0,
    kConsent = 1,
    kLegalObligation = 2,
    kVitalInterest = 3,
    kPublicTask = 4,
    kLegitimateInterest = 5,
    kLawEnforcement = 6,
};

// The tables have no row for kUnset.
// clang-format off
template <> std::span<const Word<Channel>> words<Channel>();
template <> std::span<const Word<Precision>> words<Precision>();
template <> std::span<const Word<Counting>> words<Counting>();
template <> std::span<const Word<IndicatorType>> words<IndicatorType>();
template <> std::span<const Word<PartyRole>> words<PartyRole>();
template <> std::span<const Word<Confidence>> words<Confidence>();
template <> std::span<const Word<AssistanceStatus>> words<AssistanceStatus>();
template <> std::span<const Word<InquiryKind>> words<InquiryKind>();
template <> std::span<const Word<UrgencyLevel>> words<UrgencyLevel>();
template <> std::span<const Word<ExhibitState>> words<ExhibitState>();
template <> std::span<const Word<DataBasis>> words<DataBasis>();
// clang-format on

}  // namespace lapx::schema
