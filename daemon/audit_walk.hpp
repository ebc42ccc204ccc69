#pragma once
// Goes over the whole ledger with what the database holds beside it, and finds the gaps. Whether
// entries and tree are those that were signed is ledger::Verifier's to say.

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/audit_rules.hpp"
#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/base/random.hpp"

namespace lapx::daemon {

struct AuditFound {
    std::uint64_t checked = 0;           // entries
    std::vector<AuditProblem> problems;  // at most kMaxProblems

    static constexpr std::size_t kMaxProblems = 1'000;
    bool ok() const { return problems.empty(); }
};

// A walk for Background, over what was committed when it began. Nothing that it opens leaves it.
// Errors: only those of reading; whatever is wrong with the ledger is a problem.
class AuditWalk {
  public:
    AuditWalk(store::Database& database, const keys::MasterKey& master, Random& random);
    AuditWalk(const AuditWalk&) = delete;
    ~AuditWalk();

    Result<bool> step(std::uint64_t entries);
    const AuditFound& found() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace lapx::daemon
