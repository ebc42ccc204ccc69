// What an auditor asks: what became of every item of a referral, whether the ledger has gaps, and a
// sample of it.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/decisions.hpp"
#include "daemon/ledger/check.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

// A person by the stable id, with the words that were true then; those may be erased.
Json person_json(const std::string& id, const schema::DecidedTexts& words) {
    const auto found = std::find_if(words.operators.begin(), words.operators.end(),
                                    [&](const auto& person) { return person.id == id; });
    Json out{{"id", id}, {"name", nullptr}, {"position", nullptr}};
    if (found != words.operators.end()) {
        out["name"] = found->name;
        out["position"] = found->position;
    }
    return out;
}

Json audited_item(std::uint16_t number, const schema::DecidedItem& item,
                  const schema::DecidedTexts& words) {
    Json out{{"item", number},
             {"label", word(item.label)},
             {"class", word(item.item_class)},
             {"disposition", word(schema::Inward::kAbsent)},
             {"reason", nullptr},
             {"shown", nullptr},
             {"basis", nullptr},
             {"decider", nullptr},
             {"original", item.original == 0 ? Json(nullptr) : Json(item.original)}};
    if (std::holds_alternative<schema::Disclosed>(item.inward)) {
        out["disposition"] = word(schema::Inward::kDisclosed);
    } else if (const auto* withheld = std::get_if<schema::Withholding>(&item.inward)) {
        out["disposition"] = word(schema::Inward::kWithheld);
        out["reason"] = word(withheld->reason);
        out["shown"] = word(withheld->shown);
        out["decider"] = person_json(withheld->decider, words);
    }
    const auto basis = std::find_if(words.bases.begin(), words.bases.end(),
                                    [&](const auto& each) { return each.number == number; });
    if (basis != words.bases.end()) {
        out["basis"] = basis->text;
    }
    return out;
}

// One recipient of a release, before the ledger is asked.
Json unaudited(const std::string& to, schema::Act act) {
    return {{"to", to},
            {"message", nullptr},
            {"act", word(act)},
            {"state", nullptr},
            {"cover", nullptr},
            {"view", nullptr},
            {"policy", nullptr},
            {"approver", nullptr},
            {"self_approved", nullptr},
            {"standing", nullptr},
            {"decided", nullptr},
            {"sent", nullptr},
            {"erased", nullptr},
            {"receipt", nullptr},
            {"items", Json::array()}};
}

}  // namespace

// The recipient's proof, held against its keys and our cover.
Result<Json> Api::receipt_json(const delivery::Message& message) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto proof, node.delivery.receipt(message.seq));
    if (!proof) {
        return Json(nullptr);
    }
    const Json unproved{{"outcome", nullptr}, {"time", nullptr}, {"verifies", false}};
    const contacts::Contact* peer = node.contacts.find(message.peer);
    if (peer == nullptr) {
        return unproved;
    }
    const auto checked = ledger::check_proof(*proof, peer->ledger_keys);
    if (!checked || checked->opening.entry.kind != schema::EntryKind::kReceived) {
        return unproved;
    }
    const auto record = schema::parse_received_record(as_text(checked->opening.data));
    if (!record || record->cover != message.cover) {
        return unproved;
    }
    return Json{{"outcome", record->refusal ? to_string(*record->refusal) : "accepted"},
                {"time", to_string(checked->opening.entry.time)},
                {"verifies", true}};
}

// What the `decided` entry with this index says, as far as it was not erased.
Result<void> Api::add_decision(Json& out, std::uint64_t index, const Released& released) {
    const keys::MasterKey& master = parts_.pipeline_parts.self.keys.at_rest;
    out["decided"] = index;
    const auto decision = decided_at(parts_.database, master, index);
    if (!decision && decision.error().code == Code::kErased) {
        out["erased"] = "decided";
        return {};
    }
    LAPX_TRY(decision);
    const schema::DecidedRecord& record = *decision;
    if (record.referral != released.referral || record.message != released.message ||
        record.cover != released.cover) {
        return fail(Code::kLedgerBroken,
                    "entry " + std::to_string(index) + " is the decision on another release");
    }
    const auto read = words_of(parts_.database, master, index, record);
    const bool erased = !read && read.error().code == Code::kErased;
    if (!erased) {
        LAPX_TRY(read);
    }
    const schema::DecidedTexts words = erased ? schema::DecidedTexts{} : *read;
    out["view"] = to_string(record.view);
    out["policy"] = record.policy ? to_string(*record.policy) : "none";
    out["approver"] = person_json(record.approver, words);
    out["self_approved"] = record.self_approved;
    if (record.standing) {
        out["standing"] = to_string(*record.standing);
    }
    if (erased) {
        out["erased"] = "texts";
    }
    std::uint16_t number = 0;
    for (const schema::DecidedItem& item : record.items) {
        out["items"].push_back(audited_item(++number, item, words));
    }
    return {};
}

Result<Json> Api::audited_message(const delivery::Message& message, const cases::Row& row) {
    Json out = unaudited(desk_of(message), message.act);
    out["message"] = to_string(message.id);
    out["state"] = delivery::word_of(message.state);
    out["cover"] = to_string(message.cover);
    out["sent"] = message.leaf;
    LAPX_TRY_ASSIGN(out["receipt"], receipt_json(message));
    LAPX_TRY(add_decision(out, message.leaf - 1, {row.id, message.id, message.cover}));
    return out;
}

Result<Json> Api::audited_kept_back(const cases::KeptBack& kept, const cases::Row& row) {
    Json out = unaudited(kept.from.text(), row.act);
    out["state"] = cases::word_of(cases::State::kWithheld);
    LAPX_TRY(add_decision(out, kept.leaf, {row.id, {}, {}}));
    return out;
}

Result<Json> Api::audit(const cases::Row& row) {
    const auto nothing =
        fail(Code::kWrongState, "only what was sent from here was decided on here");
    if (row.direction != cases::Direction::kOut) {
        return nothing;
    }
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const auto rows, store.copies(row, viewer_of_all()));
    Json recipients = Json::array();
    for (const cases::Row& copy : rows) {
        LAPX_TRY_ASSIGN(const auto messages, parts_.pipeline_parts.delivery.of_referral(copy.seq));
        for (const delivery::Message& message : messages) {
            LAPX_TRY_ASSIGN(Json recipient, audited_message(message, copy));
            recipients.push_back(std::move(recipient));
        }
        LAPX_TRY_ASSIGN(const auto kept_back, store.kept_back(copy.seq));
        for (const cases::KeptBack& kept : kept_back) {
            LAPX_TRY_ASSIGN(Json recipient, audited_kept_back(kept, copy));
            recipients.push_back(std::move(recipient));
        }
    }
    if (recipients.empty()) {
        return nothing;
    }
    LAPX_TRY_ASSIGN(const Json exhibits, exhibits_json(row));
    return Json{
        {"referral", to_string(row.id)}, {"recipients", recipients}, {"exhibits", exhibits}};
}

// Read before the round is entered: a broken ledger is this caller's answer and no reason to take
// back what others wrote.
void Api::answer_audit(const Request& request, control::Pending pending) {
    const auto row = parts_.pipeline_parts.cases.find(request.path.at(1), viewer_of_all());
    if (!row) {
        pending.answer(row.error());
        return;
    }
    Result<Json> found = audit(*row);
    if (!found) {
        pending.answer(found.error());
        return;
    }
    answer_recorded(std::move(pending), schema::EntryKind::kRead,
                    schema::print_read_record({request.who.id, "audit of " + to_string(row->id)}),
                    std::move(*found));
}

Result<Json> Api::audit_sample(const Request& request) {
    return hand_out(request, "sample",
                    [&request](const std::string& folder,
                               const ledger::ExportParts& parts) -> Result<std::string> {
                        LAPX_TRY_ASSIGN(const std::string seed, needed_text(request.body, "seed"));
                        LAPX_TRY_ASSIGN(const std::uint64_t count,
                                        needed_number(request.body, "n"));
                        LAPX_TRY_ASSIGN(const ledger::Exported exported,
                                        ledger::sample_to(folder, parts, seed, count));
                        return "sample of " + std::to_string(exported.proofs) + " of " +
                               std::to_string(exported.size) + " entries, seed " + seed;
                    });
}

void Api::add_audit_routes(control::Server& server) {
    server.route("GET", "/v1/audit/{referral}", {Role::kAuditor}, {},
                 [this](const Request& request, control::Pending pending) {
                     answer_audit(request, std::move(pending));
                 });
    // Opens everything and shows nothing of it: no `read` entry, and so also for a ledger that
    // nothing can be added to any more.
    server.route("GET", "/v1/ledger/audit", {Role::kAuditor, Role::kAdmin}, {},
                 [this](const Request&, control::Pending pending) {
                     const auto waiting = std::make_shared<control::Pending>(std::move(pending));
                     parts_.audit_check.start([waiting](const Result<AuditFound>& found) {
                         if (!found) {
                             waiting->answer(found.error());
                             return;
                         }
                         Json problems = Json::array();
                         for (const AuditProblem& problem : found->problems) {
                             problems.push_back({{"index", problem.index}, {"what", problem.what}});
                         }
                         waiting->answer(Json{{"ok", found->ok()},
                                              {"checked", found->checked},
                                              {"problems", std::move(problems)}});
                     });
                 });
    server.route("POST", "/v1/ledger/sample", {Role::kAuditor, Role::kAdmin}, {"seed", "n"},
                 writer([this](const Request& r) { return audit_sample(r); }));
}

}  // namespace lapx::daemon
