#pragma once
// Reads what a request says of a draft: items, recipients, handling, what is withheld or disclosed.

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/json.hpp"
#include "daemon/cases/cases.hpp"
#include "daemon/cases/drafting.hpp"
#include "daemon/contacts/contacts.hpp"
#include "daemon/control/request.hpp"
#include "daemon/disclosure/disclosure.hpp"
#include "daemon/self.hpp"

namespace lapx::daemon {

// Who asks, and on which node.
struct DraftRequest {
    const Self& self;
    const disclosure::Policy& policy;
    const contacts::Contacts& contacts;
    Random& random;
    const config::Operator& who;
    Time now;
    // Elements of the exhibits whose octets are there for the draft; nothing: all.
    std::optional<std::vector<std::uint16_t>> here = {};
};

// All that apply_request reads, and more.
control::Members draft_members(std::initializer_list<const char*> more);

// Lays the draft out anew from `values`, those that were there before, and the request's `set`,
// `unset`, `to`, `kind`, `from_desk`, `withhold`, `disclose` and handling; it then awaits approval.
// Item numbers in the request are those of the draft as it was. Errors:
// kInvalidArgument, kUnknownItem, kUnknownReason, kUnknownDesk, kNotPermitted for a desk that they
// do not work at, those of the items' own text forms.
Result<void> apply_request(cases::Case& value, cases::Values values, const Json& body,
                           const DraftRequest& by);

// An item number, a label, or a label and which element of it. Errors: kUnknownItem,
// kInvalidArgument.
Result<model::ItemName> item_from(const model::Draft& draft, const std::string& text);

// Which line of the manifest a request's `item` names: a number, a label or a label and which
// element of it (`indicator:2`; the first if it says none). Errors: kUnknownItem, kInvalidArgument.
Result<std::size_t> item_index(const model::Draft& draft, const std::string& text);

// {"item", "reason", "show", "basis", "from"}. Errors as above.
Result<model::Withhold> withhold_from(const model::Draft& draft, const Json& body,
                                      const std::string& decider);

// {"from", "reason", "basis"}: replaces what was decided before on the same recipient. Errors as
// above; kNoRecipient.
Result<void> withhold_wholly(model::Draft& draft, const Json& body, const std::string& decider);

// [{"to", "reason"}], those to whom nothing goes, or went.
Json wholly_json(const model::Draft& draft);

// When it leaves, or null.
Json leaves_json(const cases::Case& value);

// {"by", "at", "text"}, or null.
Json returned_json(const cases::Case& value);

// Desks, each once. Errors: kInvalidArgument.
Result<std::vector<Desk>> desks_from(const std::vector<std::string>& texts);

}  // namespace lapx::daemon
