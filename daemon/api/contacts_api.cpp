// Status, card, directory.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/expiry.hpp"
#include "keys/directory.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

Json optional_text(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json(nullptr);
}

Json desk_json(const schema::DeskBlock& desk) {
    return {{"id", desk.id},
            {"role", desk.role},
            {"topics", desk.topics},
            {"languages", desk.languages},
            {"phone", optional_text(desk.phone)},
            {"mail", optional_text(desk.mail)},
            {"hours", optional_text(desk.hours)},
            {"deputy", optional_text(desk.deputy)}};
}

// Only for one whose safety number was compared here.
Result<Json> vouch_json(const PipelineParts& node, const Agency& agency) {
    const contacts::Contact* contact = node.contacts.find(agency);
    if (contact == nullptr) {
        return fail(Code::kUnknownAgency, agency.text());
    }
    if (contact->state != schema::TrustState::kVerified) {
        return fail(Code::kNotVerified, agency.text() + " is not verified");
    }
    const Time now = node.clock.seconds();
    const std::string text = schema::print_vouch({.from = node.self.agency(),
                                                  .agency = agency,
                                                  .root = contact->card.card.root,
                                                  .created = now,
                                                  .expires = now + schema::kMaxVouchLife});
    return Json{{"agency", agency.text()},
                {"note", keys::sign_note(text, node.self.sign_name, node.self.keys.sign)}};
}

}  // namespace

Json Api::contact_json(const contacts::Contact& contact) const {
    Json desks = Json::array();
    const schema::Card& card = contact.card.card;
    Time expires = card.expires;
    if (contact.notice) {
        expires = std::min(expires, contact.notice->notice.expires);
        for (const schema::DeskBlock& desk : contact.notice->notice.desks) {
            desks.push_back(desk_json(desk));
        }
    }
    return {{"agency", contact.agency().text()},
            {"name", card.name},
            {"country", card.country},
            {"sector", schema::word_of(card.sector)},
            {"state", schema::word_of(contact.state)},
            {"serial", card.serial},
            {"expires", to_string(expires)},
            {"safety_number", contact.safety_number()},
            {"desks", desks}};
}

Result<Json> Api::contact_reply(const contacts::Contacts::Changes& changes, const Agency& agency) {
    LAPX_TRY(parts_.pipeline.log_changes(changes));
    const contacts::Contact* contact = parts_.pipeline_parts.contacts.find(agency);
    if (contact == nullptr) {
        return fail(Code::kUnknownAgency, agency.text());
    }
    return contact_json(*contact);
}

std::optional<Time> Api::last_seen(const Agency& peer) const {
    const auto found = parts_.pipeline.conversations().find(peer);
    return found == parts_.pipeline.conversations().end() ? std::nullopt : found->second.last_seen;
}

Json Api::peer_json(const contacts::Contact& contact, Json& warnings) const {
    const std::string name = contact.agency().text();
    const auto found = parts_.pipeline.conversations().find(contact.agency());
    const bool known = found != parts_.pipeline.conversations().end();
    const auto seen = last_seen(contact.agency());
    const auto ahead = parts_.pipeline.clock_ahead(contact.agency());
    const Connection connection = connection_of(contact.agency());
    if (known && found->second.alarm) {
        warnings.push_back(*found->second.alarm);
    }
    if (!contact.notice) {
        warnings.push_back(name + " has no notice: nothing can be sent to it");
    }
    if (parts_.pipeline_parts.transport.link(contact.agency()).muted) {
        warnings.push_back(name + " is shut out for a while: it broke the protocol or caused too " +
                           "much work for nothing");
    }
    if (ahead && is_odd(*ahead)) {
        warnings.push_back("clock: that of " + name + " is " + in_words(*ahead) + " ours");
    }
    return {{"agency", name},
            {"state", schema::word_of(contact.state)},
            {"connected", known && found->second.greeted},
            {"connection", connection.word},
            {"connection_detail", connection.sentence},
            {"last_seen", seen ? Json(to_string(*seen)) : Json(nullptr)},
            {"clock_ahead", ahead ? Json(ahead->count()) : Json(nullptr)}};
}

Result<Json> Api::status() {
    const PipelineParts& node = parts_.pipeline_parts;
    const Self& self = node.self;
    Json peers = Json::array();
    Json warnings = Json::array();
    for (const auto& [name, contact] : node.contacts.all()) {
        peers.push_back(peer_json(contact, warnings));
    }
    const Time now = node.clock.seconds();
    for (const Expiring& paper : papers_of(self, node.contacts)) {
        if (is_soon(paper, now)) {
            warnings.push_back(in_words(paper, now));
        }
    }
    // Also while the node is starting, which goes by without anybody's doing.
    if (const auto& fault = parts_.pipeline.clock_fault()) {
        warnings.push_back("nothing is signed: " + in_words(*fault));
    }
    if (const auto why = parts_.pipeline.why_silent();
        why && why->code != Code::kStarting && why->code != Code::kClock) {
        warnings.push_back("nothing is signed: " + why->context);
    }
    if (const auto stored = node.papers.stuck(); !stored) {
        warnings.push_back("our new notice cannot be stored: " +
                           std::string(to_string(stored.error().code)));
    }
    for (const Agency& relay : self.notice.relays) {
        const contacts::Contact* contact = node.contacts.find(relay);
        if (contact == nullptr || !contact->is_trusted()) {
            warnings.push_back("our notice names the relay " + relay.text() +
                               ", which is not verified: nothing comes through it");
        }
    }
    LAPX_TRY_ASSIGN(const std::uint64_t queued, node.delivery.queued());
    LAPX_TRY_ASSIGN(Json counted, figures_json());
    LAPX_TRY_ASSIGN(const relay::Total relayed, node.relay.total());
    LAPX_TRY_ASSIGN(const ledger::LogHead head, node.log.head());
    LAPX_TRY_ASSIGN(const keys::VerifierKey root, keys::VerifierKey::parse(self.root));
    const std::string endpoint = node.transport.bound_endpoint();
    return Json{
        {"agency", self.agency().text()},
        {"name", self.card.name},
        {"version", LAPX_VERSION},
        {"ledger",
         {{"size", head.newest.checkpoint.size}, {"root", to_string(head.newest.checkpoint.root)}}},
        {"peers", peers},
        {"queued", queued},
        {"figures", std::move(counted)},
        {"advertises", self.notice.endpoints},
        {"relayed", {{"files", relayed.files}, {"octets", relayed.octets}}},
        {"endpoint", endpoint.empty() ? Json(nullptr) : Json(endpoint)},
        {"safety_number", keys::safety_number(root)},
        {"warnings", warnings}};
}

Result<Json> Api::revoke(const Request& request) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const std::string note, needed_text(request.body, "note"));
    LAPX_TRY_ASSIGN(const auto split, keys::split_note(note));
    LAPX_TRY_ASSIGN(const schema::Revocation revocation, schema::parse_revocation(split.text));
    if (revocation.agency != node.self.agency()) {
        LAPX_TRY_ASSIGN(const auto changes, node.contacts.revoke(note, node.clock.seconds()));
        return contact_reply(changes, revocation.agency);
    }
    LAPX_TRY(parts_.pipeline.revoke_own(note));
    // As others see us now.
    const bool rootless = revocation.key == node.self.root;
    LAPX_TRY_ASSIGN(keys::OpenedCard card, keys::open_card(node.self.card_note));
    LAPX_TRY_ASSIGN(keys::OpenedNotice notice,
                    keys::open_notice(node.self.notice_note, node.self.agency(), card.sign));
    return contact_json(
        {.state = rootless ? schema::TrustState::kRevoked : schema::TrustState::kSuspended,
         .state_at = node.clock.seconds(),
         .state_by = "card",
         .card = std::move(card),
         .notice = std::move(notice),
         .sign_keys = {},
         .ledger_keys = {}});
}

// A file that contradicts what is held leaves its evidence, and is refused all the same.
void Api::add_contact(const Request& request, control::Pending pending) {
    const auto refused = std::make_shared<std::optional<Error>>();
    write(
        std::move(pending),
        [this, &request, &why = *refused]() -> Result<Json> {
            const PipelineParts& node = parts_.pipeline_parts;
            LAPX_TRY_ASSIGN(const std::string text, needed_text(request.body, "card_file"));
            LAPX_TRY_ASSIGN(const schema::CardFile file, schema::split_card_file(text));
            LAPX_TRY_ASSIGN(const auto split, keys::split_note(file.card));
            LAPX_TRY_ASSIGN(const schema::Card card, schema::parse_card(split.text));
            const auto changes = node.contacts.admit(node.self.agency(), file.card, file.notice,
                                                     node.clock.seconds());
            if (changes) {
                return contact_reply(*changes, card.agency);
            }
            why = changes.error();
            const contacts::Contact* held = node.contacts.trusted(card.agency);
            LAPX_TRY_ASSIGN(const bool kept, held == nullptr
                                                 ? Result<bool>(false)
                                                 : parts_.pipeline.keep_contradiction(
                                                       *held, file.card, file.notice, why->code));
            if (!kept) {
                return tl::unexpected<Error>(*why);
            }
            return Json();
        },
        [refused](Json body) -> Result<Json> {
            return *refused ? Result<Json>(tl::unexpected<Error>(**refused)) : std::move(body);
        });
}

void Api::add_contact_routes(control::Server& server) {
    contacts::Contacts& contacts = parts_.pipeline_parts.contacts;
    const PipelineParts& node = parts_.pipeline_parts;
    server.route("GET", "/v1/status", {}, {}, read([this](const Request&) { return status(); }));
    server.route("GET", "/v1/contacts", {}, {},
                 read([this, &contacts](const Request&) -> Result<Json> {
                     Json items = Json::array();
                     for (const auto& [name, contact] : contacts.all()) {
                         items.push_back(contact_json(contact));
                     }
                     return Json{{"items", items}, {"next", nullptr}};
                 }));
    server.route("POST", "/v1/contacts", {Role::kAdmin}, {"card_file"},
                 [this](const Request& request, control::Pending pending) {
                     add_contact(request, std::move(pending));
                 });
    server.route("DELETE", "/v1/contacts/{agency}", {Role::kAdmin}, {},
                 writer([this, &contacts](const Request& request) -> Result<Json> {
                     LAPX_TRY_ASSIGN(const Agency agency, Agency::parse(request.path.at(1)));
                     LAPX_TRY_ASSIGN(Json before, contact_reply({}, agency));
                     LAPX_TRY(contacts.remove(agency));
                     LAPX_TRY(parts_.pipeline.log_changes(
                         {{schema::TrustChange{agency, schema::TrustState::kStranger}}}));
                     before["state"] = "removed";
                     return before;
                 }));
    server.route(
        "POST", "/v1/contacts/{agency}/verify", {Role::kAdmin}, {"safety_number"},
        writer([this, &contacts, &node](const Request& request) -> Result<Json> {
            LAPX_TRY_ASSIGN(const Agency agency, Agency::parse(request.path.at(1)));
            LAPX_TRY_ASSIGN(const std::string number, needed_text(request.body, "safety_number"));
            LAPX_TRY_ASSIGN(const auto changes,
                            contacts.verify(agency, number, request.who.id, node.clock.seconds()));
            return contact_reply(changes, agency);
        }));
    server.route("POST", "/v1/contacts/{agency}/suspend", {Role::kAdmin}, {},
                 writer(
                     [this, &contacts, &node](const Request& request) -> Result<Json> {
                         LAPX_TRY_ASSIGN(const Agency agency, Agency::parse(request.path.at(1)));
                         LAPX_TRY_ASSIGN(
                             const auto changes,
                             contacts.suspend(agency, request.who.id, node.clock.seconds()));
                         return contact_reply(changes, agency);
                     },
                     Purpose::kShuttingOut));
    server.route("POST", "/v1/contacts/{agency}/vouch", {Role::kAdmin}, {},
                 read([this, &node](const Request& request) -> Result<Json> {
                     if (const auto why = parts_.pipeline.why_silent()) {
                         return tl::unexpected<Error>(*why);
                     }
                     LAPX_TRY_ASSIGN(const Agency agency, Agency::parse(request.path.at(1)));
                     return vouch_json(node, agency);
                 }));
    server.route("POST", "/v1/vouchers", {Role::kAdmin}, {"note"},
                 writer([this, &contacts, &node](const Request& request) -> Result<Json> {
                     LAPX_TRY_ASSIGN(const std::string note, needed_text(request.body, "note"));
                     LAPX_TRY_ASSIGN(const auto split, keys::split_note(note));
                     LAPX_TRY_ASSIGN(const schema::Vouch vouch, schema::parse_vouch(split.text));
                     LAPX_TRY_ASSIGN(const auto changes,
                                     contacts.vouch(note, node.clock.seconds()));
                     return contact_reply(changes, vouch.agency);
                 }));
    server.route(
        "POST", "/v1/revocations", {Role::kAdmin}, {"note"},
        writer([this](const Request& request) { return revoke(request); }, Purpose::kShuttingOut));
}

}  // namespace lapx::daemon
