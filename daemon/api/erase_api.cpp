// Erasing, and holds that forbid it.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/cases/drafting.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

Result<std::string> basis_of(const Request& request) {
    LAPX_TRY_ASSIGN(std::string basis, needed_text(request.body, "basis"));
    return is_line(basis, schema::kMaxText)
               ? Result<std::string>(std::move(basis))
               : fail(Code::kInvalidArgument, "`basis` must be one line");
}

// What the request names: an `item`, an `exhibit`, or the `whole`. Nothing is erased because
// nothing was named.
Result<schema::ErasedName> named_in(const Json& body, const schema::Manifest& manifest) {
    LAPX_TRY_ASSIGN(const auto item, text_member(body, "item"));
    LAPX_TRY_ASSIGN(const bool whole, flag_member(body, "whole"));
    if ((item ? 1 : 0) + (body.contains("exhibit") ? 1 : 0) + (whole ? 1 : 0) != 1) {
        return fail(Code::kInvalidArgument, "name an `item`, or an `exhibit`, or the `whole`");
    }
    if (item) {
        LAPX_TRY_ASSIGN(const std::uint16_t number, cases::item_number_from(manifest, *item));
        return schema::ErasedName{schema::ErasedPart::kItem, number};
    }
    if (whole) {
        return schema::ErasedName{};
    }
    LAPX_TRY_ASSIGN(const std::uint64_t number, needed_number(body, "exhibit"));
    if (number == 0 || number > schema::kMaxItems) {
        return fail(Code::kInvalidArgument, "an exhibit is named by its number, from 1");
    }
    return schema::ErasedName{schema::ErasedPart::kExhibit, static_cast<std::uint16_t>(number)};
}

// The newest version that is no withdrawal, which holds a reason and nothing of what it takes back.
const cases::Row& holder_among(const std::vector<cases::Row>& rows) {
    const auto found = std::find_if(rows.rbegin(), rows.rend(), [](const cases::Row& row) {
        return row.act != schema::Act::kWithdraw;
    });
    return found == rows.rend() ? rows.back() : *found;
}

}  // namespace

// Of an erased item that described an exhibit: the number of that, if its octets are still here.
Result<Json> Api::exhibit_left(const cases::Row& row, const schema::ErasedName& what) {
    if (what.part != schema::ErasedPart::kItem) {
        return nullptr;
    }
    LAPX_TRY_ASSIGN(const Json exhibits, exhibits_json(row));
    for (const Json& exhibit : exhibits) {
        if (exhibit["item"] == what.number && exhibit["here"].get<bool>()) {
            return exhibit["exhibit"];
        }
    }
    return nullptr;
}

// Of what was made from it, which holds the same in another referral, the answer tells.
Result<Json> Api::erase(const Request& request, const cases::Row& named) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const std::string basis, basis_of(request));
    LAPX_TRY_ASSIGN(const auto rows, rows_of(request, named));
    const cases::Row& row = holder_among(rows);
    const cases::Viewer viewer = viewer_of(request.who);
    Json derived = Json::array();
    if (row.direction == cases::Direction::kIn) {
        LAPX_TRY_ASSIGN(const auto made, store.derived(row, viewer));
        for (const cases::Row& one : made) {
            derived.push_back(to_string(one.id));
        }
    }
    LAPX_TRY_ASSIGN(const std::string manifest_text, store.manifest(row.seq));
    LAPX_TRY_ASSIGN(const schema::Manifest manifest, schema::parse_manifest(manifest_text));
    LAPX_TRY_ASSIGN(const schema::ErasedName what, named_in(request.body, manifest));
    LAPX_TRY_ASSIGN(const Erased done,
                    parts_.pipeline.erase(row, {what, basis, request.who.id, viewer}));
    LAPX_TRY_ASSIGN(const Json exhibit, exhibit_left(row, what));
    return Json{{"referral", to_string(row.id)},
                {"version", row.version},
                {"what", schema::erased_name_text(what)},
                {"already_erased", !done.fresh},
                {"elsewhere", done.elsewhere},
                {"exhibit_left", exhibit},
                {"derived", derived}};
}

Result<Json> Api::hold(const Request& request, const cases::Row& row) {
    LAPX_TRY_ASSIGN(const std::string basis, basis_of(request));
    LAPX_TRY_ASSIGN(const bool lift, flag_member(request.body, "lift"));
    LAPX_TRY_ASSIGN(const bool changed, parts_.pipeline.hold(row, !lift, basis, request.who.id));
    return Json{{"referral", to_string(row.id)}, {"held", !lift}, {"changed", changed}};
}

// When all content of this version was erased, and who forbids to erase any of it.
Result<void> Api::add_erasure(Json& out, const cases::Row& row) {
    LAPX_TRY_ASSIGN(const auto hold, parts_.pipeline_parts.erasing.hold(row));
    out["erased"] = row.erased ? Json(to_string(*row.erased)) : Json(nullptr);
    out["destroy_by"] = row.destroy_by ? Json(to_string(*row.destroy_by)) : Json(nullptr);
    out["hold"] = hold ? Json{{"by", hold->by}, {"since", to_string(hold->since)}} : Json(nullptr);
    return {};
}

void Api::add_erase_routes(control::Server& server) {
    // The answer says that the keys are gone only once they are gone from the WAL too.
    server.route("POST", "/v1/referrals/{id}/erase", {Role::kApprover},
                 {"item", "exhibit", "whole", "basis", "version", "as"},
                 of_referral([this](const Request& request, const cases::Row& row,
                                    control::Pending pending) {
                     write(
                         std::move(pending), [&] { return erase(request, row); },
                         [this](Json body) {
                             body["wal_emptied"] = parts_.pipeline.empty_wal();
                             return body;
                         });
                 }));
    server.route("POST", "/v1/referrals/{id}/hold", {Role::kApprover, Role::kAdmin},
                 {"lift", "basis"},
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return hold(request, row);
                 }));
}

}  // namespace lapx::daemon
