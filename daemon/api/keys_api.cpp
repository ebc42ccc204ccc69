// Our own card and notice, and the keys they name.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "keys/directory.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::chrono::days kMostOverlap{365};

// Nothing where the request leaves it to the node.
Result<std::optional<std::chrono::seconds>> overlap_from(const Json& body) {
    if (!body.contains("overlap_seconds")) {
        return std::optional<std::chrono::seconds>{};
    }
    LAPX_TRY_ASSIGN(const std::uint64_t count, needed_number(body, "overlap_seconds"));
    const std::chrono::seconds most = kMostOverlap;
    if (count > static_cast<std::uint64_t>(most.count())) {
        return fail(Code::kInvalidArgument, "an overlap is at most 365 days");
    }
    return std::optional(std::chrono::seconds(count));
}

}  // namespace

Result<Json> Api::own_card() const {
    const Self& self = parts_.pipeline_parts.self;
    LAPX_TRY_ASSIGN(const keys::VerifierKey root, keys::VerifierKey::parse(self.root));
    Json former = Json::array();
    for (const FormerKey& key : self.keys.former) {
        former.push_back({{"desk", key.desk}, {"until", to_string(key.until)}});
    }
    const auto next = parts_.pipeline_parts.papers.cut_over_at();
    const auto why = parts_.pipeline.why_not(Purpose::kOwnPapers);
    const bool refuses = why && why->code != Code::kStarting;  // which goes by
    return Json{{"agency", self.agency().text()},
                {"card_file", schema::join_card_file({self.card_note, self.notice_note})},
                {"safety_number", keys::safety_number(root)},
                {"serial", self.card.serial},
                {"expires", to_string(self.card.expires)},
                {"notice_serial", self.notice.serial},
                {"notice_expires", to_string(self.notice.expires)},
                {"former_desk_keys", former},
                {"next_connection_key", next ? Json(to_string(*next)) : Json(nullptr)},
                {"refuses_cards", refuses ? Json(to_string(why->code)) : Json(nullptr)}};
}

Result<void> Api::rotate(const Request& request) {
    LAPX_TRY_ASSIGN(const std::string key, needed_text(request.body, "key"));
    LAPX_TRY_ASSIGN(const auto desk, text_member(request.body, "desk"));
    LAPX_TRY_ASSIGN(const auto overlap, overlap_from(request.body));
    if (key == "desk" && desk) {
        return parts_.pipeline.rotate_desk(*desk, overlap);
    }
    if (key == "connection" && !desk) {
        return parts_.pipeline.rotate_connection(overlap);
    }
    return fail(Code::kInvalidArgument, "key is desk, with a desk, or connection");
}

void Api::add_key_routes(control::Server& server) {
    // What is shown is what is in force once it is durable.
    const auto changed = [this](const Json&) -> Result<Json> {
        LAPX_TRY(parts_.pipeline_parts.papers.stuck());
        return own_card();
    };
    server.route("GET", "/v1/card", {}, {}, read([this](const Request&) { return own_card(); }));
    server.route("POST", "/v1/card/renewal", {Role::kAdmin}, {},
                 [this, changed](const Request&, control::Pending pending) {
                     write(
                         std::move(pending),
                         [this]() -> Result<Json> {
                             LAPX_TRY(parts_.pipeline.renew_notice());
                             return Json();
                         },
                         changed);
                 });
    server.route("POST", "/v1/card", {Role::kAdmin}, {"card"},
                 [this, changed](const Request& request, control::Pending pending) {
                     write(
                         std::move(pending),
                         [this, &request]() -> Result<Json> {
                             LAPX_TRY_ASSIGN(const std::string note,
                                             needed_text(request.body, "card"));
                             LAPX_TRY(parts_.pipeline.take_card(note));
                             return Json();
                         },
                         changed, Purpose::kOwnPapers);
                 });
    server.route(
        "POST", "/v1/keys/sign", {Role::kAdmin}, {}, read([this](const Request&) -> Result<Json> {
            LAPX_TRY_ASSIGN(const std::string vkey, parts_.pipeline_parts.papers.new_sign_key());
            return Json{{"vkey", vkey}};
        }));
    server.route("POST", "/v1/keys/rotation", {Role::kAdmin}, {"key", "desk", "overlap_seconds"},
                 [this, changed](const Request& request, control::Pending pending) {
                     write(
                         std::move(pending),
                         [this, &request]() -> Result<Json> {
                             LAPX_TRY(rotate(request));
                             return Json();
                         },
                         changed);
                 });
}

}  // namespace lapx::daemon
