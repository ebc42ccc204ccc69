// A referral of our own, made from one that came in.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "schema/codec/item_text.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

// What is ours to say anew: who deals with it, who gets it.
bool is_taken_over(schema::Label label) {
    return label != schema::Label::kOfficer && label != schema::Label::kAddressees;
}

}  // namespace

// Its exhibits that are here, counted as the values taken over count them: without those whose
// description was erased.
Result<std::vector<model::SealedExhibit>> Api::exhibits_for_forward(
    const cases::Row& row, const std::vector<DescribedExhibit>& described) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    std::vector<model::SealedExhibit> out;
    LAPX_TRY_ASSIGN(const auto here, store.exhibits_here(row.seq));
    std::uint16_t element = 0;
    for (const DescribedExhibit& one : described) {
        element += one.description ? 1 : 0;
        if (one.description && std::find(here.begin(), here.end(), one.element) != here.end()) {
            LAPX_TRY_ASSIGN(auto exhibit, store.exhibit(row.seq, one.element));
            exhibit->element = element;
            out.push_back(std::move(*exhibit));
        }
    }
    return out;
}

Result<Json> Api::forward(const Request& request, const cases::Row& named) {
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    if (row.direction != cases::Direction::kIn) {
        return fail(Code::kWrongState, "what you sent yourself is passed on by filing it again");
    }
    if (row.erased) {
        return fail(Code::kErased, "nothing of it is left to be passed on");
    }
    LAPX_TRY_ASSIGN(const auto to, list_member(request.body, "to"));
    if (!to || to->empty()) {
        return fail(Code::kNoRecipient, "`to` must name at least one desk");
    }
    LAPX_TRY_ASSIGN(const bool send, flag_member(request.body, "send"));
    LAPX_TRY_ASSIGN(const Received got, received(row));
    cases::Values values;
    // What stood in the place of something that we did not get stands for nothing of ours.
    Json left_out = Json::array();
    std::size_t next = 0;
    for (std::size_t i = 0; i < got.manifest.items.size(); ++i) {
        if (!std::holds_alternative<schema::Disclosed>(got.cover.view()->view.items.at(i))) {
            continue;
        }
        const Bytes& octets = got.items.at(next++);
        if (octets.empty()) {
            continue;  // erased
        }
        LAPX_TRY_ASSIGN(schema::DecodedItem item, schema::decode_item(octets));
        const schema::Label label = got.manifest.items[i].label;
        if (label == schema::Label::kRedacted) {
            left_out.push_back(schema::describe_item(item.value));
        } else if (is_taken_over(label)) {
            values[label].push_back(std::move(item.value));
        }
    }
    LAPX_TRY_ASSIGN(const auto described, described_exhibits(row));
    LAPX_TRY_ASSIGN(auto exhibits, exhibits_for_forward(row, described));
    const std::size_t taken_over = exhibits.size();
    LAPX_TRY_ASSIGN(const Uploaded uploaded, uploads_in(request, values, exhibits));
    cases::Case value = cases::made_from(row, got.cover, new_referral_id(), request.who.id);
    LAPX_TRY(apply_request(value, std::move(values), request.body, by(request, exhibits)));
    for (const Desk& desk : value.draft.reached()) {
        LAPX_TRY(parts_.pipeline.approvals().check_passing_on(value.draft, desk));
    }
    LAPX_TRY_ASSIGN(Json out, keep(value, exhibits, request, send_if(send)));
    for (std::size_t i = 0; i < taken_over; ++i) {
        LAPX_TRY(parts_.pipeline_parts.cases.add_exhibit(value.seq, exhibits[i]));
    }
    LAPX_TRY(keep_uploads(uploaded, exhibits, value.seq));
    // What is made from a restricted case tells the same, and is for the same people.
    LAPX_TRY_ASSIGN(const auto officers,
                    parts_.pipeline_parts.cases.restricted_to(row.case_name.id));
    if (!officers.empty()) {
        LAPX_TRY(restrict_case(request, value.draft.id, officers));
    }
    out["left_out"] = std::move(left_out);
    LAPX_TRY(log_read(request, "forward", value));
    return out;
}

void Api::add_forward_routes(control::Server& server) {
    server.route("POST", "/v1/referrals/{id}/forward", {Role::kClerk},
                 draft_members({"send", "version", "as"}),
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return forward(request, row);
                 }));
}

}  // namespace lapx::daemon
