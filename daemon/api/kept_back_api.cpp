// What went to nobody, in lists.

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"

namespace lapx::daemon {

// One line for each recipient of what went to nobody.
Result<void> Api::add_kept_back(const cases::Row& row, Json& items) {
    if (row.state != cases::State::kWithheld) {
        return {};
    }
    LAPX_TRY_ASSIGN(const cases::Case value, parts_.pipeline_parts.cases.load(row.seq));
    LAPX_TRY_ASSIGN(const auto kept_back, parts_.pipeline_parts.cases.kept_back(row.seq));
    const model::Handling& handling = value.draft.handling;
    for (const cases::KeptBack& kept : kept_back) {
        items.push_back(
            {{"referral", to_string(row.id)},
             {"peer", kept.from.text()},
             {"desk", value.draft.from.text()},
             {"kind", word(row.kind)},
             {"act", word(row.act)},
             {"version", row.version},
             {"tlp", word(handling.tlp)},
             {"until", handling.until ? Json(to_string(*handling.until)) : Json(nullptr)},
             {"state", cases::word_of(row.state)},
             {"created", to_string(kept.at)},
             {"due", nullptr}});
    }
    return {};
}

}  // namespace lapx::daemon
