// What follows a referral: new versions, later disclosures, and dossiers of our own on what came
// in. All of them are drafts, and go the way of a draft.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/cases/follow_up.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

bool is_held(delivery::State state) {
    return state == delivery::State::kSent || state == delivery::State::kDelivered;
}

Json unreachable_json(const Desk& desk, const Error& error) {
    return {{"to", desk.text()}, {"code", to_string(error.code)}};
}

}  // namespace

// The dossier's newest version, which must have been sent, and who holds it: whoever that is, since
// a new version goes to all.
Result<cases::Followed> Api::followed(const cases::Row& row) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, node.cases.copies(row, viewer_of_all()));
    std::optional<cases::Case> newest;
    std::vector<model::Permit> later;
    std::vector<Desk> holders;
    for (const cases::Row& version : rows) {
        if (!cases::is_released(version.state)) {
            return fail(Code::kWrongState, "there is a draft of it that was not sent yet");
        }
        LAPX_TRY_ASSIGN(cases::Case value, node.cases.load(version.seq));
        if (version.act == schema::Act::kDisclose) {
            later = std::move(value.draft.permitted);
        } else {
            newest = std::move(value);
            later.clear();
        }
        LAPX_TRY_ASSIGN(const auto messages, node.delivery.of_referral(version.seq));
        for (const delivery::Message& message : messages) {
            LAPX_TRY_ASSIGN(Desk desk, Desk::parse(desk_of(message)));
            if (is_held(message.state) &&
                std::find(holders.begin(), holders.end(), desk) == holders.end()) {
                holders.push_back(std::move(desk));
            }
        }
    }
    if (!newest) {
        return fail(Code::kDatabaseBroken, "a later disclosure of nothing");
    }
    std::erase_if(later, [](const model::Permit& permit) { return permit.basis.empty(); });
    return cases::Followed{std::move(*newest), std::move(later), std::move(holders)};
}

// A new version goes to everybody who holds the old one; of those to whom nothing can be sealed any
// more the answer tells.
Result<Json> Api::new_version(const Request& request, const cases::Row& row, schema::Act act) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(cases::Followed before, followed(row));
    if (before.newest.draft.act == schema::Act::kWithdraw) {
        return fail(Code::kWrongState, "it was withdrawn");
    }
    Json unreachable = Json::array();
    std::erase_if(before.holders, [&](const Desk& desk) {
        const auto recipient = node.contacts.recipient(desk, node.clock.seconds());
        if (!recipient) {
            unreachable.push_back(unreachable_json(desk, recipient.error()));
        }
        return !recipient;
    });
    if (before.holders.empty()) {
        return fail(Code::kNoRecipient, "nobody who can be reached holds it");
    }
    cases::Values values;
    if (act != schema::Act::kWithdraw) {
        LAPX_TRY_ASSIGN(values, cases::values_of(before.newest.draft.items));
        LAPX_TRY(node.erasing.check_exhibits(before.newest.seq));
    }
    cases::Case value = cases::next_version(before, act, request.who.id);
    LAPX_TRY_ASSIGN(
        Json out, begin_follower(value, std::move(values), request,
                                 act == schema::Act::kWithdraw ? std::nullopt
                                                               : std::optional(before.newest.seq)));
    out["unreachable"] = std::move(unreachable);
    return out;
}

// `exhibits_of`: the row whose exhibits it has, too.
Result<Json> Api::begin_follower(cases::Case& value, cases::Values values, const Request& request,
                                 std::optional<std::int64_t> exhibits_of) {
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const bool send, flag_member(request.body, "send"));
    std::vector<model::SealedExhibit> exhibits;
    if (exhibits_of) {
        LAPX_TRY_ASSIGN(exhibits, store.exhibits(*exhibits_of));
    }
    if (value.draft.act == schema::Act::kDisclose && request.body.contains("exhibits")) {
        return fail(Code::kInvalidArgument, "a later disclosure is of what was signed at first");
    }
    LAPX_TRY_ASSIGN(const Uploaded uploaded, uploads_in(request, values, exhibits));
    if (value.draft.act != schema::Act::kDisclose) {
        LAPX_TRY(apply_request(value, std::move(values), request.body, by(request, exhibits)));
    }
    LAPX_TRY_ASSIGN(Json out, keep(value, exhibits, request, send_if(send)));
    if (exhibits_of) {
        LAPX_TRY(store.copy_exhibits(*exhibits_of, value.seq));
    }
    LAPX_TRY(keep_uploads(uploaded, exhibits, value.seq));
    if (exhibits_of) {
        LAPX_TRY(log_read(request, "follow-up", value));
    }
    return out;
}

Result<Json> Api::disclose_later(const Request& request, const cases::Row& row) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const std::string to_text, needed_text(request.body, "to"));
    LAPX_TRY_ASSIGN(const std::string basis, needed_text(request.body, "basis"));
    LAPX_TRY_ASSIGN(const auto names, list_member(request.body, "items"));
    LAPX_TRY_ASSIGN(const Desk to, Desk::parse(to_text));
    if (!is_line(basis, schema::kMaxText)) {
        return fail(Code::kInvalidArgument, "`basis` must be one line");
    }
    if (!names || names->empty()) {
        return fail(Code::kInvalidArgument, "`items` must name what is to be disclosed");
    }
    LAPX_TRY_ASSIGN(const cases::Followed before, followed(row));
    if (std::find(before.holders.begin(), before.holders.end(), to) == before.holders.end() ||
        before.newest.draft.wholly_from(to) != nullptr) {
        return fail(Code::kNoRecipient, to.text() + " does not hold this referral");
    }
    std::vector<model::Permit> permits;
    std::vector<std::size_t> indexes;
    for (const std::string& name : *names) {
        LAPX_TRY_ASSIGN(const model::ItemName item, item_from(before.newest.draft, name));
        LAPX_TRY_ASSIGN(const std::size_t index, item_index(before.newest.draft, name));
        if (!before.newest.draft.items[index].present) {
            return fail(Code::kUnknownItem, name + " is empty: there is nothing to disclose");
        }
        if (before.newest.draft.items[index].erased) {
            return fail(Code::kErased, name + " was erased");
        }
        permits.push_back({item, request.who.id, basis, to});
        indexes.push_back(index);
    }
    LAPX_TRY_ASSIGN(cases::Case value, cases::later_disclosure(before, to, permits, request.who.id,
                                                               node.clock.seconds()));
    LAPX_TRY_ASSIGN(const model::Addressee addressee, node.contacts.addressee(to));
    const auto rulings = disclosure::rule(node.policy, value.draft, addressee);
    for (const std::size_t index : indexes) {
        if (schema::inward_of(rulings[index].decided) != schema::Inward::kDisclosed) {
            return fail(Code::kNotPermitted, "the policy lets it go on no basis");
        }
    }
    return begin_follower(value, {}, request, before.newest.seq);
}

// A clarification that is asked for, or an answer: to the desk that what it follows came from.
Result<Json> Api::reply_to(const Request& request, const cases::Row& row, schema::Act act) {
    if (row.direction != cases::Direction::kIn) {
        return fail(Code::kWrongState, "only what came in is answered");
    }
    LAPX_TRY_ASSIGN(const Received got, received(row));
    cases::Case value = cases::reply(row, got.cover, act, new_referral_id(), request.who.id);
    return begin_follower(value, {}, request, std::nullopt);
}

Result<Json> Api::follow(const Request& request, const cases::Row& named) {
    LAPX_TRY_ASSIGN(const auto act, word_member<schema::Act>(request.body, "act"));
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    switch (act.value_or(schema::Act::kMove)) {
        case schema::Act::kClarify:
        case schema::Act::kAnswer:
            return reply_to(request, row, *act);
        case schema::Act::kSupplement:
        case schema::Act::kCorrect:
        case schema::Act::kWithdraw:
        case schema::Act::kDisclose:
            break;
        case schema::Act::kRefer:
        case schema::Act::kMove:
            return fail(Code::kInvalidArgument,
                        "`act` must be supplement, correct, withdraw, disclose, clarify or answer");
    }
    if (row.direction != cases::Direction::kOut) {
        return fail(Code::kWrongState, "only its sender can do that; you can clarify or answer");
    }
    return *act == schema::Act::kDisclose ? disclose_later(request, row)
                                          : new_version(request, row, *act);
}

// Every dossier of the case that they see, oldest first.
Result<Json> Api::dossiers_json(const cases::Row& row, const cases::Viewer& viewer) {
    LAPX_TRY_ASSIGN(const auto rows, parts_.pipeline_parts.cases.of_case(row.case_name, viewer));
    Json out = Json::array();
    for (const cases::Row& dossier : rows) {
        out.push_back({{"referral", to_string(dossier.id)},
                       {"version", dossier.version},
                       {"act", word(dossier.act)},
                       {"agency", dossier.agency.text()},
                       {"state", cases::word_of(dossier.state)},
                       {"created", to_string(dossier.created)}});
    }
    return out;
}

void Api::add_follow_routes(control::Server& server) {
    server.route("POST", "/v1/referrals/{id}/follow", {Role::kClerk},
                 draft_members({"act", "items", "basis", "send", "version", "as"}),
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return follow(request, row);
                 }));
}

}  // namespace lapx::daemon
