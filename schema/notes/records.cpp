#include "schema/notes/records.hpp"

#include <algorithm>
#include <functional>

#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/move.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kOpenForm = "lapx/open@v1";
constexpr std::string_view kAdmittedForm = "lapx/admitted@v1";
constexpr std::string_view kApprovedForm = "lapx/approved@v1";
constexpr std::string_view kSentForm = "lapx/sent@v1";
constexpr std::string_view kReceivedForm = "lapx/received@v1";
constexpr std::string_view kConflictForm = "lapx/conflict@v1";
constexpr std::string_view kRefusedForm = "lapx/refused@v1";
constexpr std::string_view kRestrictedForm = "lapx/restricted@v1";
constexpr std::string_view kExportedForm = "lapx/exported@v1";
constexpr std::string_view kReadForm = "lapx/read@v1";
constexpr std::string_view kMovedForm = "lapx/moved@v1";
constexpr std::string_view kConsentForm = "lapx/consent@v1";
constexpr std::string_view kAccepted = "accepted";

std::string form_line(std::string_view form) { return std::string(form) + '\n'; }

Result<Code> known_code(std::string_view text) {
    const auto code = code_from(text);
    if (!code) {
        return fail(Code::kInvalidArgument);
    }
    return *code;
}

// `accepted`, or the code of a final refusal.
Result<std::optional<Code>> outcome_from(std::string_view text) {
    if (text == kAccepted) {
        return std::optional<Code>{};
    }
    LAPX_TRY_ASSIGN(const Code code, known_code(text));
    if (!is_refusal_code(code) || severity(code) != Severity::kRefused) {
        return fail(Code::kInvalidArgument);
    }
    return std::optional<Code>(code);
}

Result<TrustChange> read_trust_change(LineReader& in) {
    LAPX_TRY_ASSIGN(Agency agency, in.read("agency", Agency::parse));
    LAPX_TRY_ASSIGN(const TrustState state, in.read("state", from_word<TrustState>));
    return TrustChange{std::move(agency), state};
}

Result<AdmittedRecord> read_admitted(LineReader& in) {
    LAPX_TRY_ASSIGN(const auto card, in.read_optional("card", digest_from<CardDigest>));
    if (card) {
        return AdmittedRecord{*card};
    }
    LAPX_TRY_ASSIGN(const auto notice, in.read_optional("notice", digest_from<NoticeDigest>));
    if (notice) {
        return AdmittedRecord{*notice};
    }
    LAPX_TRY_ASSIGN(const auto revoke, in.read_optional("revoke", digest_from<RevocationDigest>));
    if (revoke) {
        return AdmittedRecord{*revoke};
    }
    LAPX_TRY_ASSIGN(TrustChange change, read_trust_change(in));
    return AdmittedRecord{std::move(change)};
}

Result<AccessRecord> parse_access(std::string_view name, std::string_view form,
                                  std::string_view text) {
    LineReader in(name, text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(form));
    LAPX_TRY_ASSIGN(std::string operator_id, in.read("operator", shaped(is_operator_id)));
    LAPX_TRY_ASSIGN(std::string what, in.read("what", text_from));
    LAPX_TRY(in.end());
    return AccessRecord{std::move(operator_id), std::move(what)};
}

std::string print_access(std::string_view form, const AccessRecord& record) {
    std::string out = form_line(form);
    put_line(out, "operator", record.operator_id);
    put_line(out, "what", record.what);
    return out;
}

// The one form is for consents, the other for all else.
Result<MovedRecord> parse_moved(std::string_view name, std::string_view form,
                                std::string_view text) {
    LineReader in(name, text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(form));
    LAPX_TRY_ASSIGN(const CoverDigest cover, in.read("cover", digest_from<CoverDigest>));
    LAPX_TRY_ASSIGN(const Move move, in.read("move", from_word<Move>));
    if (is_consent(move) != (form == kConsentForm)) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(std::string operator_id, in.read("operator", shaped(is_operator_id)));
    LAPX_TRY(in.end());
    return MovedRecord{cover, move, std::move(operator_id)};
}

std::string print_moved(std::string_view form, const MovedRecord& record) {
    std::string out = form_line(form);
    put_line(out, "cover", to_string(record.cover));
    put_line(out, "move", word_of(record.move));
    put_line(out, "operator", record.operator_id);
    return out;
}

}  // namespace

Result<OpenRecord> parse_open_record(std::string_view text) {
    LineReader in("open record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kOpenForm));
    LAPX_TRY_ASSIGN(const CardDigest card, in.read("card", digest_from<CardDigest>));
    LAPX_TRY(in.end());
    return OpenRecord{card};
}

std::string print_open_record(const OpenRecord& record) {
    std::string out = form_line(kOpenForm);
    put_line(out, "card", to_string(record.card));
    return out;
}

Result<AdmittedRecord> parse_admitted_record(std::string_view text) {
    LineReader in("admitted record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kAdmittedForm));
    LAPX_TRY_ASSIGN(AdmittedRecord record, read_admitted(in));
    LAPX_TRY(in.end());
    return record;
}

std::string print_admitted_record(const AdmittedRecord& record) {
    std::string out = form_line(kAdmittedForm);
    if (const auto* const card = std::get_if<CardDigest>(&record.what)) {
        put_line(out, "card", to_string(*card));
    } else if (const auto* const notice = std::get_if<NoticeDigest>(&record.what)) {
        put_line(out, "notice", to_string(*notice));
    } else if (const auto* const revoke = std::get_if<RevocationDigest>(&record.what)) {
        put_line(out, "revoke", to_string(*revoke));
    } else if (const auto* const change = std::get_if<TrustChange>(&record.what)) {
        put_line(out, "agency", change->agency.text());
        put_line(out, "state", word_of(change->state));
    }
    return out;
}

Result<ApprovedRecord> parse_approved_record(std::string_view text) {
    LineReader in("approved record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kApprovedForm));
    LAPX_TRY_ASSIGN(const auto referral, in.read("referral", uuid_from<ReferralId>));
    LAPX_TRY_ASSIGN(auto views, in.read_all("view", 1, kMaxDigestLines, digest_from<ViewDigest>));
    LAPX_TRY_ASSIGN(std::string approver, in.read("approver", shaped(is_operator_id)));
    LAPX_TRY_ASSIGN(const auto standing, in.read_optional("standing", uuid_from<StandingId>));
    LAPX_TRY(in.end());
    return ApprovedRecord{referral, std::move(views), std::move(approver), standing};
}

std::string print_approved_record(const ApprovedRecord& record) {
    std::string out = form_line(kApprovedForm);
    put_line(out, "referral", to_string(record.referral));
    for (const ViewDigest& view : record.views) {
        put_line(out, "view", to_string(view));
    }
    put_line(out, "approver", record.approver);
    if (record.standing) {
        put_line(out, "standing", to_string(*record.standing));
    }
    return out;
}

Result<SentRecord> parse_sent_record(std::string_view text) {
    LineReader in("sent record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kSentForm));
    LAPX_TRY_ASSIGN(const CoverDigest cover, in.read("cover", digest_from<CoverDigest>));
    LAPX_TRY(in.end());
    return SentRecord{cover};
}

std::string print_sent_record(const SentRecord& record) {
    std::string out = form_line(kSentForm);
    put_line(out, "cover", to_string(record.cover));
    return out;
}

Result<ReceivedRecord> parse_received_record(std::string_view text) {
    LineReader in("received record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kReceivedForm));
    LAPX_TRY_ASSIGN(const CoverDigest cover, in.read("cover", digest_from<CoverDigest>));
    LAPX_TRY_ASSIGN(const auto refusal, in.read("outcome", outcome_from));
    LAPX_TRY(in.end());
    return ReceivedRecord{cover, refusal};
}

std::string print_received_record(const ReceivedRecord& record) {
    std::string out = form_line(kReceivedForm);
    put_line(out, "cover", to_string(record.cover));
    put_line(out, "outcome", record.refusal ? to_string(*record.refusal) : kAccepted);
    return out;
}

Result<ConflictRecord> parse_conflict_record(std::string_view text) {
    LineReader in("conflict record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kConflictForm));
    LAPX_TRY_ASSIGN(const Code what, in.read("what", known_code));
    LAPX_TRY_ASSIGN(auto evidence,
                    in.read_all("evidence", 1, kMaxDigestLines, digest_from<ContentDigest>));
    LAPX_TRY(in.end());
    return ConflictRecord{what, std::move(evidence)};
}

std::string print_conflict_record(const ConflictRecord& record) {
    std::string out = form_line(kConflictForm);
    put_line(out, "what", to_string(record.what));
    for (const ContentDigest& digest : record.evidence) {
        put_line(out, "evidence", to_string(digest));
    }
    return out;
}

Result<RefusedRecord> parse_refused_record(std::string_view text) {
    LineReader in("refused record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kRefusedForm));
    LAPX_TRY_ASSIGN(auto operator_id, in.read_optional("operator", shaped(is_operator_id)));
    RefusedRecord record{std::move(operator_id).value_or(std::string{}), Code::kInternal};
    if (std::get<std::string>(record.who).empty()) {
        LAPX_TRY_ASSIGN(record.who, in.read("agency", Agency::parse));
    }
    LAPX_TRY_ASSIGN(record.what, in.read("what", known_code));
    LAPX_TRY(in.end());
    return record;
}

std::string print_refused_record(const RefusedRecord& record) {
    std::string out = form_line(kRefusedForm);
    if (const auto* const agency = std::get_if<Agency>(&record.who)) {
        put_line(out, "agency", agency->text());
    } else {
        put_line(out, "operator", std::get<std::string>(record.who));
    }
    put_line(out, "what", to_string(record.what));
    return out;
}

Result<RestrictedRecord> parse_restricted_record(std::string_view text) {
    LineReader in("restricted record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kRestrictedForm));
    LAPX_TRY_ASSIGN(const auto referral, in.read("referral", uuid_from<ReferralId>));
    LAPX_TRY_ASSIGN(std::string operator_id, in.read("operator", shaped(is_operator_id)));
    LAPX_TRY_ASSIGN(auto officers, in.read_all("officer", 0, kMaxOfficers, shaped(is_operator_id)));
    LAPX_TRY(in.end());
    if (std::adjacent_find(officers.begin(), officers.end(), std::greater_equal<>()) !=
        officers.end()) {
        return in.malformed();
    }
    return RestrictedRecord{referral, std::move(operator_id), std::move(officers)};
}

std::string print_restricted_record(const RestrictedRecord& record) {
    std::string out = form_line(kRestrictedForm);
    put_line(out, "referral", to_string(record.referral));
    put_line(out, "operator", record.operator_id);
    for (const std::string& officer : record.officers) {
        put_line(out, "officer", officer);
    }
    return out;
}

Result<AccessRecord> parse_exported_record(std::string_view text) {
    return parse_access("exported record", kExportedForm, text);
}

std::string print_exported_record(const AccessRecord& record) {
    return print_access(kExportedForm, record);
}

Result<AccessRecord> parse_read_record(std::string_view text) {
    return parse_access("read record", kReadForm, text);
}

std::string print_read_record(const AccessRecord& record) {
    return print_access(kReadForm, record);
}

Result<MovedRecord> parse_moved_record(std::string_view text) {
    return parse_moved("moved record", kMovedForm, text);
}
std::string print_moved_record(const MovedRecord& record) {
    return print_moved(kMovedForm, record);
}
Result<MovedRecord> parse_consent_record(std::string_view text) {
    return parse_moved("consent record", kConsentForm, text);
}
std::string print_consent_record(const MovedRecord& record) {
    return print_moved(kConsentForm, record);
}

}  // namespace lapx::schema
