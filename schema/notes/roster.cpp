#include "schema/notes/roster.hpp"

#include <algorithm>

#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kRosterForm = "lapx/roster@v1";

// The agency is that of the key's name.
Result<RosterMember> roster_member_from(std::string_view vkey) {
    LAPX_TRY_ASSIGN(const VkeyParts parts, split_vkey(vkey));
    LAPX_TRY_ASSIGN(KeyName name, key_name_from(parts.name));
    if (name.role != KeyRole::kRoot || parts.type != kVkeyEd25519) {
        return fail(Code::kInvalidArgument);
    }
    return RosterMember{std::move(name.agency), std::string(vkey)};
}

bool not_ascending(const RosterMember& one, const RosterMember& next) {
    return next.agency <= one.agency;
}

}  // namespace

Result<Roster> parse_roster(std::string_view text) {
    LineReader in("roster", text);
    LAPX_TRY(in.check(kMaxRoster));
    LAPX_TRY(in.exactly(kRosterForm));
    LAPX_TRY_ASSIGN(Agency from, in.read("from", Agency::parse));
    LAPX_TRY_ASSIGN(std::string name, in.read("name", name_from));
    LAPX_TRY_ASSIGN(const Time created, in.read("created", time_from));
    LAPX_TRY_ASSIGN(auto members, in.read_all("member", 1, kMaxRosterMembers, roster_member_from));
    LAPX_TRY(in.end());
    const bool ascending =
        std::adjacent_find(members.begin(), members.end(), not_ascending) == members.end();
    if (!ascending || find_member(members, from) == nullptr) {
        return in.malformed();
    }
    return Roster{std::move(from), std::move(name), created, std::move(members)};
}

std::string print_roster(const Roster& roster) {
    std::string out(kRosterForm);
    out += '\n';
    put_line(out, "from", roster.from.text());
    put_line(out, "name", roster.name);
    put_line(out, "created", to_string(roster.created));
    for (const RosterMember& member : roster.members) {
        put_line(out, "member", member.root);
    }
    return out;
}

const RosterMember* find_member(std::span<const RosterMember> members, const Agency& agency) {
    const auto found = std::lower_bound(
        members.begin(), members.end(), agency,
        [](const RosterMember& member, const Agency& wanted) { return member.agency < wanted; });
    return found != members.end() && found->agency == agency ? &*found : nullptr;
}

std::vector<RosterLine> side_by_side(std::span<const RosterMember> first,
                                     std::span<const RosterMember> second) {
    std::vector<RosterLine> out;
    auto left = first.begin();
    auto right = second.begin();
    while (left != first.end() || right != second.end()) {
        const bool take_left =
            right == second.end() || (left != first.end() && left->agency <= right->agency);
        const bool take_right =
            left == first.end() || (right != second.end() && right->agency <= left->agency);
        RosterLine& line = out.emplace_back(
            RosterLine{take_left ? left->agency : right->agency, std::nullopt, std::nullopt});
        if (take_left) {
            line.first = (left++)->root;
        }
        if (take_right) {
            line.second = (right++)->root;
        }
    }
    return out;
}

}  // namespace lapx::schema
