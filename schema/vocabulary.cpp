#include "schema/vocabulary.hpp"

#include <algorithm>
#include <array>

namespace lapx::schema {
namespace {

constexpr auto kKinds = std::to_array<Word<Kind>>({
    {Kind::kInformation, "information", "for information; no answer is expected"},
    {Kind::kAssistance, "assistance", "asks for help in an investigation"},
    {Kind::kAction, "action", "refers a case for action by the recipient"},
    {Kind::kPreservation, "preservation", "asks to preserve data before it expires"},
    {Kind::kUrgent, "urgent", "asks to disrupt something live, at once"},
});

constexpr auto kItemClasses = std::to_array<Word<ItemClass>>({
    {ItemClass::kAlwaysShared, "AS", "always shared with the addressee"},
    {ItemClass::kShareable, "SH", "shareable"},
    {ItemClass::kPersonalData, "PD", "personal data"},
    {ItemClass::kConfidential, "CF", "confidential"},
    {ItemClass::kCommerciallySensitive, "CS", "commercially sensitive"},
    {ItemClass::kPrivileged, "PV", "privileged; never leaves"},
});

constexpr auto kSectors = std::to_array<Word<Sector>>({
    {Sector::kEnforcement, "enforcement", "enforces the law against spam"},
    {Sector::kGovernment, "government", "another public body"},
    {Sector::kIndustry, "industry", "a company or an association of companies"},
    {Sector::kInterestGroup, "interest-group", "speaks for users or victims"},
});

constexpr auto kTrustStates = std::to_array<Word<TrustState>>({
    {TrustState::kStranger, "stranger", "its card is known, nothing is sealed to it"},
    {TrustState::kVouched, "vouched", "verified members vouch for it"},
    {TrustState::kVerified, "verified", "a person compared the safety number"},
    {TrustState::kSuspended, "suspended", "set aside by a person"},
    {TrustState::kRevoked, "revoked", "its root key is revoked"},
});

constexpr auto kReached = std::to_array<Word<Reached>>({
    {Reached::kYes, "reached", "the node answers there"},
    {Reached::kNotAdmitted, "not-admitted", "the node answers there and does not admit the peer"},
    {Reached::kOtherKey, "other-key", "something answers there that is not this node"},
    {Reached::kRefused, "refused", "nothing accepts connections there"},
    {Reached::kTimedOut, "timed-out", "nothing answers there"},
    {Reached::kNameUnknown, "name-unknown", "the name has no address"},
});

constexpr auto kTlps = std::to_array<Word<Tlp>>({
    {Tlp::kClear, "CLEAR", "may be published"},
    {Tlp::kGreen, "GREEN", "within the community"},
    {Tlp::kAmber, "AMBER", "within the recipient's organisation and its clients, as needed"},
    {Tlp::kAmberStrict, "AMBER+STRICT", "within the recipient's organisation, as needed"},
    {Tlp::kRed, "RED", "for the eyes of the persons addressed only"},
});

constexpr auto kPaps = std::to_array<Word<Pap>>({
    {Pap::kClear, "CLEAR", "no limit on what is done with it"},
    {Pap::kGreen, "GREEN", "active steps are allowed"},
    {Pap::kAmber, "AMBER", "passive steps only; nothing the suspect can see"},
    {Pap::kRed, "RED", "only steps that cannot be detected"},
});

constexpr auto kUses = std::to_array<Word<Use>>({
    {Use::kIntelligence, "intelligence", "to understand"},
    {Use::kAdministrative, "administrative", "in administrative proceedings"},
    {Use::kCivil, "civil", "in civil proceedings"},
    {Use::kCriminal, "criminal", "in criminal investigations"},
    {Use::kJudicialEvidence, "judicial-evidence", "as evidence in court"},
});

constexpr auto kActs = std::to_array<Word<Act>>({
    {Act::kRefer, "refer", "opens a case"},
    {Act::kSupplement, "supplement", "adds to what was sent"},
    {Act::kClarify, "clarify", "asks for or gives a clarification"},
    {Act::kAnswer, "answer", "answers a request"},
    {Act::kCorrect, "correct", "replaces what was sent"},
    {Act::kWithdraw, "withdraw", "takes back what was sent"},
    {Act::kDisclose, "disclose", "releases items withheld before"},
    {Act::kMove, "move", "moves the case in fixed words"},
});

constexpr auto kEntryKinds = std::to_array<Word<EntryKind>>({
    {EntryKind::kOpen, "open", "the log begins"},
    {EntryKind::kCard, "card", "a card, notice or revocation was admitted, or trust changed"},
    {EntryKind::kApproved, "approved", "a release was approved"},
    {EntryKind::kDecided, "decided", "what was disclosed and withheld, and why"},
    {EntryKind::kSent, "sent", "a cover was sent"},
    {EntryKind::kReceived, "received", "a cover was received"},
    {EntryKind::kMoved, "moved", "a case moved"},
    {EntryKind::kConsent, "consent", "a use or transfer was consented to or not"},
    {EntryKind::kRefused, "refused", "an operator or agency was refused something"},
    {EntryKind::kExported, "exported", "data left through an export"},
    {EntryKind::kRead, "read", "an operator read restricted content"},
    {EntryKind::kErased, "erased", "content was erased"},
    {EntryKind::kConflict, "conflict", "evidence of a fork or a reused id"},
    {EntryKind::kRecovered, "recovered", "a new log continues a lost one"},
    {EntryKind::kRestricted, "restricted", "a case is for certain officers alone"},
});

constexpr auto kOutcomes = std::to_array<Word<Outcome>>({
    {Outcome::kWarning, "warning", "a warning was given"},
    {Outcome::kFine, "fine", "a fine was imposed"},
    {Outcome::kInjunction, "injunction", "a court or authority ordered an end to it"},
    {Outcome::kProsecution, "prosecution", "handed to a prosecutor"},
    {Outcome::kTakedown, "takedown", "a site, account or number was taken down"},
    {Outcome::kBlocked, "blocked", "access or traffic was blocked"},
    {Outcome::kVictimNotified, "victim-notified", "a victim was told"},
    {Outcome::kNoInfringement, "no-infringement", "no infringement was found"},
    {Outcome::kUnidentified, "unidentified", "nobody could be identified"},
    {Outcome::kAlreadyHandled, "already-handled", "it was dealt with before"},
    {Outcome::kExpired, "expired", "the data or the time limit ran out"},
});

constexpr auto kReasonCategories = std::to_array<Word<ReasonCategory>>({
    {ReasonCategory::kLaw, "law", "law or mandate does not allow it"},
    {ReasonCategory::kConfidentiality, "confidentiality", "somebody's confidence is protected"},
    {ReasonCategory::kProceedings, "proceedings", "proceedings or public security would suffer"},
    {ReasonCategory::kSubstance, "substance", "there is not enough substance"},
    {ReasonCategory::kCooperation, "cooperation", "conditions of cooperation are not met"},
});

struct ReasonRow {
    Word<Reason> word;
    ReasonCategory category;
};
using enum ReasonCategory;
constexpr auto kReasonRows = std::to_array<ReasonRow>({
    {{Reason::kNationalLaw, "national-law", "national law forbids it"}, kLaw},
    {{Reason::kInternationalObligation, "international-obligation",
      "a treaty or other international obligation forbids it"},
     kLaw},
    {{Reason::kNoLawfulTransfer, "no-lawful-transfer",
      "there is no lawful basis to transfer it to that country or body"},
     kLaw},
    {{Reason::kNoSimilarLaw, "no-similar-law", "the two countries' laws are not similar enough"},
     kLaw},
    {{Reason::kOutOfMandate, "out-of-mandate", "outside the mandate of the agency"}, kLaw},
    {{Reason::kConfidential, "confidential", "it was given or obtained in confidence"},
     kConfidentiality},
    {{Reason::kCommerciallySensitive, "commercially-sensitive", "it is commercially sensitive"},
     kConfidentiality},
    {{Reason::kPrivilege, "privilege", "it is legally privileged"}, kConfidentiality},
    {{Reason::kEndangersPersonOrSource, "endangers-person-or-source",
      "it could endanger a person or a source"},
     kConfidentiality},
    {{Reason::kOriginatorPermissionMissing, "originator-permission-missing",
      "whoever it came from has not agreed"},
     kConfidentiality},
    {{Reason::kProceedingsBegun, "proceedings-begun", "proceedings have begun"}, kProceedings},
    {{Reason::kPrejudicesInvestigation, "prejudices-investigation",
      "it would prejudice an investigation"},
     kProceedings},
    {{Reason::kSecurityOrPublicPolicy, "security-or-public-policy",
      "security or public policy would suffer"},
     kProceedings},
    {{Reason::kInsufficientInformation, "insufficient-information",
      "there is not enough information"},
     kSubstance},
    {{Reason::kNoInfringementFound, "no-infringement-found", "no infringement was found"},
     kSubstance},
    {{Reason::kNotSeriousEnough, "not-serious-enough", "it is not serious enough to act on"},
     kSubstance},
    {{Reason::kNoLongerHeld, "no-longer-held", "it is no longer held"}, kSubstance},
    {{Reason::kIdentityUnverified, "identity-unverified", "an identity could not be verified"},
     kSubstance},
    {{Reason::kAssuranceMissing, "assurance-missing", "an assurance asked for is missing"},
     kCooperation},
    {{Reason::kReciprocity, "reciprocity", "there is no reciprocity"}, kCooperation},
});

constexpr auto kReasons = [] {
    std::array<Word<Reason>, kReasonRows.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = kReasonRows[i].word;
    }
    return out;
}();

constexpr auto kShown = std::to_array<Word<Shown>>({
    {Shown::kReason, "reason", "the recipient sees the reason"},
    {Shown::kCategory, "category", "the recipient sees the category of the reason"},
    {Shown::kSilent, "silent", "the recipient cannot tell it from an empty item"},
});

constexpr auto kInwards = std::to_array<Word<Inward>>({
    {Inward::kAbsent, "absent", "there is nothing"},
    {Inward::kDisclosed, "disclosed", "it was disclosed"},
    {Inward::kWithheld, "withheld", "it was withheld"},
});

constexpr auto kDrawns = std::to_array<Word<Drawn>>({
    {Drawn::kOpened, "opened", "its opening is there"},
    {Drawn::kSealed, "sealed", "whoever made the sample may not open it"},
    {Drawn::kErased, "erased", "what it commits to was erased"},
});

constexpr auto kMoves = std::to_array<Word<Move>>({
    {Move::kAcknowledged, "acknowledged", "a person has read this version"},
    {Move::kConsentAsked, "consent-asked", "may it be used so, or go on to these?"},
    {Move::kConsentGranted, "consent-granted", "it may"},
    {Move::kConsentRefused, "consent-refused", "it may not"},
    {Move::kRecallPending, "recall-pending", "those to whom it was passed on are being told"},
    {Move::kRecallDone, "recall-done", "those to whom it was passed on were told"},
    {Move::kRecallRefused, "recall-refused", "those to whom it was passed on will not be told"},
});

constexpr auto kLabels = std::to_array<Word<Label>>({
    {Label::kOfficer, "officer", "the officer in charge: name, position, telephone, mail"},
    {Label::kAddressees, "addressees", "the desks that got this referral"},
    {Label::kLegalBasis, "legal-basis", "own law, law thought breached abroad, instrument"},
    {Label::kPurpose, "purpose", "what the referral is for"},
    {Label::kFacts, "facts", "summary of the facts"},
    {Label::kConduct, "conduct", "class of the conduct (RSIT) and channel"},
    {Label::kSeen, "seen", "first and last seen"},
    {Label::kJurisdictions, "jurisdictions", "countries of origin, hosting and victims"},
    {Label::kScale, "scale", "complaints, messages, victims, loss"},
    {Label::kIndicator, "indicator", "a technical indicator that names nobody"},
    {Label::kIndicatorPersonal, "indicator-personal", "an indicator that is personal data"},
    {Label::kParty, "party", "a person or body involved, other than a suspect"},
    {Label::kSuspect, "suspect", "a suspect"},
    {Label::kComplainant, "complainant", "who complained"},
    {Label::kCustodian, "custodian", "who holds data, what, and until when"},
    {Label::kPreservation, "preservation", "data to preserve, and why"},
    {Label::kAssistance, "assistance", "one thing that is asked for"},
    {Label::kInquiry, "inquiry", "a prior inquiry or other proceedings"},
    {Label::kUrgency, "urgency", "how urgent, why, and by when to reply"},
    {Label::kSecrecy, "secrecy", "whom not to alert, and why"},
    {Label::kExhibit, "exhibit", "description of a piece of evidence"},
    {Label::kGrading, "grading", "grade of source and information (Admiralty scale)"},
    {Label::kProvenance, "provenance", "the partner it came from, and its terms"},
    {Label::kDataProtection, "data-protection", "data-protection basis and destroy-by date"},
    {Label::kLegalAdvice, "legal-advice", "legal advice; never sent"},
    {Label::kRedacted, "redacted", "what goes in the place of an item that is withheld"},
});

using enum ItemClass;
constexpr auto kTemplate = std::to_array<TemplateRow>({
    {Label::kOfficer, ValueType::kOfficer, false, "", kPersonalData},
    {Label::kAddressees, ValueType::kAddressees, false, "", kConfidential},
    {Label::kLegalBasis, ValueType::kLegalBasis, false, "IARPU", kAlwaysShared},
    {Label::kPurpose, ValueType::kText, false, "IARPU", kAlwaysShared},
    {Label::kFacts, ValueType::kText, false, "ARP", kShareable},
    {Label::kConduct, ValueType::kConduct, false, "IARPU", kAlwaysShared},
    {Label::kSeen, ValueType::kSeen, false, "IARPU", kShareable},
    {Label::kJurisdictions, ValueType::kJurisdictions, false, "IARPU", kAlwaysShared},
    {Label::kScale, ValueType::kScale, false, "R", kShareable},
    {Label::kIndicator, ValueType::kIndicator, true, "APU", kShareable},
    {Label::kIndicatorPersonal, ValueType::kIndicator, true, "", kPersonalData},
    {Label::kParty, ValueType::kParty, true, "", kPersonalData},
    {Label::kSuspect, ValueType::kParty, true, "", kConfidential},
    {Label::kComplainant, ValueType::kComplainant, false, "", kPersonalData},
    {Label::kCustodian, ValueType::kCustodian, true, "PU", kShareable},
    {Label::kPreservation, ValueType::kPreservation, false, "P", kAlwaysShared},
    {Label::kAssistance, ValueType::kAssistance, true, "A", kAlwaysShared},
    {Label::kInquiry, ValueType::kInquiry, true, "", kConfidential},
    {Label::kUrgency, ValueType::kUrgency, false, "IARPU", kAlwaysShared},
    {Label::kSecrecy, ValueType::kSecrecy, false, "IARPU", kAlwaysShared},
    {Label::kExhibit, ValueType::kExhibit, true, "", kShareable},
    {Label::kGrading, ValueType::kGrading, false, "", kConfidential},
    {Label::kProvenance, ValueType::kProvenance, false, "", kCommerciallySensitive},
    {Label::kDataProtection, ValueType::kDataProtection, false, "", kAlwaysShared},
    {Label::kLegalAdvice, ValueType::kText, false, "", kPrivileged},
    {Label::kRedacted, ValueType::kRedacted, true, "", kShareable},
});

static_assert([] {
    for (std::size_t i = 0; i < kTemplate.size(); ++i) {
        if (kTemplate[i].label != static_cast<Label>(i + 1) ||
            kLabels[i].value != kTemplate[i].label) {
            return false;
        }
    }
    return kTemplate.size() == kLabels.size();
}());

char letter(Kind kind) {
    switch (kind) {
        case Kind::kInformation:
            return 'I';
        case Kind::kAssistance:
            return 'A';
        case Kind::kAction:
            return 'R';
        case Kind::kPreservation:
            return 'P';
        case Kind::kUrgent:
            return 'U';
    }
    return '-';
}

}  // namespace

// clang-format off
template <> std::span<const Word<Kind>> words<Kind>() { return kKinds; }
template <> std::span<const Word<ItemClass>> words<ItemClass>() { return kItemClasses; }
template <> std::span<const Word<Sector>> words<Sector>() { return kSectors; }
template <> std::span<const Word<TrustState>> words<TrustState>() { return kTrustStates; }
template <> std::span<const Word<Reached>> words<Reached>() { return kReached; }
template <> std::span<const Word<Tlp>> words<Tlp>() { return kTlps; }
template <> std::span<const Word<Pap>> words<Pap>() { return kPaps; }
template <> std::span<const Word<Use>> words<Use>() { return kUses; }
template <> std::span<const Word<Act>> words<Act>() { return kActs; }
template <> std::span<const Word<EntryKind>> words<EntryKind>() { return kEntryKinds; }
template <> std::span<const Word<Outcome>> words<Outcome>() { return kOutcomes; }
template <> std::span<const Word<ReasonCategory>> words<ReasonCategory>() { return kReasonCategories; }
template <> std::span<const Word<Reason>> words<Reason>() { return kReasons; }
template <> std::span<const Word<Shown>> words<Shown>() { return kShown; }
template <> std::span<const Word<Inward>> words<Inward>() { return kInwards; }
template <> std::span<const Word<Drawn>> words<Drawn>() { return kDrawns; }
template <> std::span<const Word<Move>> words<Move>() { return kMoves; }
template <> std::span<const Word<Label>> words<Label>() { return kLabels; }
// clang-format on

ReasonCategory category_of(Reason reason) {
    const auto* const row =
        std::find_if(kReasonRows.begin(), kReasonRows.end(),
                     [&](const ReasonRow& candidate) { return candidate.word.value == reason; });
    return row == kReasonRows.end() ? kConfidentiality : row->category;
}

std::span<const TemplateRow> template_rows() { return kTemplate; }

const TemplateRow& template_row(Label label) {
    return kTemplate.at(static_cast<std::size_t>(label) - 1);
}

bool is_mandatory(Label label, Kind kind) {
    return template_row(label).mandatory_for.find(letter(kind)) != std::string_view::npos;
}

bool is_refusal_code(Code code) {
    // The first rows of the table of codes are these, in the order of protocol.md 7.4 and 8.5.
    return code <= Code::kShuttingDown;
}

bool is_relay_code(Code code) {
    return code == Code::kUnknownAgency || code == Code::kQuota || code == Code::kExpired ||
           code == Code::kDiskFull || code == Code::kStarting || code == Code::kClock ||
           code == Code::kQuarantine;
}

}  // namespace lapx::schema
