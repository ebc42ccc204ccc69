// One referral whole, why it is not delivered, and its bundle.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/handling.hpp"
#include "daemon/ledger/check.hpp"
#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

std::string overall(const std::vector<delivery::Message>& messages, cases::State state) {
    if (state != cases::State::kSent || messages.empty()) {
        return std::string(cases::word_of(state));
    }
    const bool same = std::all_of(messages.begin(), messages.end(),
                                  [&](const auto& m) { return m.state == messages.front().state; });
    return std::string(same ? delivery::word_of(messages.front().state) : cases::word_of(state));
}

}  // namespace

// The desk a message is for: one of the peer's, or of ours where it came in.
std::string Api::desk_of(const delivery::Message& message) const {
    const Agency& agency =
        delivery::is_incoming(message.state) ? parts_.pipeline_parts.self.agency() : message.peer;
    return message.desk + "@" + agency.text();
}

Json Api::messages_json(const std::vector<delivery::Message>& messages) const {
    Json out = Json::array();
    for (const delivery::Message& message : messages) {
        out.push_back(
            {{"message", to_string(message.id)},
             {"to", desk_of(message)},
             {"state", delivery::word_of(message.state)},
             {"outcome", message.outcome ? Json(to_string(*message.outcome)) : Json(nullptr)}});
    }
    return out;
}

Result<schema::Cover> Api::cover_of(const delivery::Message& message) {
    LAPX_TRY_ASSIGN(const auto texts, parts_.pipeline_parts.delivery.texts(message.seq));
    LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(texts.cover));
    return schema::parse_cover(split.text);
}

// The rows of the dossier that was named, as far as the caller sees them: all, or those of one
// `version`, or those that came to the desk `as`; oldest first.
Result<std::vector<cases::Row>> Api::rows_of(const Request& request, const cases::Row& named) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(auto rows, node.cases.copies(named, viewer_of(request.who)));
    if (const auto version = request.query.find("version"); version != request.query.end()) {
        LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(version->second));
        std::erase_if(rows, [&](const cases::Row& one) { return one.version != number; });
    }
    const auto as = request.query.find("as");
    if (named.direction == cases::Direction::kIn && as != request.query.end()) {
        std::vector<cases::Row> came;
        for (const cases::Row& copy : rows) {
            LAPX_TRY_ASSIGN(const auto messages, node.delivery.of_referral(copy.seq));
            if (std::any_of(messages.begin(), messages.end(),
                            [&](const auto& message) { return desk_of(message) == as->second; })) {
                came.push_back(copy);
            }
        }
        if (came.empty()) {
            return fail(Code::kUnknownDesk, "no copy of it came to this desk");
        }
        rows = std::move(came);
    }
    if (rows.empty()) {
        return fail(Code::kUnknownReferral, "there is no such version of it");
    }
    return rows;
}

// The last of them.
Result<cases::Row> Api::row_of(const Request& request, const cases::Row& named) {
    LAPX_TRY_ASSIGN(auto rows, rows_of(request, named));
    return std::move(rows.back());
}

// The messages of all of them.
Result<std::vector<delivery::Message>> Api::messages_of(const std::vector<cases::Row>& rows) {
    std::vector<delivery::Message> out;
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(auto messages, parts_.pipeline_parts.delivery.of_referral(row.seq));
        std::move(messages.begin(), messages.end(), std::back_inserter(out));
    }
    return out;
}

Result<Api::Content> Api::show(const Request& request, const cases::Row& named) {
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    const cases::Viewer viewer = viewer_of(request.who);
    LAPX_TRY_ASSIGN(Content out, row.direction == cases::Direction::kOut
                                     ? show_outgoing(row, viewer)
                                     : show_incoming(row, viewer));
    LAPX_TRY_ASSIGN(const auto officers,
                    parts_.pipeline_parts.cases.restricted_to(row.case_name.id));
    out.json["restricted_to"] = officers;
    LAPX_TRY(add_erasure(out.json, row));
    return out;
}

// Whether it was made from something that they see.
Result<bool> Api::sees_origin(const model::Draft& draft, const cases::Viewer& viewer) {
    if (!draft.origin) {
        return false;
    }
    LAPX_TRY_ASSIGN(const auto versions,
                    parts_.pipeline_parts.cases.versions(
                        cases::Direction::kIn, draft.origin->agency, draft.origin->id, viewer));
    return !versions.empty();
}

Result<Api::Content> Api::show_outgoing(const cases::Row& row, const cases::Viewer& viewer) {
    LAPX_TRY_ASSIGN(const cases::Case value, parts_.pipeline_parts.cases.load(row.seq));
    LAPX_TRY_ASSIGN(const auto messages, parts_.pipeline_parts.delivery.of_referral(row.seq));
    LAPX_TRY_ASSIGN(Json out, draft_json(value));
    Json items = Json::array();
    for (const Json& item : out["items"]) {
        if (item["present"].get<bool>()) {
            items.push_back({{"item", item["item"]},
                             {"label", item["label"]},
                             {"value", item["summary"]},
                             {"erased", item["erased"]}});
        }
    }
    out["items"] = items;
    LAPX_TRY_ASSIGN(out["exhibits"], exhibits_json(row));
    LAPX_TRY_ASSIGN(out["dossiers"], dossiers_json(row, viewer));
    LAPX_TRY_ASSIGN(out["moves"], moves_json(row, viewer));
    out["case"] = to_string(row.case_name.id);
    out["made_from"] = nullptr;
    LAPX_TRY_ASSIGN(const bool has_origin, sees_origin(value.draft, viewer));
    if (has_origin) {
        out["made_from"] = {{"referral", to_string(value.draft.origin->id)},
                            {"agency", value.draft.origin->agency.text()},
                            {"version", value.draft.origin->version}};
    }
    out["direction"] = "out";
    out["from"] = value.draft.from.text();
    out["state"] = overall(messages, value.state);
    out["created"] = to_string(value.draft.created);
    out["receipt"] = nullptr;
    std::size_t receipts = 0;
    Json history = Json::array(
        {{{"time", to_string(value.draft.created)}, {"event", "drafted"}, {"by", value.drafter}}});
    if (value.approval) {
        history.push_back({{"time", to_string(value.approval->at)},
                           {"event", value.approval->standing
                                         ? "approved under the standing approval of " + value.feed
                                         : "approved"},
                           {"by", value.approval->approver}});
    }
    if (value.returned) {
        history.push_back({{"time", to_string(value.returned->at)},
                           {"event", "returned"},
                           {"by", value.returned->by}});
    }
    LAPX_TRY_ASSIGN(const auto kept_back, parts_.pipeline_parts.cases.kept_back(row.seq));
    for (const cases::KeptBack& kept : kept_back) {
        history.push_back({{"time", to_string(kept.at)},
                           {"event", "wholly withheld from " + kept.from.text()},
                           {"by", ""}});
    }
    for (const delivery::Message& message : messages) {
        const std::string to = desk_of(message);
        history.push_back(
            {{"time", to_string(message.created)}, {"event", "sent to " + to}, {"by", ""}});
        if (message.state != delivery::State::kSent) {
            history.push_back({{"time", to_string(message.changed)},
                               {"event", std::string(delivery::word_of(message.state)) + ": " + to},
                               {"by", ""}});
        }
        LAPX_TRY_ASSIGN(const auto receipt, parts_.pipeline_parts.delivery.receipt(message.seq));
        receipts += receipt ? 1 : 0;
        if (receipt && messages.size() == 1) {
            out["receipt"] = *receipt;
        }
    }
    out["receipts"] = receipts;
    out["history"] = history;
    return Content{std::move(out), holds_confidential(value)};
}

Result<Api::Received> Api::received(const cases::Row& row) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(cases::Incoming incoming, node.cases.incoming(row.seq));
    LAPX_TRY_ASSIGN(auto messages, node.delivery.of_referral(row.seq));
    if (messages.empty()) {
        return fail(Code::kDatabaseBroken, "a referral without its message");
    }
    LAPX_TRY_ASSIGN(schema::Cover cover, cover_of(messages.front()));
    LAPX_TRY_ASSIGN(schema::Manifest manifest, schema::parse_manifest(incoming.manifest));
    return Received{std::move(messages), std::move(cover), std::move(manifest),
                    std::move(incoming.items)};
}

Result<Api::Content> Api::show_incoming(const cases::Row& row, const cases::Viewer& viewer) {
    LAPX_TRY_ASSIGN(const Received got, received(row));
    const schema::Cover& cover = got.cover;
    const schema::Manifest& manifest = got.manifest;
    const schema::View& view = cover.view()->view;
    LAPX_TRY_ASSIGN(const Json exhibits, exhibits_json(row));
    LAPX_TRY_ASSIGN(const Json dossiers, dossiers_json(row, viewer));
    LAPX_TRY_ASSIGN(const Json moves, moves_json(row, viewer));
    LAPX_TRY_ASSIGN(const auto copies, parts_.pipeline_parts.cases.copies(row, viewer));
    Json desks = Json::array();
    for (const cases::Row& copy : copies) {
        LAPX_TRY_ASSIGN(const auto messages, parts_.pipeline_parts.delivery.of_referral(copy.seq));
        for (const delivery::Message& message : messages) {
            if (std::find(desks.begin(), desks.end(), Json(desk_of(message))) == desks.end()) {
                desks.push_back(desk_of(message));
            }
        }
    }
    Json items = Json::array();
    Json withheld = Json::array();
    bool confidential = false;
    std::size_t next = 0;
    for (std::size_t i = 0; i < view.items.size(); ++i) {
        const std::string label = word(manifest.items.at(i).label);
        if (std::holds_alternative<schema::Disclosed>(view.items[i])) {
            const Bytes& octets = got.items.at(next++);
            std::string text;
            if (!octets.empty()) {
                LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(octets));
                confidential = confidential || is_confidential(manifest.items.at(i).label);
                text = schema::describe_item(decoded.value);
            }
            items.push_back(
                {{"item", i + 1}, {"label", label}, {"value", text}, {"erased", octets.empty()}});
        } else if (const auto* reason = std::get_if<schema::Reason>(&view.items[i])) {
            withheld.push_back({{"item", i + 1},
                                {"label", label},
                                {"to", cover.to.text()},
                                {"reason", word(*reason)},
                                {"shown", "reason"}});
        } else if (const auto* category = std::get_if<schema::ReasonCategory>(&view.items[i])) {
            withheld.push_back({{"item", i + 1},
                                {"label", label},
                                {"to", cover.to.text()},
                                {"reason", word(*category)},
                                {"shown", "category"}});
        }
    }
    Json out{{"referral", to_string(row.id)},
             {"direction", "in"},
             {"from", cover.from.text()},
             {"to", Json::array({cover.to.text()})},
             {"kind", word(row.kind)},
             {"act", word(row.act)},
             {"version", row.version},
             {"case", to_string(row.case_name.id)},
             {"dossiers", dossiers},
             {"moves", moves},
             {"state", cases::word_of(row.state)},
             {"created", to_string(manifest.created)},
             {"handling", handling_json(model::handling_of(view))},
             {"items", items},
             {"withheld", withheld},
             {"exhibits", exhibits},
             {"copies", desks},
             {"receipt", nullptr},
             {"history",
              Json::array({{{"time", to_string(row.changed)}, {"event", "received"}, {"by", ""}}})},
             {"messages", messages_json(got.messages)}};
    return Content{std::move(out), confidential};
}

// What is known of the clock that a `clock` refusal is about.
std::string Api::clock_of(const Agency& peer, Code cause) const {
    const auto ahead = parts_.pipeline.clock_ahead(peer);
    return cause == Code::kClock && ahead
               ? "; clock off: that of " + peer.text() + " is " + in_words(*ahead) + " ours"
               : std::string();
}

std::string Api::cause_of(const delivery::Message& message,
                          const std::optional<delivery::Waiting>& waiting) const {
    if (message.outcome) {
        return std::string(to_string(*message.outcome));
    }
    if (!waiting) {
        return {};
    }
    if (const auto why = parts_.pipeline.why_silent(); why && why->code != Code::kStarting) {
        return std::string(to_string(why->code));
    }
    // What it said last counts while it can still be asked.
    if (is_greeted(parts_.pipeline.conversations(), message.peer)) {
        return waiting->cause.empty() ? "under-way" : waiting->cause;
    }
    const PipelineParts& node = parts_.pipeline_parts;
    const auto desk = Desk::parse(message.desk + "@" + message.peer.text());
    const auto recipient = desk ? node.contacts.recipient(*desk, node.clock.seconds())
                                : tl::unexpected<Error>(desk.error());
    // A desk that is no more does not stand in the way.
    if (!recipient && recipient.error().code != Code::kUnknownDesk) {
        return std::string(to_string(recipient.error().code));
    }
    const bool refused =
        node.transport.link(message.peer).dialled == transport::Link::State::kRefused;
    return std::string(to_string(refused ? Code::kNotAdmitted : Code::kPeerUnreachable));
}

// Since when a peer is not reached, as far as this node knows: it forgets when it stops.
Time Api::silent_since(const delivery::Message& message) const {
    return last_seen(message.peer).value_or(std::max(started_, message.created));
}

// What it waits for that was not sent yet, and what can be done.
Result<Json> Api::unsent_json(const cases::Row& row) {
    Json out{{"waits_for", nullptr}, {"leaves", nullptr}, {"hint", ""}};
    switch (row.state) {
        case cases::State::kDraft:
            out["waits_for"] = "approval";
            out["hint"] =
                "an approver of its desk looks at it with lapx show and runs lapx approve";
            break;
        case cases::State::kApproved:
            out["waits_for"] = "sending";
            out["hint"] = "lapx send";
            break;
        case cases::State::kReleasing: {
            LAPX_TRY_ASSIGN(const cases::Case value, parts_.pipeline_parts.cases.load(row.seq));
            out["waits_for"] = "release";
            out["leaves"] = leaves_json(value);
            out["hint"] = "it leaves by itself then; lapx cancel keeps it";
            break;
        }
        case cases::State::kSent:
        case cases::State::kReceived:
        case cases::State::kWithheld:
            break;
    }
    return out;
}

// To which relay it went, or which takes nothing for its recipient, while it waits.
Json Api::relay_json(const delivery::Message& message) const {
    const auto deposit = parts_.pipeline.relays().deposited(message.peer, message.seq);
    if (!deposit || message.state != delivery::State::kSent) {
        return nullptr;
    }
    return {{"agency", deposit->relay.text()},
            {"state", deposit->code                             ? "refused"
                      : deposit->state == Deposit::State::kKept ? "kept"
                                                                : "deposited"},
            {"code", deposit->code ? Json(to_string(*deposit->code)) : Json(nullptr)}};
}

Result<Json> Api::why(const Request& request, const cases::Row& named) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, rows_of(request, named));
    LAPX_TRY_ASSIGN(const auto messages, messages_of(rows));
    Json out = Json::array();
    for (const delivery::Message& message : messages) {
        LAPX_TRY_ASSIGN(const auto waiting, node.delivery.waiting(message.seq));
        const std::string cause = cause_of(message, waiting);
        const auto code = code_from(cause);
        const bool lost = code == Code::kPeerUnreachable || code == Code::kNotAdmitted;
        std::string advice = lost ? connection_of(message.peer).sentence + "; " : "";
        if (code == Code::kPeerUnreachable) {
            advice +=
                "it is sent as soon as the two are connected; lapx parcel export makes a file of "
                "it to be sent by hand";
        } else if (code) {
            advice += std::string(hint(*code)) + clock_of(message.peer, *code);
        }
        out.push_back({{"message", to_string(message.id)},
                       {"to", desk_of(message)},
                       {"state", delivery::word_of(message.state)},
                       {"cause", cause},
                       {"attempts", waiting ? waiting->attempts : 0},
                       {"next_attempt", waiting && waiting->next_attempt > node.clock.seconds()
                                            ? Json(to_string(waiting->next_attempt))
                                            : Json(nullptr)},
                       {"since", lost ? Json(to_string(silent_since(message))) : Json(nullptr)},
                       {"hint", advice},
                       {"relay", relay_json(message)}});
    }
    Json answer{{"referral", to_string(rows.back().id)},
                {"state", cases::word_of(rows.back().state)},
                {"messages", out}};
    LAPX_TRY_ASSIGN(const Json unsent, unsent_json(rows.back()));
    answer.update(unsent);
    LAPX_TRY_ASSIGN(answer["exhibits"], exhibits_json(rows.back()));
    return answer;
}

void Api::add_referral_routes(control::Server& server) {
    const std::set<Role> readers{Role::kClerk, Role::kApprover, Role::kAuditor};
    server.route(
        "GET", "/v1/referrals/{id}", readers, {"version", "as"},
        reads("show", [this](const Request& r, const cases::Row& row) { return show(r, row); }));
    server.route("GET", "/v1/referrals/{id}/why", readers, {"version", "as"},
                 read_of([this](const Request& r, const cases::Row& row) { return why(r, row); }));
}

}  // namespace lapx::daemon
