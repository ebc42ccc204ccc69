// Standing approvals: list, add, end.

#include "daemon/api/api.hpp"
#include "daemon/api/handling.hpp"
#include "daemon/api/json.hpp"
#include "schema/notes/values.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::size_t kMaxRecipients = 64;
constexpr std::uint64_t kMaxPerDay = 1'000'000;

}  // namespace

Result<Json> Api::standing_json(const cases::Standing& standing) {
    const PipelineParts& node = parts_.pipeline_parts;
    const schema::StandingRecord& record = standing.record;
    LAPX_TRY_ASSIGN(const std::uint64_t used,
                    node.standings.used(standing.seq, node.clock.seconds()));
    const auto in_force = parts_.pipeline.approvals().check_standing(standing);
    Json to = Json::array();
    for (const Desk& desk : record.to) {
        to.push_back(desk.text());
    }
    return Json{{"standing", to_string(record.id)},
                {"feed", record.feed},
                {"to", to},
                {"handling", handling_json(record.handling)},
                {"policy", to_string(record.policy)},
                {"per_day", record.per_day},
                {"used_today", used},
                {"created", to_string(record.created)},
                {"expires", to_string(record.expires)},
                {"approver", record.approver},
                {"ended", standing.ended ? Json(to_string(*standing.ended)) : Json(nullptr)},
                {"in_force", in_force.has_value()},
                {"cause", in_force ? Json(nullptr) : Json(to_string(in_force.error().code))}};
}

Result<Json> Api::standings() {
    LAPX_TRY_ASSIGN(const auto all, parts_.pipeline_parts.standings.list());
    Json items = Json::array();
    for (const cases::Standing& standing : all) {
        LAPX_TRY_ASSIGN(Json item, standing_json(standing));
        items.push_back(std::move(item));
    }
    return Json{{"items", std::move(items)}, {"next", nullptr}};
}

Result<Json> Api::add_standing(const Request& request) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(std::string feed, needed_text(request.body, "feed"));
    if (!schema::is_operator_id(feed)) {
        return fail(Code::kInvalidArgument, "`feed` is 1 to 32 of a-z 0-9 . _ -");
    }
    LAPX_TRY_ASSIGN(const auto names, list_member(request.body, "to"));
    LAPX_TRY_ASSIGN(auto to, desks_from(names.value_or(std::vector<std::string>{})));
    if (to.empty() || to.size() > kMaxRecipients) {
        return fail(Code::kNoRecipient, "`to` must name 1 to 64 desks");
    }
    model::Handling handling;
    LAPX_TRY(apply_handling(handling, request.body, node.self.notice.zone, node.clock.seconds()));
    LAPX_TRY_ASSIGN(const std::uint64_t per_day, needed_number(request.body, "per_day"));
    if (per_day == 0 || per_day > kMaxPerDay) {
        return fail(Code::kInvalidArgument, "`per_day` is 1 to 1000000");
    }
    LAPX_TRY_ASSIGN(const std::string end, needed_text(request.body, "expires"));
    LAPX_TRY_ASSIGN(const Time expires, end_from(end, node.self.notice.zone));
    std::array<std::uint8_t, 10> random{};
    node.random.fill(random);
    const StandingId id{
        uuid7(static_cast<std::uint64_t>(node.clock.now().time_since_epoch().count()), random)};
    LAPX_TRY(parts_.pipeline.approvals().add_standing(
        {id, feed, node.policy.digest, std::move(to), std::move(handling), per_day,
         node.clock.seconds(), expires, request.who.id}));
    LAPX_TRY_ASSIGN(const auto added, node.standings.newest(feed));
    return standing_json(*added);
}

void Api::add_standing_routes(control::Server& server) {
    server.route("GET", "/v1/standing",
                 {Role::kClerk, Role::kApprover, Role::kFeeder, Role::kAuditor}, {},
                 read([this](const Request&) { return standings(); }));
    server.route("POST", "/v1/standing", {Role::kApprover},
                 handling_members({"feed", "to", "per_day", "expires"}),
                 writer([this](const Request& request) { return add_standing(request); }));
    server.route("POST", "/v1/standing/{feed}/end", {Role::kApprover}, {},
                 writer([this](const Request& request) -> Result<Json> {
                     LAPX_TRY_ASSIGN(
                         const cases::Standing ended,
                         parts_.pipeline.approvals().end_standing(request.path.at(1), request.who));
                     return standing_json(ended);
                 }));
}

}  // namespace lapx::daemon
