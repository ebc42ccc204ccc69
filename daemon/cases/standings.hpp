#pragma once
// The standing approvals of feeds, and how much went under each. Owns the tables `standing` and
// `standing_use`.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/base/random.hpp"
#include "schema/notes/records.hpp"

namespace lapx::cases {

struct Standing {
    std::int64_t seq;
    std::optional<Time> ended;  // by a person, before its time
    schema::StandingRecord record;
};

class Standings {
  public:
    Standings(store::Database& database, const keys::MasterKey& master, Random& random)
        : database_(database), master_(master), random_(random) {}

    Result<void> add(const schema::StandingRecord& record);
    Result<void> end(std::int64_t seq, Time now);
    // The newest of a feed, ended or not. Errors: kDatabaseBroken.
    Result<std::optional<Standing>> newest(std::string_view feed);
    // All there ever were, newest first.
    Result<std::vector<Standing>> list();

    // Referrals that went under it on the UTC day of `now`.
    Result<std::uint64_t> used(std::int64_t seq, Time now);
    // One more.
    Result<void> count(std::int64_t seq, Time now);

  private:
    Result<Standing> read(const store::Statement& statement);

    store::Database& database_;
    const keys::MasterKey& master_;
    Random& random_;
};

}  // namespace lapx::cases
