#pragma once
// Need to know: what an operator of config.toml sees, and whom a referral may be restricted to.
// That a viewer gets nothing else is the queries' of daemon/cases/seen.cpp.

#include <string>
#include <vector>

#include "config/config.hpp"
#include "daemon/cases/cases.hpp"

namespace lapx::daemon {

cases::Viewer viewer_of(const config::Operator& who);
// For what the node works out by itself, and for an auditor's account of what was decided, which
// leaves nothing out and shows no content.
cases::Viewer viewer_of_all();

// Whether there is anybody here from whom a referral could be hidden. It does not depend on what
// is, so that nothing can be concluded from it.
bool hides_something(const config::Config& config);

// Whether these, and no others, may see a case. Each must be an operator who sees it apart from
// restrictions: being named opens no other desk's referrals. One at least must be a clerk or an
// approver, who can go on working with it, and restrict it anew. Gives them ascending. Errors:
// kUnknownOperator, kInvalidArgument.
Result<std::vector<std::string>> officers_from(const std::vector<std::string>& names,
                                               const config::Config& config, cases::Cases& cases,
                                               const ReferralId& case_id);

}  // namespace lapx::daemon
