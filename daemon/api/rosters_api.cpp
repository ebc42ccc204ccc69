// Rosters: make, compare, verify by one.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/contacts/rosters.hpp"
#include "daemon/log/log.hpp"
#include "keys/directory.hpp"

namespace lapx::daemon {
namespace {

using contacts::OpenedRoster;
using control::Request;
using control::Role;
using schema::RosterLine;

Json safety_json(const std::optional<std::string>& root) {
    return root ? Json(keys::safety_number(*root)) : Json(nullptr);
}

Json roster_json(const OpenedRoster& opened) {
    return {{"number", opened.number},
            {"name", opened.roster.name},
            {"from", opened.roster.from.text()},
            {"created", to_string(opened.roster.created)}};
}

Json trust_json(const PipelineParts& node, const Agency& agency) {
    const contacts::Contact* contact = node.contacts.find(agency);
    return contact == nullptr ? Json(nullptr) : Json(schema::word_of(contact->state));
}

Json made_roster_json(const PipelineParts& node, const schema::Roster& roster) {
    const std::string text = schema::print_roster(roster);
    Json out = roster_json({roster, keys::roster_number(text)});
    out["note"] = keys::sign_note(text, node.self.sign_name, node.self.keys.sign);
    out["members"] = Json::array();
    for (const schema::RosterMember& member : roster.members) {
        out["members"].push_back(member.agency.text());
    }
    return out;
}

Result<Json> make_roster_for(const PipelineParts& node, const Request& request) {
    LAPX_TRY_ASSIGN(const std::string name, needed_text(request.body, "name"));
    LAPX_TRY_ASSIGN(const auto names, list_member(request.body, "members"));
    std::vector<Agency> members;
    for (const std::string& text : names.value_or(std::vector<std::string>{})) {
        LAPX_TRY_ASSIGN(Agency agency, Agency::parse(text));
        members.push_back(std::move(agency));
    }
    LAPX_TRY_ASSIGN(
        const schema::Roster roster,
        contacts::make_roster(name, members, node.contacts, node.self.card, node.clock.seconds()));
    return made_roster_json(node, roster);
}

// A line of the roster, beside the directory.
Json roster_member_json(const PipelineParts& node, const RosterLine& line) {
    const char* compared = !line.second                ? "unknown"
                           : line.first == line.second ? "same"
                                                       : "differs";
    return {{"agency", line.agency.text()},
            {"own", line.agency == node.self.agency()},
            {"compared", compared},
            {"state", trust_json(node, line.agency)},
            {"safety_number", safety_json(line.first)},
            {"safety_number_here", safety_json(line.second)}};
}

Result<Json> compare_roster(const PipelineParts& node, const Request& request) {
    LAPX_TRY_ASSIGN(const std::string note, needed_text(request.body, "note"));
    LAPX_TRY_ASSIGN(const OpenedRoster opened, contacts::open_roster(note));
    Json out = roster_json(opened);
    out["members"] = Json::array();
    out["not_listed"] = Json::array();
    const auto directory = contacts::directory(node.contacts, node.self.card);
    for (const RosterLine& line : schema::side_by_side(opened.roster.members, directory)) {
        if (line.first) {
            out["members"].push_back(roster_member_json(node, line));
        } else if (line.agency != node.self.agency()) {
            out["not_listed"].push_back(
                {{"agency", line.agency.text()}, {"state", trust_json(node, line.agency)}});
        }
    }
    const auto good = contacts::check_roster(note, opened, node.contacts, node.self.card);
    out["problem"] =
        good ? Json(nullptr)
             : Json{{"code", to_string(good.error().code)}, {"message", good.error().context}};
    return out;
}

Json roster_difference_json(const RosterLine& line) {
    const char* difference = !line.second  ? "only-first"
                             : !line.first ? "only-second"
                                           : "other-root";
    return {{"agency", line.agency.text()},
            {"difference", difference},
            {"first", safety_json(line.first)},
            {"second", safety_json(line.second)}};
}

// Two rosters, or one and the directory.
Result<Json> compare_rosters(const PipelineParts& node, const Request& request) {
    LAPX_TRY_ASSIGN(const std::string note, needed_text(request.body, "note"));
    LAPX_TRY_ASSIGN(const auto other_note, text_member(request.body, "other"));
    LAPX_TRY_ASSIGN(const OpenedRoster first, contacts::open_roster(note));
    auto members = contacts::directory(node.contacts, node.self.card);
    Json second = nullptr;
    if (other_note) {
        LAPX_TRY_ASSIGN(OpenedRoster other, contacts::open_roster(*other_note));
        second = roster_json(other);
        members = std::move(other.roster.members);
    }
    Json items = Json::array();
    std::size_t same = 0;
    for (const RosterLine& line : schema::side_by_side(first.roster.members, members)) {
        if (line.first == line.second) {
            ++same;
        } else {
            items.push_back(roster_difference_json(line));
        }
    }
    return Json{{"first", roster_json(first)},
                {"second", second},
                {"same", same},
                {"items", items},
                {"next", nullptr}};
}

Json verified_roster_json(const contacts::RosterVerified& verified) {
    Json items = Json::array();
    for (const contacts::RosterOutcome& outcome : verified.outcomes) {
        items.push_back(
            {{"agency", outcome.agency.text()},
             {"state", outcome.state ? Json(schema::word_of(*outcome.state)) : Json(nullptr)},
             {"now_verified", outcome.now_verified},
             {"refused", outcome.refused ? Json(to_string(*outcome.refused)) : Json(nullptr)}});
    }
    Json out = roster_json(verified.opened);
    out["items"] = std::move(items);
    out["next"] = nullptr;
    return out;
}

}  // namespace

Result<Json> Api::verify_roster(const Request& request) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const std::string note, needed_text(request.body, "note"));
    LAPX_TRY_ASSIGN(const std::string number, needed_text(request.body, "number"));
    const auto verified = contacts::verify_roster(note, number, node.contacts, node.self.card,
                                                  request.who.id, node.clock.seconds());
    if (!verified) {
        if (verified.error().code == Code::kRosterDiffers) {
            log::critical({"roster: ", verified.error().context});
        }
        return tl::unexpected<Error>(verified.error());
    }
    LAPX_TRY(parts_.pipeline.log_changes(verified->changes));
    return verified_roster_json(*verified);
}

void Api::add_roster_routes(control::Server& server) {
    const PipelineParts& node = parts_.pipeline_parts;
    server.route("POST", "/v1/rosters", {Role::kAdmin}, {"name", "members"},
                 read([this, &node](const Request& request) -> Result<Json> {
                     if (const auto why = parts_.pipeline.why_silent()) {
                         return tl::unexpected<Error>(*why);
                     }
                     return make_roster_for(node, request);
                 }));
    server.route("POST", "/v1/rosters/comparison", {}, {"note"},
                 read([&node](const Request& request) { return compare_roster(node, request); }));
    server.route("POST", "/v1/rosters/difference", {}, {"note", "other"},
                 read([&node](const Request& request) { return compare_rosters(node, request); }));
    server.route("POST", "/v1/rosters/verification", {Role::kAdmin}, {"note", "number"},
                 writer([this](const Request& request) { return verify_roster(request); }));
}

}  // namespace lapx::daemon
