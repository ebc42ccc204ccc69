#include "daemon/access.hpp"

#include <algorithm>
#include <set>

#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

std::vector<std::string> every_desk() { return {std::string(config::kEveryDesk)}; }

}  // namespace

cases::Viewer viewer_of(const config::Operator& who) {
    return {who.id, who.desks.empty() ? every_desk() : who.desks};
}

cases::Viewer viewer_of_all() { return {std::nullopt, every_desk()}; }

bool hides_something(const config::Config& config) {
    return config.operators.size() > 1 ||
           std::any_of(config.operators.begin(), config.operators.end(),
                       [](const auto& person) { return viewer_of(person).desks != every_desk(); });
}

Result<std::vector<std::string>> officers_from(const std::vector<std::string>& names,
                                               const config::Config& config, cases::Cases& cases,
                                               const ReferralId& case_id) {
    std::set<std::string> officers;
    bool goes_on = false;
    for (const std::string& name : names) {
        const auto found =
            std::find_if(config.operators.begin(), config.operators.end(),
                         [&](const config::Operator& person) { return person.id == name; });
        if (found == config.operators.end()) {
            return fail(Code::kUnknownOperator, escape(name));
        }
        cases::Viewer viewer = viewer_of(*found);
        viewer.officer.reset();
        LAPX_TRY_ASSIGN(const bool at_desk, cases.sees(viewer, case_id));
        if (!at_desk) {
            return fail(Code::kInvalidArgument,
                        found->id + " works at no desk of this referral, and would not see it");
        }
        goes_on =
            goes_on || found->has(config::Role::kClerk) || found->has(config::Role::kApprover);
        officers.insert(found->id);
    }
    if (!goes_on) {
        return fail(Code::kInvalidArgument,
                    "one of those named must be a clerk or an approver, or nobody could go on "
                    "working with it");
    }
    return std::vector<std::string>(officers.begin(), officers.end());
}

}  // namespace lapx::daemon
