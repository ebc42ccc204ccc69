// Need to know at the socket: a referral is found as the caller may see it, what is read of it is
// recorded, and it is restricted to officers.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

std::string read_record(const Request& request, const char* verb, const ReferralId& referral) {
    return schema::print_read_record(
        {request.who.id, std::string(verb) + " of " + to_string(referral)});
}

}  // namespace

// Whether the referral is hidden from this caller or there is none, the same happens: one answer,
// one entry, which says to auditors which of the two it was.
Result<cases::Row> Api::find(const Request& request, const std::string& name) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    auto row = store.find(name, viewer_of(request.who));
    if (!row && row.error().code == Code::kUnknownReferral &&
        hides_something(parts_.pipeline_parts.config)) {
        const auto there = store.find(name, viewer_of_all());
        const bool nowhere = !there && there.error().code == Code::kUnknownReferral;
        refused(request.who.id, nowhere ? Code::kUnknownReferral : Code::kNotPermitted);
    }
    return row;
}

control::Handler Api::of_referral(
    std::function<void(const Request&, const cases::Row&, control::Pending)> work) {
    return [this, work = std::move(work)](const Request& request, control::Pending pending) {
        // referrals/{id}/…, ledger/prove/{id}
        const std::size_t id = request.path.front() == "ledger" ? 2 : 1;
        const auto row = find(request, request.path.at(id));
        if (row) {
            work(request, *row, std::move(pending));
        } else {
            pending.answer(row.error());
        }
    };
}

control::Handler Api::read_of(OfReferral work) {
    return of_referral(
        [work = std::move(work)](const Request& request, const cases::Row& row,
                                 control::Pending pending) { pending.answer(work(request, row)); });
}

control::Handler Api::writer_of(OfReferral work) {
    return of_referral([this, work = std::move(work)](const Request& request, const cases::Row& row,
                                                      control::Pending pending) {
        write(std::move(pending), [&] { return work(request, row); });
    });
}

control::Handler Api::reads(const char* verb, ReadReferral work) {
    return of_referral([this, verb, work = std::move(work)](const Request& request,
                                                            const cases::Row& row,
                                                            control::Pending pending) {
        Result<Content> found = work(request, row);
        if (!found) {
            pending.answer(found.error());
        } else if (!found->confidential) {
            pending.answer(std::move(found->json));
        } else {
            answer_recorded(std::move(pending), schema::EntryKind::kRead,
                            read_record(request, verb, row.id), std::move(found->json));
        }
    });
}

void Api::answer_recorded(control::Pending pending, schema::EntryKind kind,
                          const std::string& record, Json answer) {
    write(std::move(pending), [&]() -> Result<Json> {
        LAPX_TRY(parts_.pipeline.log(kind, record));
        return std::move(answer);
    });
}

Result<void> Api::log_read(const Request& request, const char* verb, const cases::Case& value) {
    if (!holds_confidential(value)) {
        return {};
    }
    LAPX_TRY(
        parts_.pipeline.log(schema::EntryKind::kRead, read_record(request, verb, value.draft.id)));
    return {};
}

bool Api::is_confidential(schema::Label label) const {
    return disclosure::is_confidential(parts_.pipeline_parts.policy, label);
}

bool Api::holds_confidential(const cases::Case& value) const {
    return std::any_of(value.draft.items.begin(), value.draft.items.end(),
                       [this](const auto& item) {
                           return item.present && !item.erased && is_confidential(item.label);
                       });
}

Result<void> Api::restrict_case(const Request& request, const ReferralId& case_id,
                                const std::vector<std::string>& officers) {
    LAPX_TRY(
        parts_.pipeline.log(schema::EntryKind::kRestricted,
                            schema::print_restricted_record({case_id, request.who.id, officers})));
    return parts_.pipeline_parts.cases.restrict(case_id, officers);
}

// The whole case: what follows a referral tells of it.
Result<Json> Api::restrict(const Request& request, const cases::Row& row) {
    const PipelineParts& node = parts_.pipeline_parts;
    const ReferralId& id = row.case_name.id;
    LAPX_TRY_ASSIGN(const auto to, list_member(request.body, "to"));
    LAPX_TRY_ASSIGN(const bool lift, flag_member(request.body, "lift"));
    if (lift == to.has_value()) {
        return fail(Code::kInvalidArgument, "either `to` names officers, or `lift` is true");
    }
    std::vector<std::string> officers;
    if (to) {
        LAPX_TRY_ASSIGN(officers, officers_from(*to, node.config, node.cases, id));
    }
    LAPX_TRY(restrict_case(request, id, officers));
    return Json{
        {"referral", to_string(row.id)}, {"case", to_string(id)}, {"restricted_to", officers}};
}

void Api::add_access_routes(control::Server& server) {
    server.route("POST", "/v1/referrals/{id}/restrict", {Role::kClerk, Role::kApprover},
                 {"to", "lift"}, writer_of([this](const Request& request, const cases::Row& row) {
                     return restrict(request, row);
                 }));
}

}  // namespace lapx::daemon
