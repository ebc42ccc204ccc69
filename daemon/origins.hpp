#pragma once
// What stands behind a referral of ours that was made from one that came in.

#include "daemon/cases/moves.hpp"
#include "daemon/delivery/delivery.hpp"
#include "daemon/disclosure/onward.hpp"

namespace lapx::daemon {

// What its sender said of it on the newest cover, and consented to since. Errors: kUnknownReferral
// where nothing of it is here any more.
Result<disclosure::Source> source_of(cases::Cases& cases, cases::Moves& moves,
                                     delivery::Delivery& delivery, const model::Origin& origin);

}  // namespace lapx::daemon
