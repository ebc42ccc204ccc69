// Steps of fixed words in a case.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"

namespace lapx::daemon {
namespace {

using cases::Direction;
using control::Request;
using control::Role;
using schema::Move;

Result<std::vector<schema::Use>> uses_member(const Json& body) {
    LAPX_TRY_ASSIGN(const auto words, list_member(body, "uses"));
    std::vector<schema::Use> uses;
    for (const std::string& text : words.value_or(std::vector<std::string>{})) {
        LAPX_TRY_ASSIGN(const schema::Use use, schema::from_word<schema::Use>(text));
        uses.push_back(use);
    }
    std::sort(uses.begin(), uses.end());
    uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
    return uses;
}

Result<std::vector<Agency>> agencies_member(const Json& body) {
    LAPX_TRY_ASSIGN(const auto names, list_member(body, "onward"));
    std::vector<Agency> out;
    for (const std::string& name : names.value_or(std::vector<std::string>{})) {
        LAPX_TRY_ASSIGN(Agency agency, Agency::parse(name));
        if (std::find(out.begin(), out.end(), agency) == out.end()) {
            out.push_back(std::move(agency));
        }
    }
    return out;
}

}  // namespace

// Of a version that came in, by its recipient here.
Result<Json> Api::move_theirs(const Request& request, const cases::Row& row, Move move) {
    if (row.direction != Direction::kIn) {
        return fail(Code::kWrongState, "that is for its recipients to say");
    }
    LAPX_TRY_ASSIGN(const Received got, received(row));
    LAPX_TRY_ASSIGN(const auto moves, parts_.pipeline_parts.moves.of(row.seq));
    schema::MoveBody body{row.id, row.version, move, {}, {}};
    if (move == Move::kConsentAsked) {
        LAPX_TRY_ASSIGN(body.uses, uses_member(request.body));
        LAPX_TRY_ASSIGN(body.onward, agencies_member(request.body));
        if (body.uses.empty() && body.onward.empty()) {
            return fail(Code::kInvalidArgument, "say what for: `uses`, or `onward`");
        }
    } else if (move != Move::kAcknowledged && row.act != schema::Act::kCorrect &&
               row.act != schema::Act::kWithdraw) {
        return fail(Code::kWrongState, "only a correction or a withdrawal calls anything back");
    }
    const auto* said = cases::newest(moves, Direction::kOut, got.cover.from, {move});
    if (said != nullptr && said->body == body) {
        return moved_json(row, *said, "");  // said before, word for word
    }
    return say(request, row, got.cover.to, got.cover.from, std::move(body));
}

// What a recipient asked about a version of ours.
Result<Json> Api::move_ours(const Request& request, const cases::Row& row, Move move) {
    if (row.direction != Direction::kOut) {
        return fail(Code::kWrongState, "that is for its sender to say");
    }
    LAPX_TRY_ASSIGN(const std::string to_text, needed_text(request.body, "to"));
    LAPX_TRY_ASSIGN(const Desk to, Desk::parse(to_text));
    LAPX_TRY_ASSIGN(const auto rows,
                    parts_.pipeline_parts.cases.copies(row, viewer_of(request.who)));
    for (auto version = rows.rbegin(); version != rows.rend(); ++version) {
        LAPX_TRY_ASSIGN(const auto moves, parts_.pipeline_parts.moves.of(version->seq));
        if (const cases::Moved* asked = cases::open_question(moves, to)) {
            LAPX_TRY_ASSIGN(const cases::Case value,
                            parts_.pipeline_parts.cases.load(version->seq));
            schema::MoveBody body = asked->body;
            body.move = move;
            return say(request, *version, value.draft.from, to, std::move(body));
        }
    }
    return fail(Code::kWrongState, to.text() + " has not asked, or was answered");
}

Result<Json> Api::say(const Request& request, const cases::Row& row, const Desk& from,
                      const Desk& to, schema::MoveBody body) {
    LAPX_TRY_ASSIGN(const MessageId message,
                    parts_.pipeline.move(row, from, to, body, request.who.id));
    return moved_json(
        row,
        {0, row.seq, Direction::kOut, to, parts_.pipeline_parts.clock.seconds(), std::move(body)},
        to_string(message));
}

Json Api::moved_json(const cases::Row& row, const cases::Moved& moved,
                     const std::string& message) const {
    Json uses = Json::array();
    for (const schema::Use use : moved.body.uses) {
        uses.push_back(word(use));
    }
    Json onward = Json::array();
    for (const Agency& agency : moved.body.onward) {
        onward.push_back(agency.text());
    }
    Json out{{"referral", to_string(row.id)},
             {"version", row.version},
             {"move", word(moved.body.move)},
             {"direction", moved.direction == Direction::kOut ? "out" : "in"},
             {"with", moved.other.text()},
             {"uses", uses},
             {"onward", onward},
             {"at", to_string(moved.at)}};
    if (!message.empty()) {
        out["message"] = message;
    }
    return out;
}

// About all versions of a dossier.
Result<Json> Api::moves_json(const cases::Row& row, const cases::Viewer& viewer) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, node.cases.copies(row, viewer));
    Json out = Json::array();
    for (const cases::Row& version : rows) {
        LAPX_TRY_ASSIGN(const auto moves, node.moves.of(version.seq));
        for (const cases::Moved& moved : moves) {
            LAPX_TRY_ASSIGN(const delivery::Message message, node.delivery.message(moved.message));
            out.push_back(moved_json(version, moved, to_string(message.id)));
            out.back()["state"] = delivery::word_of(message.state);
        }
    }
    return out;
}

Result<Json> Api::move(const Request& request, const cases::Row& named) {
    LAPX_TRY_ASSIGN(const auto move, word_member<Move>(request.body, "move"));
    if (!move) {
        return fail(Code::kInvalidArgument, "`move` is missing");
    }
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    switch (*move) {
        case Move::kConsentGranted:
        case Move::kConsentRefused:
            if (!request.who.has(Role::kApprover)) {
                return fail(Code::kNotPermitted, "an approver consents or refuses");
            }
            return move_ours(request, row, *move);
        case Move::kAcknowledged:
        case Move::kConsentAsked:
        case Move::kRecallPending:
        case Move::kRecallDone:
        case Move::kRecallRefused:
            return move_theirs(request, row, *move);
    }
    return fail(Code::kInvalidArgument);
}

void Api::add_move_routes(control::Server& server) {
    server.route("POST", "/v1/referrals/{id}/move", {Role::kClerk, Role::kApprover},
                 {"move", "to", "uses", "onward", "version", "as"},
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return move(request, row);
                 }));
}

}  // namespace lapx::daemon
