// Parcels and receipts as files, carried by hand or by mail (protocol.md 7.5).

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

Json file_json(const SealedFile& file) {
    return file == nullptr || file->empty() ? Json(nullptr) : Json(base64(*file));
}

bool has_several_peers(const std::vector<delivery::Message>& messages) {
    return std::any_of(messages.begin(), messages.end(),
                       [&](const auto& message) { return message.peer != messages.front().peer; });
}

}  // namespace

// What went or came of these versions, steps of fixed words included: the one that was named, or
// all to or from the desk that was, or simply all.
Result<std::vector<delivery::Message>> Api::carriable(const std::vector<cases::Row>& rows,
                                                      const Request& request) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(auto messages, messages_of(rows));
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const auto moves, node.moves.of(row.seq));
        for (const cases::Moved& moved : moves) {
            LAPX_TRY_ASSIGN(delivery::Message message, node.delivery.message(moved.message));
            messages.push_back(std::move(message));
        }
    }
    if (const auto id = request.query.find("message"); id != request.query.end()) {
        std::erase_if(messages, [&](const auto& m) { return to_string(m.id) != id->second; });
    }
    if (const auto to = request.query.find("to"); to != request.query.end()) {
        LAPX_TRY_ASSIGN(const Desk desk, Desk::parse(to->second));
        std::erase_if(messages, [&](const auto& m) {
            return m.peer != desk.agency() ||
                   (!delivery::is_incoming(m.state) && m.desk != desk.id());
        });
    }
    return messages;
}

// What of them one file is made of: what waits to be delivered, before the receipts that are owed.
Result<Api::Chosen> Api::choose(const std::vector<delivery::Message>& messages,
                                const Request& request) {
    const auto receipt = request.query.find("receipt");
    if (receipt != request.query.end() && receipt->second != "true") {
        return fail(Code::kInvalidArgument, "receipt is either true or not given");
    }
    Chosen waiting{true, {}};
    Chosen came{false, {}};
    for (const delivery::Message& message : messages) {
        if (message.state == delivery::State::kSent) {
            waiting.messages.push_back(message);
        } else if (delivery::is_incoming(message.state)) {
            came.messages.push_back(message);
        }
    }
    const bool is_parcel = receipt == request.query.end() && !waiting.messages.empty();
    Chosen& chosen = is_parcel ? waiting : came;
    if (chosen.messages.empty()) {
        return fail(Code::kWrongState,
                    "nothing of it waits to be delivered, and no receipt is owed");
    }
    if (is_parcel ? chosen.messages.size() > 1 : has_several_peers(chosen.messages)) {
        return fail(Code::kAmbiguous, "several: name one with --to, --version or --message");
    }
    return std::move(chosen);
}

Result<Json> Api::export_parcel(const Request& request, const cases::Row& named, SealedFile& file) {
    LAPX_TRY_ASSIGN(const auto rows, rows_of(request, named));
    LAPX_TRY_ASSIGN(const auto messages, carriable(rows, request));
    LAPX_TRY_ASSIGN(const Chosen chosen, choose(messages, request));
    const delivery::Message& first = chosen.messages.front();
    LAPX_TRY_ASSIGN(file, chosen.is_parcel
                              ? parts_.pipeline.files().parcel(first)
                              : parts_.pipeline.files().receipts(first.peer, chosen.messages));
    const std::string what = chosen.is_parcel ? "parcel" : "receipt";
    LAPX_TRY(parts_.pipeline.log(
        schema::EntryKind::kExported,
        schema::print_exported_record({request.who.id, what + " of " + to_string(named.id)})));
    Json ids = Json::array();
    for (const delivery::Message& message : chosen.messages) {
        ids.push_back(to_string(message.id));
    }
    return Json{{"referral", to_string(named.id)},
                {"what", what},
                {"from", parts_.pipeline_parts.self.agency().text()},
                {"to", first.peer.text()},
                {"messages", ids}};
}

// What became of a file that was taken, once that is durable.
Json Api::taken_json(const TakenFile& taken) {
    Json messages = Json::array();
    for (const MessageId& id : taken.messages) {
        const auto message = parts_.pipeline_parts.delivery.find(taken.signer, id);
        const bool known = message && *message;
        messages.push_back(
            {{"message", to_string(id)},
             {"state", known ? Json(delivery::word_of((*message)->state)) : Json(nullptr)}});
    }
    return {{"from", taken.from.text()},
            {"what", taken.what},
            {"outcome", taken.refused ? to_string(*taken.refused) : "accepted"},
            {"messages", messages},
            {"answer", file_json(taken.answer)}};
}

void Api::import_parcel(const Request& request, control::Pending pending) {
    const auto taken = std::make_shared<std::optional<TakenFile>>();
    write(
        std::move(pending),
        [&]() -> Result<Json> {
            LAPX_TRY_ASSIGN(const std::string text, needed_text(request.body, "file"));
            if (text.size() > 2 * schema::kMaxCarried) {
                return fail(Code::kTooLarge, "a carried file");
            }
            LAPX_TRY_ASSIGN(const Bytes octets, from_base64(text));
            LAPX_TRY_ASSIGN(*taken, parts_.pipeline.take_file(octets));
            return Json();
        },
        [this, taken](const Json&) { return taken_json(**taken); });
}

// What is kept here for others: who, how much and since when; more is not known of it.
Result<Json> Api::relayed(const Request& request) {
    constexpr std::size_t kPage = 200;
    relay::Relay& relay = parts_.pipeline_parts.relay;
    std::int64_t after = 0;
    if (const auto cursor = request.query.find("cursor"); cursor != request.query.end()) {
        LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(cursor->second));
        after = static_cast<std::int64_t>(number);
    }
    LAPX_TRY_ASSIGN(const auto held, relay.list(after, kPage));
    Json items = Json::array();
    for (const relay::Held& one : held) {
        items.push_back({{"depositor", one.depositor.text()},
                         {"owner", one.owner.text()},
                         {"size", one.size},
                         {"since", to_string(one.came)},
                         {"expires", to_string(one.expires)}});
    }
    const bool more = held.size() == kPage;
    return Json{{"items", items},
                {"next", more ? Json(std::to_string(held.back().seq)) : Json(nullptr)}};
}

void Api::add_parcel_routes(control::Server& server) {
    server.route("GET", "/v1/relay", {Role::kAdmin, Role::kAuditor}, {"cursor"},
                 read([this](const Request& request) { return relayed(request); }));
    server.route("POST", "/v1/parcels", {Role::kClerk, Role::kApprover, Role::kAdmin}, {"file"},
                 [this](const Request& request, control::Pending pending) {
                     import_parcel(request, std::move(pending));
                 });
    server.route("GET", "/v1/referrals/{id}/parcel", {Role::kClerk, Role::kApprover},
                 {"to", "version", "as", "message", "receipt"},
                 of_referral([this](const Request& request, const cases::Row& row,
                                    control::Pending pending) {
                     const auto file = std::make_shared<SealedFile>();
                     write(
                         std::move(pending), [&] { return export_parcel(request, row, *file); },
                         [file](Json body) {
                             body["file"] = file_json(*file);
                             return body;
                         });
                 }));
}

}  // namespace lapx::daemon
