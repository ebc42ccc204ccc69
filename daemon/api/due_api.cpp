// What is owed, by us and to us, and what is to be destroyed.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"

namespace lapx::daemon {
namespace {

using cases::Direction;
using control::Request;
using control::Role;
using schema::Move;

// For a person to read a new version, and to answer a question of consent.
constexpr std::chrono::days kAcknowledgementLimit{3};

constexpr auto kNewVersions = {schema::Act::kSupplement, schema::Act::kCorrect,
                               schema::Act::kWithdraw};

// How long before its day it is said that something is to be destroyed.
constexpr std::chrono::days kDestroyNotice{30};

struct Owed {
    const char* what;
    const cases::Row& row;
    Desk with;
    Time due;
};

Json due_json(const char* what, const cases::Row& row, Time due, Time now) {
    return {{"what", what},           {"referral", to_string(row.id)},
            {"version", row.version}, {"act", word(row.act)},
            {"desk", row.desk},       {"with", nullptr},
            {"due", to_string(due)},  {"overdue", due < now},
            {"held", false}};
}

Json owed_json(const Owed& owed, Time now) {
    Json out = due_json(owed.what, owed.row, owed.due, now);
    out["with"] = owed.with.text();
    return out;
}

}  // namespace

// New versions that came in and nobody acknowledged; corrections and withdrawals of what was passed
// on, until those who got it were told or will not be.
Result<void> Api::add_owed_by_us(Json& items, Time now, const cases::Viewer& viewer) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, node.cases.with_act(Direction::kIn, kNewVersions, viewer));
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const Received got, received(row));
        LAPX_TRY_ASSIGN(const auto moves, node.moves.of(row.seq));
        const Desk& with = got.cover.from;
        if (cases::newest(moves, Direction::kOut, with, {Move::kAcknowledged}) == nullptr) {
            items.push_back(
                owed_json({"acknowledge", row, with, row.changed + kAcknowledgementLimit}, now));
        }
        LAPX_TRY_ASSIGN(const bool passed_on, node.cases.was_passed_on(row.agency, row.id));
        const bool begun =
            cases::newest(moves, Direction::kOut, with, {Move::kRecallPending}) != nullptr;
        const bool ended = cases::newest(moves, Direction::kOut, with,
                                         {Move::kRecallDone, Move::kRecallRefused}) != nullptr;
        if (row.act != schema::Act::kSupplement && (passed_on || begun) && !ended) {
            items.push_back(
                owed_json({"recall", row, with, row.changed + kAcknowledgementLimit}, now));
        }
    }
    return {};
}

// Acknowledgements of our new versions that have not come, and questions that we have not answered.
Result<void> Api::add_owed_to_us(Json& items, Time now, const cases::Viewer& viewer) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, node.cases.with_act(Direction::kOut, kNewVersions, viewer));
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const auto moves, node.moves.of(row.seq));
        LAPX_TRY_ASSIGN(const auto messages, node.delivery.of_referral(row.seq));
        for (const delivery::Message& message : messages) {
            LAPX_TRY_ASSIGN(const Desk with, Desk::parse(desk_of(message)));
            if (cases::newest(moves, Direction::kIn, with, {Move::kAcknowledged}) == nullptr) {
                items.push_back(owed_json(
                    {"acknowledgement", row, with, message.created + kAcknowledgementLimit}, now));
            }
        }
    }
    LAPX_TRY_ASSIGN(const auto asked, node.moves.about(Direction::kIn, Move::kConsentAsked));
    for (const std::int64_t seq : asked) {
        LAPX_TRY_ASSIGN(const auto row, node.cases.row(seq, viewer));
        if (!row) {
            continue;
        }
        LAPX_TRY_ASSIGN(const auto moves, node.moves.of(seq));
        for (const cases::Moved& moved : moves) {
            if (cases::open_question(moves, moved.other) == &moved) {
                items.push_back(owed_json(
                    {"consent", *row, moved.other, moved.at + kAcknowledgementLimit}, now));
            }
        }
    }
    return {};
}

// What may be kept no longer, or not for long, on the earliest day that any version of it names.
Result<void> Api::add_to_destroy(Json& items, Time now, const cases::Viewer& viewer) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, node.cases.to_destroy(now + kDestroyNotice, viewer));
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const auto hold, node.erasing.hold(row));
        items.push_back(due_json("destroy-by", row, *row.destroy_by, now));
        items.back()["held"] = hold.has_value();
    }
    return {};
}

Result<Json> Api::due(const cases::Viewer& viewer) {
    const Time now = parts_.pipeline_parts.clock.seconds();
    Json items = Json::array();
    LAPX_TRY(add_owed_by_us(items, now, viewer));
    LAPX_TRY(add_owed_to_us(items, now, viewer));
    LAPX_TRY(add_to_destroy(items, now, viewer));
    std::sort(items.begin(), items.end(), [](const Json& a, const Json& b) {
        return a["due"].get<std::string>() < b["due"].get<std::string>();
    });
    return Json{{"items", items}, {"next", nullptr}};
}

void Api::add_due_routes(control::Server& server) {
    server.route("GET", "/v1/due", {Role::kClerk, Role::kApprover, Role::kAuditor}, {},
                 read([this](const Request& request) { return due(viewer_of(request.who)); }));
}

}  // namespace lapx::daemon
