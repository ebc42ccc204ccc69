#pragma once
// What the database knows of exhibits beside the referrals that they belong to: uploads that wait
// to be used, hand-overs, files that nobody names any more. Owns the tables `upload`, `custody` and
// `unused_file`.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/model/exhibit.hpp"
#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/base/random.hpp"
#include "schema/base/time.hpp"

namespace lapx::exhibits {

// Never renumber.
enum class Event : std::uint8_t { kCame = 1, kServed = 2, kTakenOut = 3 };
std::string_view word_of(Event event);

struct Custody {
    std::uint64_t leaf;  // of its ledger entry
    std::uint16_t element;
    Event event;
    std::string who;  // an agency, or an operator's id
    Time at;
};

class Store {
  public:
    Store(store::Database& database, const keys::MasterKey& master, Random& random)
        : database_(database), master_(master), random_(random) {}

    // Every file that a row names.
    Result<std::set<std::string>> files();
    // Files that a row named once, at most `limit`: to be removed if none does now, and forgotten.
    Result<std::vector<std::string>> unused(std::size_t limit);
    Result<bool> is_named(const std::string& name);
    Result<void> forget_unused(const std::string& name);

    Result<void> add_upload(const std::string& id, const std::string& operator_id,
                            const model::SealedExhibit& exhibit, Time now);
    // What an operator uploaded. Errors: kNotFound, also for what another uploaded.
    Result<model::SealedExhibit> upload(const std::string& id, const std::string& operator_id);
    Result<void> drop_upload(const std::string& id);
    Result<void> drop_uploads(Time before);

    Result<void> add_custody(std::int64_t referral, const Custody& custody);
    // By the order of their entries.
    Result<std::vector<Custody>> custody(std::int64_t referral);

  private:
    store::Database& database_;
    const keys::MasterKey& master_;
    Random& random_;
};

}  // namespace lapx::exhibits
