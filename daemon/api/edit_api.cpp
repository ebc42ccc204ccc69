// A draft changes: by its clerk, or an approver gives it back.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/cases/deciding.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

Result<void> check_items_are_open(const cases::Case& value) {
    return value.draft.act == schema::Act::kDisclose
               ? fail(Code::kWrongState,
                      "a later disclosure is of what was signed at first: discard it and begin "
                      "another")
               : Result<void>{};
}

// What the manifest commits to changes with it, so the draft is laid out anew.
Result<void> lay_out_again(cases::Case& value, cases::Values values, const DraftRequest& by) {
    return apply_request(value, std::move(values), Json::object(), by);
}

Result<void> withhold(cases::Case& value, const Json& body, const DraftRequest& by) {
    LAPX_TRY(cases::check_changeable(value));
    LAPX_TRY(check_items_are_open(value));
    LAPX_TRY_ASSIGN(const bool wholly, flag_member(body, "wholly"));
    if (wholly) {
        LAPX_TRY(withhold_wholly(value.draft, body, by.who.id));
        LAPX_TRY_ASSIGN(auto values, cases::values_of(value.draft.items));
        return lay_out_again(value, std::move(values), by);
    }
    LAPX_TRY_ASSIGN(model::Withhold decision, withhold_from(value.draft, body, by.who.id));
    LAPX_TRY(cases::withhold(value.draft, std::move(decision)));
    cases::changed_by(value, by.who.id, by.now);
    return {};
}

Result<void> redact(cases::Case& value, const Json& body, const DraftRequest& by) {
    LAPX_TRY(check_items_are_open(value));
    LAPX_TRY_ASSIGN(std::string text, needed_text(body, "text"));
    LAPX_TRY_ASSIGN(model::Withhold withhold, withhold_from(value.draft, body, by.who.id));
    LAPX_TRY_ASSIGN(auto values, cases::values_of(value.draft.items));
    LAPX_TRY(cases::redact(value.draft, values, std::move(withhold), std::move(text)));
    return lay_out_again(value, std::move(values), by);
}

Result<void> give_it_back(cases::Case& value, const Json& body, const DraftRequest& by) {
    LAPX_TRY(cases::check_not_sent(value));
    LAPX_TRY_ASSIGN(std::string text, needed_text(body, "text"));
    if (!schema::check_value(schema::Text{text})) {
        return fail(Code::kInvalidArgument, "`text` is too long or no text");
    }
    cases::give_back(value, {by.who.id, by.now, std::move(text)});
    return {};
}

}  // namespace

Result<Json> Api::change_draft(const Request& request, const cases::Row& row, const char* verb,
                               const std::function<Result<void>(cases::Case&)>& change) {
    LAPX_TRY_ASSIGN(cases::Case value, draft_of(row));
    LAPX_TRY(change(value));
    LAPX_TRY(parts_.pipeline_parts.cases.save(value));
    LAPX_TRY(log_read(request, verb, value));
    return answer_json(request, value);
}

Result<Json> Api::edit(const Request& request, const cases::Row& row) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const bool send, flag_member(request.body, "send"));
    LAPX_TRY_ASSIGN(cases::Case value, draft_of(row));
    LAPX_TRY(parts_.pipeline.check_editable(row, value));
    LAPX_TRY(check_items_are_open(value));
    LAPX_TRY_ASSIGN(auto values, cases::values_of(value.draft.items));
    LAPX_TRY_ASSIGN(auto exhibits, store.exhibits(value.seq));
    LAPX_TRY_ASSIGN(const Uploaded uploaded, uploads_in(request, values, exhibits));
    LAPX_TRY(apply_request(value, std::move(values), request.body, by(request, exhibits)));
    if (!send) {
        LAPX_TRY(store.save(value));
        LAPX_TRY(keep_uploads(uploaded, exhibits, value.seq));
        LAPX_TRY(log_read(request, "edit", value));
        return draft_json(value);
    }
    LAPX_TRY_ASSIGN(Json out, keep(value, exhibits, request, Then::kSend));
    LAPX_TRY(keep_uploads(uploaded, exhibits, value.seq));
    LAPX_TRY(log_read(request, "edit", value));
    return out;
}

void Api::add_edit_routes(control::Server& server) {
    server.route("PATCH", "/v1/referrals/{id}", {Role::kClerk}, draft_members({"send"}),
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return edit(request, row);
                 }));
    server.route("POST", "/v1/referrals/{id}/withhold", {Role::kClerk},
                 {"item", "reason", "basis", "show", "from", "wholly"},
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return change_draft(request, row, "withhold",
                                         [&](cases::Case& value) -> Result<void> {
                                             LAPX_TRY_ASSIGN(const auto asked, by(request, value));
                                             return withhold(value, request.body, asked);
                                         });
                 }));
    server.route("POST", "/v1/referrals/{id}/redact", {Role::kClerk},
                 {"item", "reason", "basis", "show", "from", "text"},
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return change_draft(request, row, "redact",
                                         [&](cases::Case& value) -> Result<void> {
                                             LAPX_TRY(parts_.pipeline.check_editable(row, value));
                                             LAPX_TRY_ASSIGN(const auto asked, by(request, value));
                                             return redact(value, request.body, asked);
                                         });
                 }));
    server.route("POST", "/v1/referrals/{id}/return", {Role::kApprover}, {"text"},
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return change_draft(request, row, "return", [&](cases::Case& value) {
                         return give_it_back(value, request.body, by(request));
                     });
                 }));
}

}  // namespace lapx::daemon
