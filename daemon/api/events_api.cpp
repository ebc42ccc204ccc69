// What became of messages, for programs that follow it.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::size_t kEvents = 500;  // looked at for one answer

}  // namespace

// Nothing where it is of no referral that the viewer sees. No content: what happened is told, and
// of which referral; the rest is behind `show`.
Result<std::optional<Json>> Api::event_json(const delivery::Message& message,
                                            const cases::Viewer& viewer) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto moved, node.moves.of_message(message.seq));
    const auto referral = moved ? std::optional(moved->referral) : message.referral;
    if (!referral) {
        return std::optional<Json>{};
    }
    LAPX_TRY_ASSIGN(const auto row, node.cases.row(*referral, viewer));
    if (!row) {
        return std::optional<Json>{};
    }
    return Json{{"event", message.change},
                {"time", to_string(message.changed)},
                {"state", delivery::word_of(message.state)},
                {"code", message.outcome ? Json(to_string(*message.outcome)) : Json(nullptr)},
                {"referral", to_string(row->id)},
                {"external_id", row->own_number ? Json(*row->own_number) : Json(nullptr)},
                {"version", row->version},
                {"act", word(message.act)},
                {"move", moved ? Json(word(moved->body.move)) : Json(nullptr)},
                {"peer", message.peer.text()},
                {"to", desk_of(message)},
                {"message", to_string(message.id)}};
}

Result<Json> Api::events(const Request& request) {
    std::uint64_t last = 0;
    if (const auto after = request.query.find("after"); after != request.query.end()) {
        LAPX_TRY_ASSIGN(last, number_from(after->second));
    }
    LAPX_TRY_ASSIGN(const auto changed, parts_.pipeline_parts.delivery.changed(last, kEvents));
    if (changed.empty() && last > parts_.pipeline_parts.delivery.last_committed()) {
        return fail(Code::kInvalidArgument,
                    "there is no event " + std::to_string(last) +
                        " yet: was that number kept with another home, or before a backup was "
                        "restored?");
    }
    Json items = Json::array();
    for (const delivery::Message& message : changed) {
        LAPX_TRY_ASSIGN(auto event, event_json(message, viewer_of(request.who)));
        if (event) {
            items.push_back(*std::move(event));
        }
        last = message.change;
    }
    return Json{{"items", std::move(items)}, {"last", last}, {"more", changed.size() == kEvents}};
}

void Api::add_event_routes(control::Server& server) {
    server.route("GET", "/v1/events",
                 {Role::kClerk, Role::kApprover, Role::kFeeder, Role::kAuditor}, {"after"},
                 read([this](const Request& request) { return events(request); }));
}

}  // namespace lapx::daemon
