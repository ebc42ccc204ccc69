// Everything that proves one referral to somebody outside (protocol.md 10).

#include <algorithm>

#include "daemon/api/api.hpp"
#include "schema/notes/card.hpp"

namespace lapx::daemon {

using control::Request;

// What came or went last of these, to the recipient `to` if there were several.
Result<std::pair<cases::Row, delivery::Message>> Api::bundled(const std::vector<cases::Row>& rows,
                                                              const Request& request) {
    const auto to = request.query.find("to");
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        LAPX_TRY_ASSIGN(auto messages, parts_.pipeline_parts.delivery.of_referral(row->seq));
        if (to != request.query.end()) {
            std::erase_if(messages, [&](const auto& m) { return desk_of(m) != to->second; });
        }
        if (messages.size() > 1) {
            return fail(Code::kAmbiguous, "several recipients: name one with --to");
        }
        if (messages.size() == 1) {
            return std::pair{*row, std::move(messages.front())};
        }
    }
    return fail(Code::kWrongState, "nothing was sent yet");
}

Result<Json> Api::bundle(const Request& request, const cases::Row& named) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, rows_of(request, named));
    LAPX_TRY_ASSIGN(const auto found, bundled(rows, request));
    const auto& [row, message] = found;
    const bool out = row.direction == cases::Direction::kOut;
    const contacts::Contact* peer = node.contacts.find(message.peer);
    if (peer == nullptr || !peer->notice) {
        return fail(Code::kUnknownAgency, message.peer.text());
    }
    LAPX_TRY_ASSIGN(const delivery::Delivery::Texts texts, node.delivery.texts(message.seq));
    LAPX_TRY_ASSIGN(const ledger::LogHead head, node.log.head());
    LAPX_TRY_ASSIGN(const std::string own_proof,
                    node.log.proof(message.leaf, head.newest.checkpoint.size));
    std::string manifest;
    std::vector<Bytes> octets;
    LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(texts.cover));
    LAPX_TRY_ASSIGN(const schema::Cover cover, schema::parse_cover(split.text));
    if (out) {
        LAPX_TRY_ASSIGN(const cases::Case value, node.cases.load(row.seq));
        manifest = model::manifest_text(value.draft);
        for (std::size_t i = 0; i < value.draft.items.size(); ++i) {
            if (std::holds_alternative<schema::Disclosed>(cover.view()->view.items.at(i))) {
                octets.push_back(value.draft.items[i].octets);
            }
        }
    } else {
        LAPX_TRY_ASSIGN(cases::Incoming incoming, node.cases.incoming(row.seq));
        manifest = std::move(incoming.manifest);
        octets = std::move(incoming.items);
    }
    // Of an erased item nothing can be shown that its digest could be held against.
    if (std::any_of(octets.begin(), octets.end(), [](const Bytes& item) { return item.empty(); })) {
        return fail(Code::kErased, "an item that was disclosed: a bundle would not be whole");
    }
    const std::string own_card =
        schema::join_card_file({node.self.card_note, node.self.notice_note});
    const std::string their_card = schema::join_card_file({peer->card.note, peer->notice->note});
    Json files;
    const auto put = [&files](const std::string& path, BytesView content) {
        files[path] = base64(content);
    };
    put("card", as_bytes(out ? own_card : their_card));
    put("peer-card", as_bytes(out ? their_card : own_card));
    put("cover", as_bytes(texts.cover));
    put("manifest", as_bytes(manifest));
    put("sent.tlog-proof", as_bytes(out ? own_proof : texts.sender_proof));
    if (out) {
        LAPX_TRY_ASSIGN(const auto receipt, node.delivery.receipt(message.seq));
        if (!receipt) {
            return fail(Code::kWrongState, "there is no receipt yet");
        }
        put("receipt.tlog-proof", as_bytes(*receipt));
    } else {
        put("receipt.tlog-proof", as_bytes(own_proof));
    }
    std::size_t next = 0;
    for (std::size_t i = 0; i < cover.view()->view.items.size(); ++i) {
        if (std::holds_alternative<schema::Disclosed>(cover.view()->view.items[i])) {
            put("items/" + std::to_string(i + 1), octets.at(next++));
        }
    }
    return Json{{"files", files}, {"next", nullptr}};
}

void Api::add_bundle_routes(control::Server& server) {
    server.route("GET", "/v1/referrals/{id}/bundle",
                 {control::Role::kClerk, control::Role::kApprover, control::Role::kAuditor},
                 {"to", "version", "as"},
                 of_referral([this](const Request& request, const cases::Row& row,
                                    control::Pending pending) {
                     Result<Json> files = bundle(request, row);
                     if (!files) {
                         pending.answer(files.error());
                         return;
                     }
                     answer_recorded(std::move(pending), schema::EntryKind::kExported,
                                     schema::print_exported_record(
                                         {request.who.id, "bundle of " + to_string(row.id)}),
                                     std::move(*files));
                 }));
}

}  // namespace lapx::daemon
