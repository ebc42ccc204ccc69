#include "schema/notes/erasure.hpp"

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kErasedForm = "lapx/erased@v1";
constexpr std::string_view kHoldForm = "lapx/hold@v1";
constexpr std::string_view kReferralWord = "referral";
constexpr std::string_view kItemWord = "item";
constexpr std::string_view kExhibitWord = "exhibit";
constexpr std::string_view kPlaced = "placed";
constexpr std::string_view kLifted = "lifted";

Result<ErasedName> erased_name_from(std::string_view text) {
    if (text == kReferralWord) {
        return ErasedName{};
    }
    const std::string_view part = take_word(text);
    LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(text));
    if (number == 0 || number > kMaxItems || (part != kItemWord && part != kExhibitWord)) {
        return fail(Code::kInvalidArgument);
    }
    return ErasedName{part == kItemWord ? ErasedPart::kItem : ErasedPart::kExhibit,
                      static_cast<std::uint16_t>(number)};
}

Result<std::uint64_t> version_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(text));
    return number == 0 ? Result<std::uint64_t>(fail(Code::kInvalidArgument)) : number;
}

Result<bool> placed_from(std::string_view text) {
    if (text != kPlaced && text != kLifted) {
        return fail(Code::kInvalidArgument);
    }
    return text == kPlaced;
}

}  // namespace

std::string erased_name_text(const ErasedName& name) {
    switch (name.part) {
        case ErasedPart::kReferral:
            return std::string(kReferralWord);
        case ErasedPart::kItem:
            return std::string(kItemWord) + ' ' + std::to_string(name.number);
        case ErasedPart::kExhibit:
            return std::string(kExhibitWord) + ' ' + std::to_string(name.number);
    }
    return {};
}

Result<ErasedRecord> parse_erased_record(std::string_view text) {
    LineReader in("erased record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kErasedForm));
    LAPX_TRY_ASSIGN(const auto referral, in.read("referral", uuid_from<ReferralId>));
    LAPX_TRY_ASSIGN(Agency agency, in.read("agency", Agency::parse));
    LAPX_TRY_ASSIGN(const std::uint64_t version, in.read("version", version_from));
    LAPX_TRY_ASSIGN(const ErasedName what, in.read("what", erased_name_from));
    LAPX_TRY_ASSIGN(std::string operator_id, in.read("operator", shaped(is_operator_id)));
    LAPX_TRY_ASSIGN(std::string basis, in.read("basis", text_from));
    LAPX_TRY(in.end());
    return ErasedRecord{referral, std::move(agency),      version,
                        what,     std::move(operator_id), std::move(basis)};
}

std::string print_erased_record(const ErasedRecord& record) {
    std::string out = std::string(kErasedForm) + '\n';
    put_line(out, "referral", to_string(record.referral));
    put_line(out, "agency", record.agency.text());
    put_line(out, "version", std::to_string(record.version));
    put_line(out, "what", erased_name_text(record.what));
    put_line(out, "operator", record.operator_id);
    put_line(out, "basis", record.basis);
    return out;
}

Result<HoldRecord> parse_hold_record(std::string_view text) {
    LineReader in("hold record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kHoldForm));
    LAPX_TRY_ASSIGN(const auto referral, in.read("referral", uuid_from<ReferralId>));
    LAPX_TRY_ASSIGN(Agency agency, in.read("agency", Agency::parse));
    LAPX_TRY_ASSIGN(const bool placed, in.read("state", placed_from));
    LAPX_TRY_ASSIGN(std::string operator_id, in.read("operator", shaped(is_operator_id)));
    LAPX_TRY_ASSIGN(std::string basis, in.read("basis", text_from));
    LAPX_TRY(in.end());
    return HoldRecord{referral, std::move(agency), placed, std::move(operator_id),
                      std::move(basis)};
}

std::string print_hold_record(const HoldRecord& record) {
    std::string out = std::string(kHoldForm) + '\n';
    put_line(out, "referral", to_string(record.referral));
    put_line(out, "agency", record.agency.text());
    put_line(out, "state", record.placed ? kPlaced : kLifted);
    put_line(out, "operator", record.operator_id);
    put_line(out, "basis", record.basis);
    return out;
}

}  // namespace lapx::schema
