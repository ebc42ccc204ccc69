// Which rule decides on an item.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

Json finding_json(const disclosure::Finding& finding) {
    Json out{{"class", word(finding.item_class)},
             {"rule", nullptr},
             {"when", nullptr},
             {"decide", config::to_string(config::Decide::kNever)},
             {"four_eyes", false}};
    if (finding.rule != nullptr) {
        out["rule"] = finding.rule->name;
        out["when"] = config::condition_text(*finding.rule);
        out["decide"] = config::to_string(finding.rule->decide);
        out["four_eyes"] = finding.rule->four_eyes;
    }
    return out;
}

}  // namespace

Result<Json> Api::policy_why(const Request& request, const cases::Row& row) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const cases::Case value, draft_of(row));
    const auto as = request.query.find("as");
    const auto item = request.query.find("item");
    if (as == request.query.end() || item == request.query.end()) {
        return fail(Code::kInvalidArgument, "`as` names a recipient and `item` an item");
    }
    LAPX_TRY_ASSIGN(const Desk desk, Desk::parse(as->second));
    LAPX_TRY_ASSIGN(const model::Addressee to, node.contacts.addressee(desk));
    LAPX_TRY_ASSIGN(const std::size_t index, item_index(value.draft, item->second));
    const schema::Label label = value.draft.items[index].label;
    const schema::DecidedItem decided =
        disclosure::rule(node.policy, value.draft, to)[index].decided;
    Json out{{"referral", to_string(value.draft.id)},
             {"item", index + 1},
             {"label", word(label)},
             {"to", desk.text()},
             {"policy", to_string(node.policy.digest)},
             {"disposition", word(schema::inward_of(decided))},
             {"reason", nullptr},
             {"shown", nullptr},
             {"decider", nullptr},
             {"findings", Json::array()}};
    for (const auto& finding : disclosure::findings(node.policy, value.draft, to, label)) {
        out["findings"].push_back(finding_json(finding));
    }
    if (const auto* withheld = std::get_if<schema::Withholding>(&decided.inward)) {
        out["reason"] = word(withheld->reason);
        out["shown"] = word(withheld->shown);
        out["decider"] = withheld->decider;
    }
    return out;
}

}  // namespace lapx::daemon
