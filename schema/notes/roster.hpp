#pragma once
// A roster: agencies and their roots, in a list with a name that one of them signed (protocol.md
// 3.10). Parsers take the text of the note, without its signature; errors are kNoteMalformed.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/result.hpp"
#include "schema/base/time.hpp"

namespace lapx::schema {

struct RosterMember {
    Agency agency;
    std::string root;  // vkey of `agency`

    bool operator==(const RosterMember&) const = default;
};

struct Roster {
    Agency from;  // who made it, a member
    std::string name;
    Time created;
    std::vector<RosterMember> members;  // 1 to kMaxRosterMembers, ascending by agency

    bool operator==(const Roster&) const = default;
};
Result<Roster> parse_roster(std::string_view text);
std::string print_roster(const Roster& roster);

// Null if the agency is not among them. `members` are ascending by agency.
const RosterMember* find_member(std::span<const RosterMember> members, const Agency& agency);

// One agency in two lists: its root in each that it is in.
struct RosterLine {
    Agency agency;
    std::optional<std::string> first;
    std::optional<std::string> second;
};
// Every agency of two lists, ascending, as the lists are.
std::vector<RosterLine> side_by_side(std::span<const RosterMember> first,
                                     std::span<const RosterMember> second);

}  // namespace lapx::schema
