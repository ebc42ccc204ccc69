#pragma once
// The data that ledger entries commit to (protocol.md 6.4, 6.5). Parsers' errors are
// kNoteMalformed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/id.hpp"
#include "schema/notes/referral.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {

// `open`: the first entry of a log.
struct OpenRecord {
    CardDigest card;
    bool operator==(const OpenRecord&) const = default;
};
Result<OpenRecord> parse_open_record(std::string_view text);
std::string print_open_record(const OpenRecord& record);

// `card`: an admission to the directory, or a change of trust.
struct TrustChange {
    Agency agency;
    TrustState state;
    bool operator==(const TrustChange&) const = default;
};
struct AdmittedRecord {
    std::variant<CardDigest, NoticeDigest, RevocationDigest, TrustChange> what;
    bool operator==(const AdmittedRecord&) const = default;
};
Result<AdmittedRecord> parse_admitted_record(std::string_view text);
std::string print_admitted_record(const AdmittedRecord& record);

// `approved`.
struct ApprovedRecord {
    ReferralId referral;
    std::vector<ViewDigest> views;  // at least one
    std::string approver;           // operator id
    std::optional<StandingId> standing;
    bool operator==(const ApprovedRecord&) const = default;
};
Result<ApprovedRecord> parse_approved_record(std::string_view text);
std::string print_approved_record(const ApprovedRecord& record);

// `approved` too: a standing approval, under which referrals of a feed go without another one.
struct StandingRecord {
    StandingId id;
    std::string feed;  // a name in the form of an operator id
    PolicyDigest policy;
    std::vector<Desk> to;  // at least one, no repeats
    Handling handling;
    std::uint64_t per_day;  // referrals in a UTC day, from 1
    Time created;
    Time expires;          // later than created
    std::string approver;  // operator id
    bool operator==(const StandingRecord&) const = default;
};
Result<StandingRecord> parse_standing_record(std::string_view text);
std::string print_standing_record(const StandingRecord& record);

// And the end of one before its time.
struct StandingEndedRecord {
    StandingId standing;
    std::string operator_id;
    bool operator==(const StandingEndedRecord&) const = default;
};
Result<StandingEndedRecord> parse_standing_ended_record(std::string_view text);
std::string print_standing_ended_record(const StandingEndedRecord& record);

// `sent`.
struct SentRecord {
    CoverDigest cover;
    bool operator==(const SentRecord&) const = default;
};
Result<SentRecord> parse_sent_record(std::string_view text);
std::string print_sent_record(const SentRecord& record);

// `received`: accepted, or a final refusal.
struct ReceivedRecord {
    CoverDigest cover;
    std::optional<Code> refusal;  // nothing: accepted
    bool operator==(const ReceivedRecord&) const = default;
};
Result<ReceivedRecord> parse_received_record(std::string_view text);
std::string print_received_record(const ReceivedRecord& record);

// `conflict`.
struct ConflictRecord {
    Code what;
    std::vector<ContentDigest> evidence;  // at least one
    bool operator==(const ConflictRecord&) const = default;
};
Result<ConflictRecord> parse_conflict_record(std::string_view text);
std::string print_conflict_record(const ConflictRecord& record);

// `refused`: what an operator (id) or another agency was refused.
struct RefusedRecord {
    std::variant<std::string, Agency> who;
    Code what;
    bool operator==(const RefusedRecord&) const = default;
};
Result<RefusedRecord> parse_refused_record(std::string_view text);
std::string print_refused_record(const RefusedRecord& record);

// `restricted`: who alone sees a case from then on; without officers, whoever works at its desks.
struct RestrictedRecord {
    ReferralId referral;
    std::string operator_id;
    std::vector<std::string> officers;  // operator ids, ascending
    bool operator==(const RestrictedRecord&) const = default;
};
Result<RestrictedRecord> parse_restricted_record(std::string_view text);
std::string print_restricted_record(const RestrictedRecord& record);

// `exported` and `read`.
struct AccessRecord {
    std::string operator_id;
    std::string what;
    bool operator==(const AccessRecord&) const = default;
};
Result<AccessRecord> parse_exported_record(std::string_view text);
std::string print_exported_record(const AccessRecord& record);
Result<AccessRecord> parse_read_record(std::string_view text);
std::string print_read_record(const AccessRecord& record);

// `moved` and `consent`: what an operator said in a case, under which cover it went.
struct MovedRecord {
    CoverDigest cover;
    Move move;
    std::string operator_id;
    bool operator==(const MovedRecord&) const = default;
};
Result<MovedRecord> parse_moved_record(std::string_view text);
std::string print_moved_record(const MovedRecord& record);
Result<MovedRecord> parse_consent_record(std::string_view text);
std::string print_consent_record(const MovedRecord& record);

// `decided`: what became of every item of one release to one recipient.
struct Withholding {
    Reason reason;
    Shown shown;
    std::string decider;  // operator id
    bool operator==(const Withholding&) const = default;
};
// Item number n is items[n - 1].
struct DecidedItem {
    Label label;
    ItemClass item_class;
    // Absent, disclosed, or withheld and how.
    std::variant<std::monostate, Disclosed, Withholding> inward;
    // Of a derivative (label `redacted`): the number of the item that it stands for. Else 0.
    std::uint16_t original = 0;
    bool operator==(const DecidedItem&) const = default;
};
Inward inward_of(const DecidedItem& item);
struct DecidedRecord {
    ReferralId referral;
    std::optional<MessageId> message;  // nothing, like the cover: wholly withheld
    Desk to;
    std::optional<CoverDigest> cover;
    ViewDigest view;
    std::optional<PolicyDigest> policy;
    std::string approver;  // operator id
    bool self_approved;
    std::optional<StandingId> standing;
    TextsDigest texts;
    std::vector<DecidedItem> items;
    bool operator==(const DecidedRecord&) const = default;
};
Result<DecidedRecord> parse_decided_record(std::string_view text);
std::string print_decided_record(const DecidedRecord& record);

// The free words of a decided record, kept apart so that they can be erased alone. They have no
// first line that names the form: their digest's label does. No line at all is fine too.
struct OperatorWords {
    std::string id;        // operator id
    std::string name;      // without "; "
    std::string position;  //
    bool operator==(const OperatorWords&) const = default;
};
struct BasisWords {
    std::uint16_t number;  // of the item
    std::string text;
    bool operator==(const BasisWords&) const = default;
};
struct DecidedTexts {
    std::vector<OperatorWords> operators;  // ascending ids
    std::vector<BasisWords> bases;         // ascending numbers
    bool operator==(const DecidedTexts&) const = default;
};
Result<DecidedTexts> parse_decided_texts(std::string_view text);
std::string print_decided_texts(const DecidedTexts& texts);

}  // namespace lapx::schema
