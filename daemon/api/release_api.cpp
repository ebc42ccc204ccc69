// Release: approve, send, cancel, discard.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

Json awaiting_json(const Error& error) {
    return {
        {"code", to_string(error.code)}, {"message", error.context}, {"hint", hint(error.code)}};
}

// The messages of one release; the database has them only once the round ends.
Json sent_json(const std::vector<Sent>& sent) {
    Json out = Json::array();
    for (const Sent& one : sent) {
        out.push_back({{"message", to_string(one.message)},
                       {"to", one.to.text()},
                       {"state", delivery::word_of(delivery::State::kSent)},
                       {"outcome", nullptr}});
    }
    return out;
}

}  // namespace

Result<Json> Api::release_json(const cases::Case& value) {
    LAPX_TRY_ASSIGN(const auto messages, parts_.pipeline_parts.delivery.of_referral(value.seq));
    return Json{{"referral", to_string(value.draft.id)},
                {"state", cases::word_of(value.state)},
                {"leaves", leaves_json(value)},
                {"messages", messages_json(messages)}};
}

// What was made of the request: the draft, or as much as is asked for.
Result<Json> Api::answer_json(const Request& request, const cases::Case& value) {
    return request.minimal ? release_json(value) : draft_json(value);
}

// Approves and sends at once where the policy lets this person, or the standing approval of the
// feed; else the draft waits for somebody who may.
Result<Json> Api::keep(cases::Case& value, std::span<const model::SealedExhibit> exhibits,
                       const Request& request, Then then) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    if (then == Then::kNothing) {
        LAPX_TRY(check_recipients(value, exhibits, false));
        LAPX_TRY_ASSIGN(value.seq, store.save(value));
        return answer_json(request, value);
    }
    Result<Proposals> approved =
        then == Then::kFeed ? parts_.pipeline.approvals().approve_standing(value, exhibits)
        : request.who.has(Role::kApprover)
            ? parts_.pipeline.approvals().approve(value, exhibits, request.who)
            : fail(Code::kNotPermitted, "you are no approver");
    if (approved) {
        LAPX_TRY_ASSIGN(const auto sent, parts_.pipeline.send(value, std::move(*approved)));
        LAPX_TRY_ASSIGN(Json out, answer_json(request, value));
        out["messages"] = sent_json(sent);
        return out;
    }
    if (!asks_for_an_approver(approved.error().code)) {
        return tl::unexpected<Error>(approved.error());
    }
    LAPX_TRY(check_recipients(value, exhibits, true));
    LAPX_TRY_ASSIGN(value.seq, store.save(value));
    LAPX_TRY_ASSIGN(Json out, answer_json(request, value));
    out["state"] = "awaiting-approval";
    out["awaiting"] = awaiting_json(approved.error());
    return out;
}

// Whether the draft can go to whom it names; `whole`: whether it can go as it is.
Result<void> Api::check_recipients(const cases::Case& value,
                                   std::span<const model::SealedExhibit> exhibits, bool whole) {
    const PipelineParts& node = parts_.pipeline_parts;
    for (const Desk& to : value.draft.reached()) {
        LAPX_TRY(node.contacts.recipient(to, node.clock.seconds()));
        if (whole) {
            LAPX_TRY(parts_.pipeline.approvals().propose(value.draft, exhibits, to));
        }
    }
    return {};
}

Result<Json> Api::approve(const Request& request, const cases::Row& row) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(cases::Case value, draft_of(row));
    LAPX_TRY_ASSIGN(const auto exhibits, store.exhibits(value.seq));
    LAPX_TRY(parts_.pipeline.approvals().approve(value, exhibits, request.who));
    LAPX_TRY(store.save(value));
    return release_json(value);
}

// Asked twice, it says what came of it.
Result<Json> Api::send(const cases::Row& row) {
    LAPX_TRY_ASSIGN(cases::Case value, draft_of(row));
    if (cases::is_released(value.state) || value.state == cases::State::kReleasing) {
        return release_json(value);
    }
    LAPX_TRY_ASSIGN(const auto exhibits, parts_.pipeline_parts.cases.exhibits(value.seq));
    LAPX_TRY_ASSIGN(const auto sent, parts_.pipeline.send(value, exhibits));
    LAPX_TRY_ASSIGN(Json out, release_json(value));
    out["messages"] = sent_json(sent);
    return out;
}

Result<Json> Api::cancel(const Request& request, const cases::Row& row) {
    LAPX_TRY_ASSIGN(cases::Case value, draft_of(row));
    LAPX_TRY(cases::cancel(value, by(request).now));
    LAPX_TRY(parts_.pipeline_parts.cases.save(value));
    return release_json(value);
}

Result<Json> Api::discard(const cases::Row& row) {
    LAPX_TRY(draft_of(row));
    LAPX_TRY(parts_.pipeline.discard(row));
    return Json{
        {"referral", to_string(row.id)}, {"state", "discarded"}, {"messages", Json::array()}};
}

void Api::add_release_routes(control::Server& server) {
    const std::set<Role> workers{Role::kClerk, Role::kApprover};
    server.route(
        "POST", "/v1/referrals/{id}/approve", {Role::kApprover}, {},
        writer_of([this](const Request& r, const cases::Row& row) { return approve(r, row); }));
    server.route("POST", "/v1/referrals/{id}/send", workers, {},
                 writer_of([this](const Request&, const cases::Row& row) { return send(row); }));
    server.route(
        "POST", "/v1/referrals/{id}/cancel", workers, {},
        writer_of([this](const Request& r, const cases::Row& row) { return cancel(r, row); }));
    server.route("POST", "/v1/referrals/{id}/discard", workers, {},
                 writer_of([this](const Request&, const cases::Row& row) { return discard(row); }));
}

}  // namespace lapx::daemon
