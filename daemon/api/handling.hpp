#pragma once
// The conditions that travel with a referral, as requests and answers have them.

#include <initializer_list>
#include <string>

#include "daemon/api/json.hpp"
#include "daemon/control/request.hpp"
#include "daemon/model/draft.hpp"

namespace lapx::daemon {

// Takes `tlp`, `pap`, `uses`, `onward`, `until`, `attribution` and `no_resale` from a request; what
// it does not name stays. An empty `until` or `attribution` removes it; `until` may be a day in
// `zone`, its end included. Errors: kInvalidArgument, also for an `until` that is over.
Result<void> apply_handling(model::Handling& handling, const Json& body, const std::string& zone,
                            Time now);

// All that apply_handling reads, and more.
control::Members handling_members(std::initializer_list<const char*> more);

// A time, or the end of a day in `zone`. Errors: kInvalidArgument.
Result<Time> end_from(const std::string& text, const std::string& zone);

Json handling_json(const model::Handling& handling);

}  // namespace lapx::daemon
