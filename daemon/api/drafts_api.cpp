// Drafting and release: file, change, withhold, preview, approve, send, discard.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/disclosure/disclosure.hpp"
#include "keys/age.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

template <typename E>
std::string word(E value) {
    return std::string(schema::word_of(value));
}

Result<std::vector<Desk>> desks_from(const std::vector<std::string>& texts) {
    std::vector<Desk> out;
    for (const std::string& text : texts) {
        LAPX_TRY_ASSIGN(Desk desk, Desk::parse(text));
        if (std::find(out.begin(), out.end(), desk) == out.end()) {
            out.push_back(std::move(desk));
        }
    }
    return out;
}

// "none", "ask", or agencies joined by commas.
Result<schema::Onward> onward_from(const std::string& text) {
    if (text == "none") {
        return schema::Onward{schema::OnwardRule::kNone, {}};
    }
    if (text == "ask") {
        return schema::Onward{schema::OnwardRule::kAsk, {}};
    }
    schema::Onward out{schema::OnwardRule::kListed, {}};
    for (const std::string_view part : split(text, ',')) {
        LAPX_TRY_ASSIGN(Agency agency, Agency::parse(part));
        out.agencies.push_back(std::move(agency));
    }
    return out;
}

Result<void> apply_handling(model::Handling& handling, const Json& body) {
    LAPX_TRY_ASSIGN(const auto tlp, word_member<schema::Tlp>(body, "tlp"));
    LAPX_TRY_ASSIGN(const auto pap, word_member<schema::Pap>(body, "pap"));
    LAPX_TRY_ASSIGN(const auto uses, list_member(body, "uses"));
    LAPX_TRY_ASSIGN(const auto onward, text_member(body, "onward"));
    handling.tlp = tlp.value_or(handling.tlp);
    handling.pap = pap.value_or(handling.pap);
    if (uses) {
        std::set<schema::Use> sorted;
        for (const std::string& text : *uses) {
            LAPX_TRY_ASSIGN(const schema::Use use, schema::from_word<schema::Use>(text));
            sorted.insert(use);
        }
        handling.uses.assign(sorted.begin(), sorted.end());
        if (handling.uses.empty()) {
            return fail(Code::kInvalidArgument, "`uses` must name at least one");
        }
    }
    if (onward) {
        LAPX_TRY_ASSIGN(handling.onward, onward_from(*onward));
    }
    return {};
}

// {"label": "text" or ["text", …]}; empty removes the item.
Result<void> apply_set(cases::Values& values, const Json& body) {
    if (!body.contains("set")) {
        return {};
    }
    if (!body.at("set").is_object()) {
        return fail(Code::kInvalidArgument, "`set` must be an object of items");
    }
    for (const auto& [name, value] : body.at("set").items()) {
        const auto label = schema::from_word<schema::Label>(name);
        if (!label) {
            return fail(Code::kUnknownItem, escape(name));
        }
        Json wrapped{{"text", value.is_string() ? Json::array({value}) : value}};
        LAPX_TRY_ASSIGN(const auto texts, list_member(wrapped, "text"));
        std::vector<schema::ItemValue> parsed;
        for (const std::string& text : *texts) {
            if (!text.empty()) {
                LAPX_TRY_ASSIGN(schema::ItemValue item, schema::item_from_text(*label, text));
                parsed.push_back(std::move(item));
            }
        }
        values[*label] = std::move(parsed);
    }
    return {};
}

// An item number, a label, or a label and which element of it.
Result<model::ItemName> item_from(const model::Draft& draft, const std::string& text) {
    const auto number = number_from(text);
    if (!number) {
        return cases::item_name_from(text);
    }
    if (*number == 0 || *number > draft.items.size()) {
        return fail(Code::kUnknownItem, "no item has this number");
    }
    const schema::Label label = draft.items[*number - 1].label;
    std::uint16_t element = 0;
    for (std::size_t i = 0; i < *number; ++i) {
        element = static_cast<std::uint16_t>(element + (draft.items[i].label == label ? 1 : 0));
    }
    return model::ItemName{label, schema::template_row(label).repeats ? element : std::uint16_t{0}};
}

Result<model::Withhold> withhold_from(const model::Draft& draft, const Json& body,
                                      const std::string& decider) {
    LAPX_TRY_ASSIGN(const std::string item, needed_text(body, "item"));
    LAPX_TRY_ASSIGN(const std::string reason, needed_text(body, "reason"));
    LAPX_TRY_ASSIGN(const auto show, word_member<schema::Shown>(body, "show"));
    LAPX_TRY_ASSIGN(const auto basis, text_member(body, "basis"));
    LAPX_TRY_ASSIGN(const auto from, text_member(body, "from"));
    model::Withhold out{.item = {},
                        .from = {},
                        .reason = {},
                        .shown = show.value_or(schema::Shown::kReason),
                        .basis = basis.value_or(""),
                        .decider = decider};
    LAPX_TRY_ASSIGN(out.item, item_from(draft, item));
    const auto known = schema::from_word<schema::Reason>(reason);
    if (!known) {
        return fail(Code::kUnknownReason, escape(reason));
    }
    out.reason = *known;
    if (!out.basis.empty() && !is_line(out.basis, schema::kMaxText)) {
        return fail(Code::kInvalidArgument, "`basis` must be one line");
    }
    if (from) {
        LAPX_TRY_ASSIGN(out.from, Desk::parse(*from));
    }
    return out;
}

model::SealedExhibit seal_exhibit(const Bytes& plain, Random& random) {
    const keys::Identity identity = keys::Identity::generate(random);
    Bytes sealed = keys::seal(identity.recipient(), plain, random);
    const auto digest = keys::digest_of<ContentDigest>(sealed);
    return {.element = 1,
            .plain = keys::digest_of<ContentDigest>(plain),
            .plain_size = plain.size(),
            .sealed_digest = digest,
            .sealed = std::move(sealed),
            .identity = keys::SecretBytes(BytesView(identity.secret().view()))};
}

Json withheld_json(const std::vector<model::Ruling>& rulings) {
    Json out = Json::array();
    for (std::size_t i = 0; i < rulings.size(); ++i) {
        if (const auto* withheld = std::get_if<schema::Withholding>(&rulings[i].decided.inward)) {
            out.push_back({{"item", i + 1},
                           {"label", word(rulings[i].decided.label)},
                           {"reason", word(withheld->reason)},
                           {"shown", word(withheld->shown)}});
        }
    }
    return out;
}

// The messages of one release; the database has them only once the round ends.
Json sent_json(const model::Draft& draft, const std::vector<MessageId>& messages) {
    Json out = Json::array();
    for (std::size_t i = 0; i < messages.size(); ++i) {
        out.push_back({{"message", to_string(messages[i])},
                       {"to", draft.to.at(i).text()},
                       {"state", delivery::word_of(delivery::State::kSent)},
                       {"outcome", nullptr}});
    }
    return out;
}

}  // namespace

const config::Operator& Api::operator_of(const Request& request) const {
    const auto& people = parts_.pipeline_parts.config.operators;
    return *std::find_if(people.begin(), people.end(), [&](const config::Operator& person) {
        return person.id == request.who.id;
    });
}

Result<cases::Case> Api::draft_of(const Request& request) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const cases::Row row, store.find(request.path.at(1)));
    if (row.direction != cases::Direction::kOut) {
        return fail(Code::kWrongState, "this referral was received, not drafted here");
    }
    return store.load(row.seq);
}

Result<Json> Api::draft_json(const cases::Case& value) {
    Json items = Json::array();
    for (std::size_t i = 0; i < value.draft.items.size(); ++i) {
        const model::DraftItem& item = value.draft.items[i];
        std::string summary;
        if (item.present) {
            LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(item.octets));
            summary = schema::describe_item(decoded.value);
        }
        items.push_back({{"item", i + 1},
                         {"label", word(item.label)},
                         {"class", word(schema::template_row(item.label).default_class)},
                         {"present", item.present},
                         {"summary", std::move(summary)}});
    }
    LAPX_TRY_ASSIGN(Json out, release_json(value));
    out["kind"] = word(value.draft.kind);
    out["items"] = items;
    out["withheld"] = value.draft.to.empty()
                          ? Json::array()
                          : withheld_json(disclosure::rule(value.draft, value.draft.to.front()));
    out["to"] = Json::array();
    for (const Desk& desk : value.draft.to) {
        out["to"].push_back(desk.text());
    }
    return out;
}

Result<Json> Api::release_json(const cases::Case& value) {
    LAPX_TRY_ASSIGN(const auto messages, parts_.pipeline_parts.delivery.of_referral(value.seq));
    return Json{{"referral", to_string(value.draft.id)},
                {"state", cases::word_of(value.state)},
                {"messages", messages_json(messages)}};
}

Result<void> Api::apply_fields(cases::Case& value, const Request& request, cases::Values values) {
    const Json& body = request.body;
    LAPX_TRY_ASSIGN(const auto to, list_member(body, "to"));
    LAPX_TRY_ASSIGN(const auto kind, word_member<schema::Kind>(body, "kind"));
    LAPX_TRY_ASSIGN(const auto from, text_member(body, "from_desk"));
    model::Draft& draft = value.draft;
    if (to) {
        LAPX_TRY_ASSIGN(draft.to, desks_from(*to));
    }
    draft.kind = kind.value_or(draft.kind);
    if (from) {
        LAPX_TRY_ASSIGN(draft.from, Desk::parse(*from + "@" + draft.from.agency().text()));
        if (!parts_.pipeline_parts.self.keys.desks.contains(*from)) {
            return fail(Code::kUnknownDesk, "no desk of ours has this id");
        }
    }
    LAPX_TRY(apply_handling(draft.handling, body));
    LAPX_TRY(apply_set(values, body));
    const PipelineParts& node = parts_.pipeline_parts;
    values[schema::Label::kAddressees] = {};
    if (!draft.to.empty()) {
        values[schema::Label::kAddressees].push_back(schema::Addressees{draft.to});
    }
    cases::add_defaults(values, draft.kind, node.self.agency(), node.self.card.country);
    LAPX_TRY_ASSIGN(draft.items, cases::lay_out(values, node.random));
    if (body.contains("withhold")) {
        if (!body.at("withhold").is_array()) {
            return fail(Code::kInvalidArgument, "`withhold` must be a list");
        }
        for (const Json& one : body.at("withhold")) {
            LAPX_TRY_ASSIGN(model::Withhold withhold, withhold_from(draft, one, request.who.id));
            draft.withheld.push_back(std::move(withhold));
        }
    }
    LAPX_TRY_ASSIGN(const auto disclosed, list_member(body, "disclose"));
    for (const std::string& name : disclosed.value_or(std::vector<std::string>{})) {
        LAPX_TRY_ASSIGN(const model::ItemName item, item_from(draft, name));
        draft.permitted.push_back({item, request.who.id});
    }
    draft.created = node.clock.seconds();
    value.changed = draft.created;
    value.state = cases::State::kDraft;
    value.approval.reset();
    return {};
}

void Api::create_draft(const Request& request, control::Pending pending) {
    const auto message = text_member(request.body, "message_base64");
    if (!message) {
        pending.answer(message.error());
        return;
    }
    const PipelineParts& node = parts_.pipeline_parts;
    const auto desk = node.self.keys.desks.begin();
    std::array<std::uint8_t, 10> random{};
    node.random.fill(random);
    const ReferralId id{
        uuid7(static_cast<std::uint64_t>(node.clock.now().time_since_epoch().count()), random)};
    auto value = std::make_shared<cases::Case>(
        cases::Case{.seq = 0,
                    .state = cases::State::kDraft,
                    .drafter = request.who.id,
                    .changed = {},
                    .draft = {.id = id,
                              .supersedes = {},
                              .kind = schema::Kind::kInformation,
                              .from = *Desk::parse(desk->first + "@" + node.self.agency().text()),
                              .to = {},
                              .handling = {},
                              .created = {},
                              .external_id = {},
                              .items = {},
                              .withheld = {},
                              .permitted = {}},
                    .approval = {}});
    const auto work = [this, value, request](const std::vector<intake::ProposedItem>& proposed,
                                             const std::optional<Bytes>& mail,
                                             control::Pending answer) {
        write(std::move(answer), [&]() -> Result<Json> {
            return store_draft(std::move(*value), request, proposed, mail);
        });
    };
    if (!*message) {
        work({}, std::nullopt, std::move(pending));
        return;
    }
    auto mail = from_base64(**message);
    if (!mail) {
        pending.answer(Error{Code::kInvalidArgument, "`message_base64` is not base64"});
        return;
    }
    const std::string name = request.body.value("message_name", std::string("message.eml"));
    const auto waiting = std::make_shared<control::Pending>(std::move(pending));
    const auto octets = std::make_shared<Bytes>(std::move(*mail));
    const Time now = node.clock.seconds();
    const intake::Acquisition acquired{.name = name,
                                       .size = octets->size(),
                                       .sha256 = keys::digest_of<ContentDigest>(*octets),
                                       .by = operator_of(request).name,
                                       .at = now,
                                       .where = node.self.agency().text(),
                                       .how = "filed by an operator",
                                       .tool = "lapx " LAPX_VERSION};
    parts_.intake.submit(*octets, [work, waiting, octets,
                                   acquired](const Result<intake::Mail>& mail_read) {
        if (!mail_read) {
            waiting->answer(mail_read.error());
            return;
        }
        work(intake::propose_items(*mail_read, acquired), std::move(*octets), std::move(*waiting));
    });
}

Result<Json> Api::store_draft(cases::Case value, const Request& request,
                              const std::vector<intake::ProposedItem>& proposed,
                              const std::optional<Bytes>& mail) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto external, text_member(request.body, "external_id"));
    LAPX_TRY_ASSIGN(const bool send, flag_member(request.body, "send"));
    LAPX_TRY(needed_text(request.body, "kind"));
    LAPX_TRY_ASSIGN(const auto to, list_member(request.body, "to"));
    if (!to || to->empty()) {
        return fail(Code::kNoRecipient, "`to` must name at least one desk");
    }
    if (external) {
        LAPX_TRY_ASSIGN(const auto there, node.cases.find_external(*external));
        if (there) {
            LAPX_TRY_ASSIGN(const cases::Case before, node.cases.load(there->seq));
            return draft_json(before);
        }
        value.draft.external_id = *external;
    }
    std::vector<model::SealedExhibit> exhibits;
    if (mail) {
        exhibits.push_back(seal_exhibit(*mail, node.random));
    }
    cases::Values values;
    for (const intake::ProposedItem& item : proposed) {
        values[item.label].push_back(item.value);
    }
    if (mail && exhibits.front().sealed.size() > schema::kMaxInlineExhibits) {
        for (schema::ItemValue& item : values[schema::Label::kExhibit]) {
            std::get<schema::Exhibit>(item).state = schema::ExhibitState::kOnRequest;
        }
    }
    LAPX_TRY(apply_fields(value, request, std::move(values)));
    // Approves and sends at once where the policy lets this person; else the draft waits for
    // somebody who may.
    const config::Operator& who = operator_of(request);
    const bool release =
        send && who.has(config::Role::kApprover) && node.config.policy.self_approval;
    std::vector<MessageId> sent;
    if (release) {
        LAPX_TRY(parts_.pipeline.approve(value, exhibits, who));
        LAPX_TRY_ASSIGN(sent, parts_.pipeline.send(value, exhibits));
    } else {
        LAPX_TRY(check_recipients(value, exhibits, send));
        LAPX_TRY_ASSIGN(value.seq, node.cases.save(value));
    }
    for (const model::SealedExhibit& exhibit : exhibits) {
        LAPX_TRY(node.cases.add_exhibit(value.seq, exhibit));
    }
    LAPX_TRY_ASSIGN(Json out, draft_json(value));
    if (release) {
        out["messages"] = sent_json(value.draft, sent);
    } else if (send) {
        out["state"] = "awaiting-approval";
    }
    return out;
}

// Whether the draft can go to whom it names; `whole`: whether it can go as it is.
Result<void> Api::check_recipients(const cases::Case& value,
                                   std::span<const model::SealedExhibit> exhibits, bool whole) {
    const PipelineParts& node = parts_.pipeline_parts;
    for (const Desk& to : value.draft.to) {
        LAPX_TRY(node.contacts.recipient(to, node.clock.seconds()));
        if (whole) {
            LAPX_TRY(disclosure::propose(value.draft, exhibits, to));
        }
    }
    return {};
}

Result<Json> Api::change_draft(const Request& request,
                               const std::function<Result<void>(cases::Case&)>& change) {
    LAPX_TRY_ASSIGN(cases::Case value, draft_of(request));
    if (value.state == cases::State::kSent) {
        return fail(Code::kWrongState, "it has been sent");
    }
    LAPX_TRY(change(value));
    LAPX_TRY(parts_.pipeline_parts.cases.save(value));
    return draft_json(value);
}

Result<Json> Api::preview(const Request& request) {
    LAPX_TRY_ASSIGN(const cases::Case value, draft_of(request));
    const auto as = request.query.find("as");
    if (as == request.query.end()) {
        return fail(Code::kInvalidArgument, "`as` must name a recipient");
    }
    LAPX_TRY_ASSIGN(const Desk to, Desk::parse(as->second));
    LAPX_TRY_ASSIGN(const auto exhibits, parts_.pipeline_parts.cases.exhibits(value.seq));
    LAPX_TRY_ASSIGN(const model::Proposal proposal, disclosure::propose(value.draft, exhibits, to));
    const model::ProposalContent& content = proposal.content();
    Json disclosed = Json::array();
    for (const schema::NumberedOctets& item : content.items) {
        LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(item.octets));
        disclosed.push_back({{"item", item.number},
                             {"label", word(content.rulings[item.number - 1U].decided.label)},
                             {"value", schema::describe_item(decoded.value)}});
    }
    return Json{{"referral", to_string(value.draft.id)},
                {"view", content.view.text},
                {"disclosed", disclosed},
                {"withheld", withheld_json(content.rulings)}};
}

void Api::add_draft_routes(control::Server& server) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    server.route("GET", "/v1/drafts", {Role::kClerk, Role::kApprover},
                 read([this](const Request& request) { return drafts(request); }));
    server.route("POST", "/v1/drafts", {Role::kClerk, Role::kFeeder},
                 [this](const Request& request, control::Pending pending) {
                     create_draft(request, std::move(pending));
                 });
    server.route("PATCH", "/v1/referrals/{id}", {Role::kClerk},
                 writer([this](const Request& request) {
                     return change_draft(request, [&](cases::Case& value) -> Result<void> {
                         LAPX_TRY_ASSIGN(auto values, cases::values_of(value.draft.items));
                         return apply_fields(value, request, std::move(values));
                     });
                 }));
    server.route("POST", "/v1/referrals/{id}/withhold", {Role::kClerk},
                 writer([this](const Request& request) {
                     return change_draft(request, [&](cases::Case& value) -> Result<void> {
                         LAPX_TRY_ASSIGN(model::Withhold withhold,
                                         withhold_from(value.draft, request.body, request.who.id));
                         value.draft.withheld.push_back(std::move(withhold));
                         value.state = cases::State::kDraft;
                         value.approval.reset();
                         return {};
                     });
                 }));
    server.route("GET", "/v1/referrals/{id}/preview",
                 {Role::kClerk, Role::kApprover, Role::kAuditor},
                 read([this](const Request& request) { return preview(request); }));
    server.route("POST", "/v1/referrals/{id}/approve", {Role::kApprover},
                 writer([this, &store](const Request& request) -> Result<Json> {
                     LAPX_TRY_ASSIGN(cases::Case value, draft_of(request));
                     LAPX_TRY_ASSIGN(const auto exhibits, store.exhibits(value.seq));
                     LAPX_TRY(parts_.pipeline.approve(value, exhibits, operator_of(request)));
                     LAPX_TRY(store.save(value));
                     return release_json(value);
                 }));
    server.route("POST", "/v1/referrals/{id}/send", {Role::kClerk, Role::kApprover},
                 writer([this, &store](const Request& request) -> Result<Json> {
                     LAPX_TRY_ASSIGN(cases::Case value, draft_of(request));
                     if (value.state == cases::State::kSent) {
                         return release_json(value);
                     }
                     LAPX_TRY_ASSIGN(const auto exhibits, store.exhibits(value.seq));
                     LAPX_TRY_ASSIGN(const auto sent, parts_.pipeline.send(value, exhibits));
                     LAPX_TRY_ASSIGN(Json out, release_json(value));
                     out["messages"] = sent_json(value.draft, sent);
                     return out;
                 }));
    server.route("POST", "/v1/referrals/{id}/discard", {Role::kClerk, Role::kApprover},
                 writer([this, &store](const Request& request) -> Result<Json> {
                     LAPX_TRY_ASSIGN(cases::Case value, draft_of(request));
                     if (value.state == cases::State::kSent) {
                         return fail(Code::kWrongState, "it has been sent");
                     }
                     LAPX_TRY(store.remove(value.seq));
                     return Json{{"referral", to_string(value.draft.id)},
                                 {"state", "discarded"},
                                 {"messages", Json::array()}};
                 }));
}

}  // namespace lapx::daemon
