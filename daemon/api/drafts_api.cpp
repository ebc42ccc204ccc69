// Drafting: file, preview.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/handling.hpp"
#include "daemon/api/json.hpp"
#include "daemon/disclosure/disclosure.hpp"
#include "keys/age.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"
#include "schema/notes/values.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::size_t kMaxExternalId = 200;

Json withheld_json(const std::vector<schema::DecidedItem>& items, const Desk& to) {
    Json out = Json::array();
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (const auto* withheld = std::get_if<schema::Withholding>(&items[i].inward)) {
            out.push_back({{"item", i + 1},
                           {"to", to.text()},
                           {"label", word(items[i].label)},
                           {"reason", word(withheld->reason)},
                           {"shown", word(withheld->shown)}});
        }
    }
    return out;
}

// Of a derivative: the number of the item that it stands for.
Json original_json(const model::Draft& draft, std::size_t index) {
    const std::size_t original = disclosure::original_of(draft, index);
    return original < draft.items.size() ? Json(original + 1) : Json(nullptr);
}

std::vector<schema::DecidedItem> decided_items(const std::vector<model::Ruling>& rulings) {
    std::vector<schema::DecidedItem> out;
    out.reserve(rulings.size());
    for (const model::Ruling& ruling : rulings) {
        out.push_back(ruling.decided);
    }
    return out;
}

}  // namespace

DraftRequest Api::by(const Request& request) const {
    const PipelineParts& node = parts_.pipeline_parts;
    return {node.self, node.policy, node.contacts, node.random, request.who, node.clock.seconds()};
}

DraftRequest Api::by(const Request& request, std::span<const model::SealedExhibit> exhibits) const {
    DraftRequest out = by(request);
    out.here.emplace();
    for (const model::SealedExhibit& exhibit : exhibits) {
        out.here->push_back(exhibit.element);
    }
    return out;
}

Result<DraftRequest> Api::by(const Request& request, const cases::Case& stored) const {
    DraftRequest out = by(request);
    LAPX_TRY_ASSIGN(out.here, parts_.pipeline_parts.cases.exhibits_here(stored.seq));
    return out;
}

ReferralId Api::new_referral_id() const {
    const PipelineParts& node = parts_.pipeline_parts;
    std::array<std::uint8_t, 10> random{};
    node.random.fill(random);
    return ReferralId{
        uuid7(static_cast<std::uint64_t>(node.clock.now().time_since_epoch().count()), random)};
}

Result<cases::Case> Api::draft_of(const cases::Row& row) {
    if (row.direction != cases::Direction::kOut) {
        return fail(Code::kWrongState, "this referral was received, not drafted here");
    }
    return parts_.pipeline_parts.cases.load(row.seq);
}

Result<Json> Api::draft_json(const cases::Case& value) {
    Json items = Json::array();
    for (std::size_t i = 0; i < value.draft.items.size(); ++i) {
        const model::DraftItem& item = value.draft.items[i];
        std::string summary;
        if (item.present && !item.erased) {
            LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(item.octets));
            summary = schema::describe_item(decoded.value);
        }
        items.push_back({{"item", i + 1},
                         {"label", word(item.label)},
                         {"class", word(schema::template_row(item.label).default_class)},
                         {"present", item.present},
                         {"erased", item.erased.has_value()},
                         {"summary", std::move(summary)},
                         {"original", original_json(value.draft, i)}});
    }
    LAPX_TRY_ASSIGN(Json out, release_json(value));
    out["kind"] = word(value.draft.kind);
    out["act"] = word(value.draft.act);
    out["version"] = value.draft.version;
    out["editors"] = value.editors;
    out["feed"] = value.feed.empty() ? Json(nullptr) : Json(value.feed);
    out["items"] = items;
    out["handling"] = handling_json(value.draft.handling);
    out["returned"] = returned_json(value);
    out["missing"] = Json::array();
    for (const schema::Label label : disclosure::missing_items(value.draft)) {
        out["missing"].push_back(word(label));
    }
    out["wholly_withheld"] = wholly_json(value.draft);
    out["withheld"] = Json::array();
    out["to"] = Json::array();
    for (const Desk& desk : value.draft.to) {
        out["to"].push_back(desk.text());
        LAPX_TRY_ASSIGN(const auto decided, dispositions(value, desk));
        for (Json& row : withheld_json(decided, desk)) {
            out["withheld"].push_back(std::move(row));
        }
    }
    return out;
}

// What became of each item: as the ledger has it once that is there, before as the policy has it
// now.
Result<std::vector<schema::DecidedItem>> Api::dispositions(const cases::Case& value,
                                                           const Desk& to) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto messages, node.delivery.of_referral(value.seq));
    for (const delivery::Message& message : messages) {
        if (message.peer == to.agency() && message.desk == to.id()) {
            LAPX_TRY_ASSIGN(schema::DecidedRecord record, decided_of(message.leaf - 1));
            return std::move(record.items);
        }
    }
    LAPX_TRY_ASSIGN(const auto kept_back, node.cases.kept_back(value.seq));
    for (const cases::KeptBack& kept : kept_back) {
        if (kept.from == to) {
            LAPX_TRY_ASSIGN(schema::DecidedRecord record, decided_of(kept.leaf));
            return std::move(record.items);
        }
    }
    const auto addressee = node.contacts.addressee(to);
    if (!addressee) {
        return std::vector<schema::DecidedItem>{};  // a contact that was removed
    }
    return decided_items(disclosure::rule(node.policy, value.draft, *addressee));
}

void Api::create_draft(const Request& request, control::Pending pending) {
    const auto message = text_member(request.body, "message_base64");
    const auto name = text_member(request.body, "message_name");
    if (!message || !name) {
        pending.answer(message ? name.error() : message.error());
        return;
    }
    const PipelineParts& node = parts_.pipeline_parts;
    const auto& desks = node.self.keys.desks;
    const auto desk = std::find_if(desks.begin(), desks.end(),
                                   [&](const auto& own) { return request.who.serves(own.first); });
    auto value = std::make_shared<cases::Case>(
        cases::Case{.seq = 0,
                    .state = cases::State::kDraft,
                    .drafter = request.who.id,
                    .changed = {},
                    .draft = {.id = new_referral_id(),
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
                    .approval = {},
                    .returned = {}});
    const auto work = [this, value](const Request& filed,
                                    const std::vector<intake::ProposedItem>& proposed,
                                    const std::optional<Bytes>& mail, control::Pending answer) {
        write(std::move(answer), [&]() -> Result<Json> {
            return store_draft(std::move(*value), filed, proposed, mail);
        });
    };
    if (!*message) {
        work(request, {}, std::nullopt, std::move(pending));
        return;
    }
    auto mail = from_base64(**message);
    if (!mail) {
        pending.answer(Error{Code::kInvalidArgument, "`message_base64` is not base64"});
        return;
    }
    const auto waiting = std::make_shared<control::Pending>(std::move(pending));
    const auto octets = std::make_shared<Bytes>(std::move(*mail));
    const Time now = node.clock.seconds();
    const intake::Acquisition acquired{.name = escape(name->value_or("message.eml")),
                                       .size = octets->size(),
                                       .sha256 = keys::digest_of<ContentDigest>(*octets),
                                       .by = request.who.name,
                                       .at = now,
                                       .where = node.self.agency().text(),
                                       .how = "filed by an operator",
                                       .tool = "lapx " LAPX_VERSION};
    parts_.intake.submit(
        *octets, [work, request, waiting, octets, acquired](const Result<intake::Mail>& mail_read) {
            if (!mail_read) {
                waiting->answer(mail_read.error());
                return;
            }
            work(request, intake::propose_items(*mail_read, acquired), std::move(*octets),
                 std::move(*waiting));
        });
}

Result<Json> Api::store_draft(cases::Case value, const Request& request,
                              const std::vector<intake::ProposedItem>& proposed,
                              const std::optional<Bytes>& mail) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto external, text_member(request.body, "external_id"));
    LAPX_TRY_ASSIGN(const bool send, flag_member(request.body, "send"));
    LAPX_TRY_ASSIGN(const auto feed, text_member(request.body, "feed"));
    LAPX_TRY(needed_text(request.body, "kind"));
    LAPX_TRY_ASSIGN(const auto to, list_member(request.body, "to"));
    if (!to || to->empty()) {
        return fail(Code::kNoRecipient, "`to` must name at least one desk");
    }
    if (external) {
        LAPX_TRY_ASSIGN(const auto there,
                        node.cases.find_number(*external, viewer_of(request.who)));
        if (!there.empty()) {
            LAPX_TRY_ASSIGN(const cases::Case before, node.cases.load(there.front().seq));
            const bool may_read = request.who.has(Role::kClerk) || before.drafter == request.who.id;
            const bool tells = may_read && !request.minimal;
            LAPX_TRY_ASSIGN(Json out, tells ? draft_json(before) : release_json(before));
            out["already_filed"] = true;
            if (!tells) {
                return out;
            }
            LAPX_TRY(log_read(request, "filing", before));
            return out;
        }
        if (!is_line(*external, kMaxExternalId)) {
            return fail(Code::kInvalidArgument,
                        "`external_id` must be one line of at most 200 octets");
        }
        value.draft.external_id = *external;
    }
    if (feed && !schema::is_operator_id(*feed)) {
        return fail(Code::kInvalidArgument, "`feed` is 1 to 32 of a-z 0-9 . _ -");
    }
    value.feed = feed.value_or("");
    std::vector<model::SealedExhibit> exhibits;
    std::shared_ptr<exhibits::Sealing> sealing;
    if (mail) {
        LAPX_TRY_ASSIGN(SealedMail sealed, seal_mail(*mail));
        sealed.exhibit.element = 1;
        exhibits.push_back(std::move(sealed.exhibit));
        sealing = std::move(sealed.sealing);
    }
    cases::Values values;
    for (const intake::ProposedItem& item : proposed) {
        values[item.label].push_back(item.value);
    }
    const std::size_t own = exhibits.size();
    LAPX_TRY_ASSIGN(const Uploaded uploaded, uploads_in(request, values, exhibits));
    LAPX_TRY(apply_request(value, std::move(values), request.body, by(request, exhibits)));
    LAPX_TRY_ASSIGN(Json out, keep(value, exhibits, request, feed ? Then::kFeed : send_if(send)));
    for (std::size_t i = 0; i < own; ++i) {
        LAPX_TRY(node.cases.add_exhibit(value.seq, exhibits[i]));
    }
    LAPX_TRY(keep_uploads(uploaded, exhibits, value.seq));
    if (sealing) {
        node.round.then([sealing] { sealing->keep(); }, [](const Error&) {});
    }
    return out;
}

Result<Api::Content> Api::preview(const Request& request, const cases::Row& row) {
    LAPX_TRY_ASSIGN(const cases::Case value, draft_of(row));
    const auto as = request.query.find("as");
    if (as == request.query.end()) {
        return fail(Code::kInvalidArgument, "`as` must name a recipient");
    }
    LAPX_TRY_ASSIGN(const Desk to, Desk::parse(as->second));
    LAPX_TRY_ASSIGN(const auto exhibits, parts_.pipeline_parts.cases.exhibits(value.seq));
    LAPX_TRY_ASSIGN(const model::Proposal proposal,
                    parts_.pipeline.approvals().propose(value.draft, exhibits, to));
    const model::ProposalContent& content = proposal.content();
    Json disclosed = Json::array();
    bool confidential = false;
    for (const schema::NumberedOctets& item : content.items) {
        LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(item.octets));
        const schema::Label label = content.rulings[item.number - 1U].decided.label;
        confidential = confidential || is_confidential(label);
        disclosed.push_back({{"item", item.number},
                             {"label", word(label)},
                             {"value", schema::describe_item(decoded.value)}});
    }
    Json erased = Json::array();
    for (std::size_t i = 0; i < value.draft.items.size(); ++i) {
        if (value.draft.items[i].erased) {
            erased.push_back(i + 1);
        }
    }
    return Content{{{"referral", to_string(value.draft.id)},
                    {"view", content.view.text},
                    {"wholly_withheld", content.wholly_withheld},
                    {"erased", erased},
                    {"disclosed", disclosed},
                    {"withheld", withheld_json(decided_items(content.rulings), to)}},
                   confidential};
}

void Api::add_draft_routes(control::Server& server) {
    server.route("POST", "/v1/drafts", {Role::kClerk, Role::kFeeder},
                 draft_members({"message_base64", "message_name", "external_id", "feed", "send"}),
                 [this](const Request& request, control::Pending pending) {
                     create_draft(request, std::move(pending));
                 });
    server.route("GET", "/v1/referrals/{id}/preview",
                 {Role::kClerk, Role::kApprover, Role::kAuditor}, {"as"},
                 reads("preview", [this](const Request& request, const cases::Row& row) {
                     return preview(request, row);
                 }));
    server.route("GET", "/v1/referrals/{id}/policy",
                 {Role::kClerk, Role::kApprover, Role::kAuditor}, {"as", "item"},
                 read_of([this](const Request& request, const cases::Row& row) {
                     return policy_why(request, row);
                 }));
}

}  // namespace lapx::daemon
