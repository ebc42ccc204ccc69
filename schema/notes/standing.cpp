#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/notes/handling.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/records.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kStandingForm = "lapx/standing@v1";
constexpr std::string_view kStandingEndedForm = "lapx/standing-ended@v1";

bool names_one_twice(const std::vector<Desk>& desks) {
    for (auto at = desks.begin(); at != desks.end(); ++at) {
        if (std::find(desks.begin(), at, *at) != at) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<StandingRecord> parse_standing_record(std::string_view text) {
    LineReader in("standing record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kStandingForm));
    LAPX_TRY_ASSIGN(const auto id, in.read("id", uuid_from<StandingId>));
    LAPX_TRY_ASSIGN(std::string feed, in.read("feed", shaped(is_operator_id)));
    LAPX_TRY_ASSIGN(const auto policy, in.read("policy", digest_from<PolicyDigest>));
    LAPX_TRY_ASSIGN(auto to, in.read_all("to", 1, kMaxDigestLines, Desk::parse));
    if (names_one_twice(to)) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(Handling handling, read_handling(in));
    LAPX_TRY_ASSIGN(const std::uint64_t per_day, in.read("per-day", number_from));
    if (per_day == 0) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const Time created, in.read("created", time_from));
    LAPX_TRY_ASSIGN(const Time expires, in.read("expires", time_from));
    if (expires <= created) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(std::string approver, in.read("approver", shaped(is_operator_id)));
    LAPX_TRY(in.end());
    return StandingRecord{
        id,      std::move(feed), policy,  std::move(to),      std::move(handling),
        per_day, created,         expires, std::move(approver)};
}

std::string print_standing_record(const StandingRecord& record) {
    std::string out;
    out += kStandingForm;
    out += '\n';
    put_line(out, "id", to_string(record.id));
    put_line(out, "feed", record.feed);
    put_line(out, "policy", to_string(record.policy));
    for (const Desk& desk : record.to) {
        put_line(out, "to", desk.text());
    }
    put_handling(out, record.handling);
    put_line(out, "per-day", record.per_day);
    put_line(out, "created", to_string(record.created));
    put_line(out, "expires", to_string(record.expires));
    put_line(out, "approver", record.approver);
    return out;
}

Result<StandingEndedRecord> parse_standing_ended_record(std::string_view text) {
    LineReader in("standing-ended record", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kStandingEndedForm));
    LAPX_TRY_ASSIGN(const auto standing, in.read("standing", uuid_from<StandingId>));
    LAPX_TRY_ASSIGN(std::string operator_id, in.read("operator", shaped(is_operator_id)));
    LAPX_TRY(in.end());
    return StandingEndedRecord{standing, std::move(operator_id)};
}

std::string print_standing_ended_record(const StandingEndedRecord& record) {
    std::string out;
    out += kStandingEndedForm;
    out += '\n';
    put_line(out, "standing", to_string(record.standing));
    put_line(out, "operator", record.operator_id);
    return out;
}

}  // namespace lapx::schema
