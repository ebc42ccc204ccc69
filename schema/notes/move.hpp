#pragma once
// The body of a cover of act `move`: a step of fixed words in a case (protocol.md 4.7).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/id.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {

struct MoveBody {
    ReferralId dossier;
    std::uint64_t version;  // from 1
    Move move;
    // What a consent is about: uses, agencies to whom it may go on, or both; of other moves
    // nothing.
    std::vector<Use> uses;  // ascending
    std::vector<Agency> onward;

    bool operator==(const MoveBody&) const = default;
};
// Errors: kNoteMalformed.
Result<MoveBody> parse_move(std::string_view text);
std::string print_move(const MoveBody& body);

bool is_consent(Move move);

}  // namespace lapx::schema
