#pragma once
// The words of the protocol, and the template of the pro forma (protocol.md 3.1, 4, 5, 6.2). Stored
// as numbers in databases and as words everywhere else: never renumber, never reword.

#include <cstdint>
#include <span>
#include <string_view>

#include "schema/words.hpp"

namespace lapx::schema {

// Never renumber.
enum class Kind : std::uint8_t {
    kInformation = 1,
    kAssistance = 2,
    kAction = 3,
    kPreservation = 4,
    kUrgent = 5,
};

// Never renumber. Default disclosure classes (protocol.md 5.1).
enum class ItemClass : std::uint8_t {
    kAlwaysShared = 1,
    kShareable = 2,
    kPersonalData = 3,
    kConfidential = 4,
    kCommerciallySensitive = 5,
    kPrivileged = 6,
};

// Never renumber.
enum class Sector : std::uint8_t {
    kEnforcement = 1,
    kGovernment = 2,
    kIndustry = 3,
    kInterestGroup = 4,
};

// Never renumber. Protocol.md 3.6.
enum class TrustState : std::uint8_t {
    kStranger = 1,
    kVouched = 2,
    kVerified = 3,
    kSuspended = 4,
    kRevoked = 5,
};

// Never renumber. What dialling an endpoint found (protocol.md 8.7).
enum class Reached : std::uint8_t {
    kYes = 1,
    kNotAdmitted = 2,
    kOtherKey = 3,
    kRefused = 4,
    kTimedOut = 5,
    kNameUnknown = 6,
};

// Never renumber. TLP 2.0.
enum class Tlp : std::uint8_t { kClear = 1, kGreen = 2, kAmber = 3, kAmberStrict = 4, kRed = 5 };

// Never renumber. Permissible Actions Protocol.
enum class Pap : std::uint8_t { kClear = 1, kGreen = 2, kAmber = 3, kRed = 4 };

// Never renumber. Listed in this order on a view.
enum class Use : std::uint8_t {
    kIntelligence = 1,
    kAdministrative = 2,
    kCivil = 3,
    kCriminal = 4,
    kJudicialEvidence = 5,
};

// Never renumber. Protocol.md 4.5.
enum class Act : std::uint8_t {
    kRefer = 1,
    kSupplement = 2,
    kClarify = 3,
    kAnswer = 4,
    kCorrect = 5,
    kWithdraw = 6,
    kDisclose = 7,
    kMove = 8,
};

// Never renumber. Protocol.md 6.2.
enum class EntryKind : std::uint8_t {
    kOpen = 1,
    kCard = 2,
    kApproved = 3,
    kDecided = 4,
    kSent = 5,
    kReceived = 6,
    kMoved = 7,
    kConsent = 8,
    kRefused = 9,
    kExported = 10,
    kRead = 11,
    kErased = 12,
    kConflict = 13,
    kRecovered = 14,
    kRestricted = 15,
};

// Never renumber. How a case ended.
enum class Outcome : std::uint8_t {
    kWarning = 1,
    kFine = 2,
    kInjunction = 3,
    kProsecution = 4,
    kTakedown = 5,
    kBlocked = 6,
    kVictimNotified = 7,
    kNoInfringement = 8,
    kUnidentified = 9,
    kAlreadyHandled = 10,
    kExpired = 11,
};

// Never renumber. Protocol.md 5.3.
enum class ReasonCategory : std::uint8_t {
    kLaw = 1,
    kConfidentiality = 2,
    kProceedings = 3,
    kSubstance = 4,
    kCooperation = 5,
};

// Never renumber. Why an item is withheld or a request declined (protocol.md 5.3).
enum class Reason : std::uint8_t {
    kNationalLaw = 1,
    kInternationalObligation = 2,
    kNoLawfulTransfer = 3,
    kNoSimilarLaw = 4,
    kOutOfMandate = 5,
    kConfidential = 6,
    kCommerciallySensitive = 7,
    kPrivilege = 8,
    kEndangersPersonOrSource = 9,
    kOriginatorPermissionMissing = 10,
    kProceedingsBegun = 11,
    kPrejudicesInvestigation = 12,
    kSecurityOrPublicPolicy = 13,
    kInsufficientInformation = 14,
    kNoInfringementFound = 15,
    kNotSeriousEnough = 16,
    kNoLongerHeld = 17,
    kIdentityUnverified = 18,
    kAssuranceMissing = 19,
    kReciprocity = 20,
};

// Never renumber. A step of fixed words in a case (protocol.md 4.7).
enum class Move : std::uint8_t {
    kAcknowledged = 1,
    kConsentAsked = 2,
    kConsentGranted = 3,
    kConsentRefused = 4,
    kRecallPending = 5,
    kRecallDone = 6,
    kRecallRefused = 7,
};

// Never renumber. How much of a withheld item the recipient is told (protocol.md 4.4).
enum class Shown : std::uint8_t { kReason = 1, kCategory = 2, kSilent = 3 };

// Never renumber. What became of an item, as the sender knows it (protocol.md 6.5).
enum class Inward : std::uint8_t { kAbsent = 1, kDisclosed = 2, kWithheld = 3 };

// Never renumber. What an auditor gets to see of an entry that was drawn (protocol.md 9.1).
enum class Drawn : std::uint8_t { kOpened = 1, kSealed = 2, kErased = 3 };

// Never renumber. In the order of the template (protocol.md 5.2).
enum class Label : std::uint8_t {
    kOfficer = 1,
    kAddressees = 2,
    kLegalBasis = 3,
    kPurpose = 4,
    kFacts = 5,
    kConduct = 6,
    kSeen = 7,
    kJurisdictions = 8,
    kScale = 9,
    kIndicator = 10,
    kIndicatorPersonal = 11,
    kParty = 12,
    kSuspect = 13,
    kComplainant = 14,
    kCustodian = 15,
    kPreservation = 16,
    kAssistance = 17,
    kInquiry = 18,
    kUrgency = 19,
    kSecrecy = 20,
    kExhibit = 21,
    kGrading = 22,
    kProvenance = 23,
    kDataProtection = 24,
    kLegalAdvice = 25,
    kRedacted = 26,
};

// Never renumber: the numbers of the union in proforma.fbs.
enum class ValueType : std::uint8_t {
    kAbsent = 1,
    kText = 2,
    kOfficer = 3,
    kAddressees = 4,
    kLegalBasis = 5,
    kConduct = 6,
    kSeen = 7,
    kJurisdictions = 8,
    kScale = 9,
    kIndicator = 10,
    kParty = 11,
    kComplainant = 12,
    kCustodian = 13,
    kPreservation = 14,
    kAssistance = 15,
    kInquiry = 16,
    kUrgency = 17,
    kSecrecy = 18,
    kExhibit = 19,
    kGrading = 20,
    kProvenance = 21,
    kDataProtection = 22,
    kRedacted = 23,
};

// clang-format off
template <> std::span<const Word<Kind>> words<Kind>();
template <> std::span<const Word<ItemClass>> words<ItemClass>();  // "AS", "SH", …
template <> std::span<const Word<Sector>> words<Sector>();
template <> std::span<const Word<TrustState>> words<TrustState>();
template <> std::span<const Word<Reached>> words<Reached>();
template <> std::span<const Word<Tlp>> words<Tlp>();
template <> std::span<const Word<Pap>> words<Pap>();
template <> std::span<const Word<Use>> words<Use>();
template <> std::span<const Word<Act>> words<Act>();
template <> std::span<const Word<EntryKind>> words<EntryKind>();
template <> std::span<const Word<Outcome>> words<Outcome>();
template <> std::span<const Word<ReasonCategory>> words<ReasonCategory>();
template <> std::span<const Word<Reason>> words<Reason>();
template <> std::span<const Word<Shown>> words<Shown>();
template <> std::span<const Word<Inward>> words<Inward>();
template <> std::span<const Word<Drawn>> words<Drawn>();
template <> std::span<const Word<Move>> words<Move>();
template <> std::span<const Word<Label>> words<Label>();
template <> inline constexpr Code kUnknownWord<Kind> = Code::kUnknownKind;
template <> inline constexpr Code kUnknownWord<Reason> = Code::kUnknownReason;
template <> inline constexpr Code kUnknownWord<Label> = Code::kUnknownItem;
// clang-format on

ReasonCategory category_of(Reason reason);

// The only template there is.
inline constexpr std::string_view kTemplateName = "lapx-pro-forma-1";

// For which kinds an item must be there. Data protection is mandatory wherever any item of class PD
// is present, which no set of kinds can say.
struct TemplateRow {
    Label label;
    ValueType type;
    bool repeats;
    std::string_view mandatory_for;  // of the letters I A R P U
    ItemClass default_class;
};

// One row for each label, in template order: row i has label i + 1.
std::span<const TemplateRow> template_rows();
const TemplateRow& template_row(Label label);
bool is_mandatory(Label label, Kind kind);

// The codes that a refusal or a `received` entry may carry (protocol.md 7.4, 8.5).
bool is_refusal_code(Code code);
// Whether a relay may refuse a deposit with it (protocol.md 8.8).
bool is_relay_code(Code code);

}  // namespace lapx::schema
