#pragma once
// Whether what came in may be passed on: what its sender said on the cover, and consented to since.
// Fails closed.

#include <vector>

#include "daemon/model/addressee.hpp"
#include "daemon/model/draft.hpp"

namespace lapx::disclosure {

// A referral that came in, as its newest version here has it.
struct Source {
    model::Origin origin;
    model::Handling handling;
    bool withdrawn = false;
    std::vector<schema::Use> uses;  // consented to, beside those permitted
    std::vector<Agency> onward;     // agencies to whom its sender consented
};

// Whether the draft, which was made from `source`, may go to this recipient under the handling that
// it has. Errors: kPassingOnForbidden, saying what stands against it.
Result<void> may_pass_on(const Source& source, const model::Draft& draft,
                         const model::Addressee& to, Time now);

}  // namespace lapx::disclosure
