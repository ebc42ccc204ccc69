#pragma once
// Who may speak to the node. An operator's Unix account is their identity: there are no passwords.

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace lapx::control {

enum class Role : std::uint8_t { kClerk, kApprover, kAuditor, kAdmin, kFeeder };

struct Operator {
    std::string id = {};  // stable, "op-1": what the ledger carries
    std::string name = {};
    std::string position = {};
    uid_t uid = 0;
    std::set<Role> roles = {};
    std::vector<std::string> desks = {};  // ids of the desks they work for

    bool has(Role role) const { return roles.contains(role); }
};

}  // namespace lapx::control
