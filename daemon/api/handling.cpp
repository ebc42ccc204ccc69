#include "daemon/api/handling.hpp"

#include <set>

#include "daemon/summary/summary.hpp"
#include "schema/notes/values.hpp"

namespace lapx::daemon {

Result<Time> end_from(const std::string& text, const std::string& zone) {
    if (const auto day = schema::date_from(text)) {
        return summary::midnight(*day + std::chrono::days{1}, zone);
    }
    const auto time = time_from(text);
    if (!time) {
        return fail(Code::kInvalidArgument, "the end must be a time or a day");
    }
    return *time;
}

control::Members handling_members(std::initializer_list<const char*> more) {
    control::Members all{"tlp", "pap", "uses", "onward", "until", "attribution", "no_resale"};
    all.insert(more.begin(), more.end());
    return all;
}

Result<void> apply_handling(model::Handling& handling, const Json& body, const std::string& zone,
                            Time now) {
    LAPX_TRY_ASSIGN(const auto tlp, word_member<schema::Tlp>(body, "tlp"));
    LAPX_TRY_ASSIGN(const auto pap, word_member<schema::Pap>(body, "pap"));
    LAPX_TRY_ASSIGN(const auto uses, list_member(body, "uses"));
    LAPX_TRY_ASSIGN(const auto onward, text_member(body, "onward"));
    LAPX_TRY_ASSIGN(const auto until, text_member(body, "until"));
    LAPX_TRY_ASSIGN(const auto attribution, text_member(body, "attribution"));
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
        LAPX_TRY_ASSIGN(handling.onward, schema::onward_from(*onward));
    }
    if (until && until->empty()) {
        handling.until.reset();
    } else if (until) {
        LAPX_TRY_ASSIGN(handling.until, end_from(*until, zone));
        if (*handling.until <= now) {
            return fail(Code::kInvalidArgument, "`until` is over");
        }
    }
    if (attribution && attribution->empty()) {
        handling.attribution.reset();
    } else if (attribution) {
        LAPX_TRY_ASSIGN(handling.attribution, schema::text_from(*attribution));
    }
    if (body.contains("no_resale")) {
        LAPX_TRY_ASSIGN(handling.no_resale, flag_member(body, "no_resale"));
    }
    return {};
}

Json handling_json(const model::Handling& handling) {
    Json uses = Json::array();
    for (const schema::Use use : handling.uses) {
        uses.push_back(word(use));
    }
    return {{"tlp", word(handling.tlp)},
            {"pap", word(handling.pap)},
            {"uses", uses},
            {"onward", schema::onward_text(handling.onward)},
            {"until", handling.until ? Json(to_string(*handling.until)) : Json(nullptr)},
            {"attribution", handling.attribution ? Json(*handling.attribution) : Json(nullptr)},
            {"no_resale", handling.no_resale}};
}

}  // namespace lapx::daemon
