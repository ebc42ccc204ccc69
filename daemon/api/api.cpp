#include "daemon/api/api.hpp"

#include "daemon/log/log.hpp"

#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

// Errors after which nothing of the open round may become durable.
bool spoils_the_round(Code code) {
    return severity(code) == Severity::kFatal || code == Code::kDiskFull || code == Code::kTimeout;
}

Result<Json> as_it_is(Json body) { return body; }

}  // namespace

void Api::add_routes(control::Server& server) {
    add_contact_routes(server);
    add_key_routes(server);
    add_roster_routes(server);
    add_reach_routes(server);
    add_draft_routes(server);
    add_edit_routes(server);
    add_follow_routes(server);
    add_move_routes(server);
    add_forward_routes(server);
    add_due_routes(server);
    add_parcel_routes(server);
    add_erase_routes(server);
    add_event_routes(server);
    add_release_routes(server);
    add_standing_routes(server);
    add_list_routes(server);
    add_referral_routes(server);
    add_ledger_routes(server);
    add_audit_routes(server);
    add_access_routes(server);
    add_bundle_routes(server);
    add_upload_routes(server);
    add_exhibit_routes(server);
    add_metric_routes(server);
}

void Api::write(control::Pending pending, const std::function<Result<Json>()>& work) {
    write(std::move(pending), work, as_it_is);
}

void Api::write(control::Pending pending, const std::function<Result<Json>()>& work,
                std::function<Result<Json>(Json)> durable, Purpose purpose) {
    if (const auto why = parts_.pipeline.why_not(purpose)) {
        pending.answer(*why);
        return;
    }
    Round& round = parts_.pipeline_parts.round;
    const Result<void> begun = round.begin();
    const std::uint64_t before = round.writes();
    Result<Json> reply = begun ? work() : Result<Json>(tl::unexpected<Error>(begun.error()));
    if (!reply && !spoils_the_round(reply.error().code) && round.writes() == before) {
        pending.answer(reply.error());
        return;
    }
    if (!reply) {
        round.fail_with(reply.error());
    }
    const auto waiting = std::make_shared<control::Pending>(std::move(pending));
    // Shared, for a function that can be copied holds only what can be.
    const auto body = std::make_shared<Json>(reply ? std::move(*reply) : Json());
    round.then(
        [waiting, durable = std::move(durable), body] {
            Result<Json> told = durable(std::move(*body));
            told ? waiting->answer(std::move(*told)) : waiting->answer(told.error());
        },
        [waiting](const Error& error) { waiting->answer(error); });
}

control::Handler Api::read(std::function<Result<Json>(const control::Request&)> work) {
    return [work = std::move(work)](const control::Request& request, control::Pending pending) {
        Result<Json> reply = work(request);
        if (reply) {
            pending.answer(std::move(*reply));
        } else {
            pending.answer(reply.error());
        }
    };
}

control::Handler Api::writer(std::function<Result<Json>(const control::Request&)> work,
                             Purpose purpose) {
    return [this, work = std::move(work), purpose](const control::Request& request,
                                                   control::Pending pending) {
        write(
            std::move(pending), [&] { return work(request); }, as_it_is, purpose);
    };
}

void Api::denied(const control::Denial& denial) {
    log::warn({"denied: uid ", std::to_string(denial.uid), " operator '", denial.operator_id,
               "': ", denial.what});
    if (!denial.operator_id.empty()) {
        refused(denial.operator_id, Code::kNotPermitted);
    }
}

void Api::refused(const std::string& operator_id, Code what) {
    if (!parts_.pipeline.may_sign()) {
        return;
    }
    const auto logged = parts_.pipeline.log(schema::EntryKind::kRefused,
                                            schema::print_refused_record({operator_id, what}));
    if (!logged) {
        parts_.pipeline_parts.round.fail_with(logged.error());
    }
}

}  // namespace lapx::daemon
