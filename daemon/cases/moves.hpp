#pragma once
// Steps of fixed words in a case: what was acknowledged, consented to, or called back. Owns the
// table `move`.

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/cases/cases.hpp"
#include "schema/notes/move.hpp"

namespace lapx::cases {

struct Moved {
    std::int64_t message;   // its seq
    std::int64_t referral;  // seq of the version that it is about
    Direction direction;
    Desk other;  // on the other side
    Time at;
    schema::MoveBody body;
};

class Moves {
  public:
    Moves(store::Database& database, const keys::MasterKey& master, Random& random)
        : database_(database), master_(master), random_(random) {}

    Result<void> add(const Moved& moved);
    // About one version, oldest first.
    Result<std::vector<Moved>> of(std::int64_t referral);
    // Nothing where that message is no such step.
    Result<std::optional<Moved>> of_message(std::int64_t message);
    // The seqs of the versions that there is such a move about.
    Result<std::vector<std::int64_t>> about(Direction direction, schema::Move move);

  private:
    Result<std::vector<Moved>> read(store::Statement row);

    store::Database& database_;
    const keys::MasterKey& master_;
    Random& random_;
};

// The newest of them with that desk, in that direction, that is one of `moves`.
const Moved* newest(const std::vector<Moved>& all, Direction direction, const Desk& other,
                    std::initializer_list<schema::Move> moves);

// The question of consent of that desk which nobody has answered yet.
const Moved* open_question(const std::vector<Moved>& moves, const Desk& of);

}  // namespace lapx::cases
