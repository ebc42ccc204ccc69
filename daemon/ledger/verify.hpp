#pragma once
// The full check of this log: every leaf, every tile, every checkpoint.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/store/database.hpp"
#include "keys/note.hpp"

namespace lapx::ledger {

struct Verification {
    std::uint64_t size = 0;             // entries under the newest checkpoint
    std::vector<std::string> problems;  // each one line for a person; at most kMaxProblems

    static constexpr std::size_t kMaxProblems = 20;
    bool ok() const { return problems.empty(); }
};

// Hashes all entries anew and compares with the stored tiles, with the root of every checkpoint,
// and the newest checkpoint's signature; times must not go back. What is appended meanwhile is left
// to the next check. Meant for a connection of its own, on which it keeps no read open between two
// steps; both must outlive it. Errors: only those of reading; whatever is wrong with the log is a
// problem.
class Verifier {
  public:
    Verifier(store::Database& database, const keys::VerifierKey& log_key);
    Verifier(Verifier&&) noexcept;
    ~Verifier();

    // Goes on for about so many entries. True once nothing is left to do.
    Result<bool> step(std::uint64_t entries);
    const Verification& found() const;

  private:
    class Walk;
    std::unique_ptr<Walk> walk_;
};

}  // namespace lapx::ledger
