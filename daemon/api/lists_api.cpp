// Lists: drafts, inbox, outbox.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::size_t kPage = 200;

Result<std::int64_t> cursor_of(const Request& request) {
    const auto found = request.query.find("cursor");
    if (found == request.query.end()) {
        return 0;
    }
    LAPX_TRY_ASSIGN(const std::uint64_t value, number_from(found->second));
    return static_cast<std::int64_t>(value);
}

// Whose referrals a list is asked for: of one feed, of all (nothing), or those of none.
Result<std::optional<std::string>> feed_of(const Request& request) {
    const auto feed = request.query.find("feed");
    const auto all = request.query.find("all");
    if (all == request.query.end()) {
        return std::optional(feed == request.query.end() ? std::string() : feed->second);
    }
    if (all->second != "true" || feed != request.query.end()) {
        return fail(Code::kInvalidArgument, "either `feed`, or `all=true`");
    }
    return std::optional<std::string>{};
}

Json until_json(const std::optional<Time>& until) {
    return until ? Json(to_string(*until)) : Json(nullptr);
}

Json page_json(Json items, const std::vector<cases::Row>& rows) {
    return {{"items", std::move(items)},
            {"next", rows.size() == kPage ? Json(std::to_string(rows.back().seq)) : Json(nullptr)}};
}

}  // namespace

Result<Json> Api::drafts(const Request& request) {
    LAPX_TRY_ASSIGN(const std::int64_t before, cursor_of(request));
    LAPX_TRY_ASSIGN(const auto feed, feed_of(request));
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const auto rows, store.list(cases::Direction::kOut,
                                                {cases::State::kDraft, cases::State::kApproved,
                                                 cases::State::kReleasing},
                                                feed, viewer_of(request.who), before, kPage));
    Json items = Json::array();
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const cases::Case value, store.load(row.seq));
        std::string to;
        for (const Desk& desk : value.draft.to) {
            to += (to.empty() ? "" : ",") + desk.text();
        }
        items.push_back({{"referral", to_string(row.id)},
                         {"peer", to},
                         {"desk", value.draft.from.text()},
                         {"kind", word(row.kind)},
                         {"act", word(row.act)},
                         {"version", row.version},
                         {"state", cases::word_of(row.state)},
                         {"created", to_string(row.created)},
                         {"due", nullptr},
                         {"leaves", leaves_json(value)},
                         {"returned", returned_json(value)}});
    }
    return page_json(std::move(items), rows);
}

// One line for each recipient of what went to nobody.
Result<void> Api::add_kept_back(const cases::Row& row, Json& items) {
    if (row.state != cases::State::kWithheld) {
        return {};
    }
    LAPX_TRY_ASSIGN(const cases::Case value, parts_.pipeline_parts.cases.load(row.seq));
    LAPX_TRY_ASSIGN(const auto kept_back, parts_.pipeline_parts.cases.kept_back(row.seq));
    const model::Handling& handling = value.draft.handling;
    for (const cases::KeptBack& kept : kept_back) {
        items.push_back({{"referral", to_string(row.id)},
                         {"peer", kept.from.text()},
                         {"desk", value.draft.from.text()},
                         {"kind", word(row.kind)},
                         {"act", word(row.act)},
                         {"version", row.version},
                         {"tlp", word(handling.tlp)},
                         {"until", until_json(handling.until)},
                         {"state", cases::word_of(row.state)},
                         {"created", to_string(kept.at)},
                         {"due", nullptr}});
    }
    return {};
}

Result<Json> Api::list(cases::Direction direction, const Request& request) {
    LAPX_TRY_ASSIGN(const std::int64_t before, cursor_of(request));
    LAPX_TRY_ASSIGN(const auto feed, feed_of(request));
    const bool out = direction == cases::Direction::kOut;
    LAPX_TRY_ASSIGN(const auto rows, parts_.pipeline_parts.cases.list(
                                         direction,
                                         {out ? cases::State::kSent : cases::State::kReceived,
                                          cases::State::kWithheld},
                                         feed, viewer_of(request.who), before, kPage));
    Json items = Json::array();
    for (const cases::Row& row : rows) {
        LAPX_TRY(add_kept_back(row, items));
        LAPX_TRY_ASSIGN(const auto messages, parts_.pipeline_parts.delivery.of_referral(row.seq));
        for (const delivery::Message& message : messages) {
            LAPX_TRY_ASSIGN(const schema::Cover cover, cover_of(message));
            items.push_back({{"referral", to_string(row.id)},
                             {"peer", (out ? cover.to : cover.from).text()},
                             {"desk", (out ? cover.from : cover.to).text()},
                             {"kind", word(row.kind)},
                             {"act", word(row.act)},
                             {"version", row.version},
                             {"tlp", word(cover.view()->view.tlp)},
                             {"until", until_json(cover.view()->view.until)},
                             {"state", delivery::word_of(message.state)},
                             {"created", to_string(message.created)},
                             {"due", nullptr}});
        }
    }
    return page_json(std::move(items), rows);
}

void Api::add_list_routes(control::Server& server) {
    const std::set<Role> readers{Role::kClerk, Role::kApprover, Role::kAuditor};
    server.route("GET", "/v1/drafts", {Role::kClerk, Role::kApprover}, {"cursor", "feed", "all"},
                 read([this](const Request& request) { return drafts(request); }));
    server.route("GET", "/v1/inbox", readers, {"cursor", "feed", "all"},
                 read([this](const Request& r) { return list(cases::Direction::kIn, r); }));
    server.route("GET", "/v1/outbox", readers, {"cursor", "feed", "all"},
                 read([this](const Request& r) { return list(cases::Direction::kOut, r); }));
}

}  // namespace lapx::daemon
