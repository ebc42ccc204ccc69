#include "schema/codec/item_words.hpp"

#include <array>

namespace lapx::schema {
namespace {

constexpr auto kChannels = std::to_array<Word<Channel>>({
    {Channel::kSmtp, "smtp", "e-mail"},
    {Channel::kSms, "sms", "text messages"},
    {Channel::kVoice, "voice", "telephone calls"},
    {Channel::kChat, "chat", "messengers"},
    {Channel::kSocialMedia, "social-media", "social media"},
    {Channel::kPush, "push", "push notifications"},
    {Channel::kOther, "other", "another channel"},
});
constexpr auto kPrecisions = std::to_array<Word<Precision>>({
    {Precision::kSecond, "second", "to the second"},
    {Precision::kMinute, "minute", "to the minute"},
    {Precision::kHour, "hour", "to the hour"},
    {Precision::kDay, "day", "to the day"},
    {Precision::kMonth, "month", "to the month"},
});
constexpr auto kCountings = std::to_array<Word<Counting>>({
    {Counting::kMeasured, "measured", "counted"},
    {Counting::kEstimated, "estimated", "estimated"},
});
constexpr auto kIndicatorTypes = std::to_array<Word<IndicatorType>>({
    {IndicatorType::kIp, "ip", "IPv4 or IPv6 address"},
    {IndicatorType::kDomain, "domain", "domain name"},
    {IndicatorType::kUrl, "url", "URL"},
    {IndicatorType::kMessageId, "message-id", "Message-ID of an e-mail"},
    {IndicatorType::kMailAddress, "mail", "e-mail address"},
    {IndicatorType::kTelephone, "telephone", "telephone number"},
    {IndicatorType::kFileSha256, "sha256", "SHA-256 of a file, in hexadecimal"},
});
constexpr auto kPartyRoles = std::to_array<Word<PartyRole>>({
    {PartyRole::kSuspect, "suspect", "suspected of the conduct"},
    {PartyRole::kIntermediary, "intermediary", "its service was used"},
    {PartyRole::kSpoofedVictim, "spoofed-victim", "its name or address was abused"},
    {PartyRole::kInfectedHost, "infected-host", "its machine was abused"},
    {PartyRole::kComplainant, "complainant", "complained"},
    {PartyRole::kUnknown, "unknown", "role not known"},
});
constexpr auto kConfidences = std::to_array<Word<Confidence>>({
    {Confidence::kLow, "low", "low confidence in the role"},
    {Confidence::kMedium, "medium", "medium confidence in the role"},
    {Confidence::kHigh, "high", "high confidence in the role"},
});
constexpr auto kAssistanceStatuses = std::to_array<Word<AssistanceStatus>>({
    {AssistanceStatus::kAsked, "asked", "asked for"},
    {AssistanceStatus::kInProgress, "in-progress", "being worked on"},
    {AssistanceStatus::kDone, "done", "done"},
    {AssistanceStatus::kDeclined, "declined", "declined"},
});
constexpr auto kInquiryKinds = std::to_array<Word<InquiryKind>>({
    {InquiryKind::kPriorInquiry, "prior", "a prior inquiry"},
    {InquiryKind::kOtherProceedings, "other", "other proceedings"},
});
constexpr auto kUrgencyLevels = std::to_array<Word<UrgencyLevel>>({
    {UrgencyLevel::kRoutine, "routine", "ordinary"},
    {UrgencyLevel::kPriority, "priority", "before ordinary matters"},
    {UrgencyLevel::kUrgent, "urgent", "within hours"},
});
constexpr auto kExhibitStates = std::to_array<Word<ExhibitState>>({
    {ExhibitState::kSent, "sent", "it travels with the referral"},
    {ExhibitState::kOnRequest, "on-request", "it is sent when asked for"},
    {ExhibitState::kWithheld, "withheld", "it stays with the sender"},
});
constexpr auto kDataBases = std::to_array<Word<DataBasis>>({
    {DataBasis::kConsent, "consent", "consent of the person"},
    {DataBasis::kLegalObligation, "legal-obligation", "legal obligation"},
    {DataBasis::kVitalInterest, "vital-interest", "vital interest of a person"},
    {DataBasis::kPublicTask, "public-task", "task in the public interest"},
    {DataBasis::kLegitimateInterest, "legitimate-interest", "legitimate interest"},
    {DataBasis::kLawEnforcement, "law-enforcement", "prevention or prosecution of offences"},
});

}  // namespace

// clang-format off
template <> std::span<const Word<Channel>> words<Channel>() { return kChannels; }
template <> std::span<const Word<Precision>> words<Precision>() { return kPrecisions; }
template <> std::span<const Word<Counting>> words<Counting>() { return kCountings; }
template <> std::span<const Word<IndicatorType>> words<IndicatorType>() { return kIndicatorTypes; }
template <> std::span<const Word<PartyRole>> words<PartyRole>() { return kPartyRoles; }
template <> std::span<const Word<Confidence>> words<Confidence>() { return kConfidences; }
template <> std::span<const Word<AssistanceStatus>> words<AssistanceStatus>() { return kAssistanceStatuses; }
template <> std::span<const Word<InquiryKind>> words<InquiryKind>() { return kInquiryKinds; }
template <> std::span<const Word<UrgencyLevel>> words<UrgencyLevel>() { return kUrgencyLevels; }
template <> std::span<const Word<ExhibitState>> words<ExhibitState>() { return kExhibitStates; }
template <> std::span<const Word<DataBasis>> words<DataBasis>() { return kDataBases; }
// clang-format on

}  // namespace lapx::schema
