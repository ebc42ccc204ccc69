// Rosters (protocol.md 3.10). What holds for all forms is in forms_test.

#include <gtest/gtest.h>

#include "tests/unit/schema/samples.hpp"

namespace lapx::schema {
namespace {

using test::Samples;

const Time kCalled = time_from("2026-12-01T00:00:00Z").value();

Roster a_roster() {
    Samples samples(9);
    Roster roster{Agency::parse("opta.nl").value(), "Call of 1 December", kCalled, {}};
    for (const char* name : {"acma.example", "ftc.example", "opta.nl"}) {
        const Agency agency = Agency::parse(name).value();
        roster.members.push_back({agency, samples.vkey(agency, KeyRole::kRoot)});
    }
    return roster;
}

TEST(RosterText, ListsAgenciesInAscendingOrderEachOnce) {
    Roster roster = a_roster();
    EXPECT_EQ(parse_roster(print_roster(roster)).value(), roster);
    std::swap(roster.members[0], roster.members[1]);
    EXPECT_FALSE(parse_roster(print_roster(roster)));
    roster = a_roster();
    roster.members[1] = roster.members[0];
    EXPECT_FALSE(parse_roster(print_roster(roster)));
    roster.members[1].root = Samples(1).vkey(roster.members[0].agency, KeyRole::kRoot);
    EXPECT_FALSE(parse_roster(print_roster(roster)));
}

TEST(RosterText, NamesItsMakerAmongItsMembers) {
    Roster roster = a_roster();
    roster.from = Agency::parse("acma.example").value();
    EXPECT_TRUE(parse_roster(print_roster(roster)));
    roster.from = Agency::parse("mic.example").value();
    EXPECT_FALSE(parse_roster(print_roster(roster)));
    roster.members.clear();
    EXPECT_FALSE(parse_roster(print_roster(roster)));
}

TEST(RosterText, HoldsRootsAlone) {
    Samples samples(3);
    const Roster roster = a_roster();
    for (const auto role : {KeyRole::kSign, KeyRole::kLedger, KeyRole::kWitness}) {
        Roster other = roster;
        other.members[0].root = samples.vkey(other.members[0].agency, role);
        EXPECT_FALSE(parse_roster(print_roster(other)));
    }
    Roster cosigning = roster;
    std::string& key = cosigning.members[0].root;
    key = samples.vkey(roster.members[0].agency, KeyRole::kWitness);
    key.replace(key.find("witness"), 7, "root");
    EXPECT_FALSE(parse_roster(print_roster(cosigning)));
}

TEST(RosterText, RefusesMalformedLines) {
    const std::string text = print_roster(a_roster());
    const std::pair<std::string, std::string> changes[] = {{"name Call", "name  Call"},
                                                           {"member ", "member acma.example "},
                                                           {"roster@v1", "roster@v2"},
                                                           {"T00:00:00Z", "t00:00:00Z"},
                                                           {"created ", "made "}};
    for (const auto& [from, to] : changes) {
        std::string other = text;
        other.replace(other.find(from), from.size(), to);
        EXPECT_FALSE(parse_roster(other)) << to;
    }
    EXPECT_FALSE(parse_roster(text + "note more\n"));
}

TEST(RosterText, HasRoomFor1000MembersWithTheLongestNames) {
    Samples samples(5);
    const std::string label(60, 'x');
    Roster roster{Agency::parse("opta.nl").value(), std::string(200, 'n'), kCalled, {}};
    for (std::size_t i = 0; i < kMaxRosterMembers; ++i) {
        const std::string number = std::to_string(10'000 + i);
        const Agency agency =
            Agency::parse(number + "." + label + "." + label + "." + label + ".example.nl").value();
        ASSERT_EQ(agency.text().size(), 199U);
        const std::string vkey = samples.vkey(agency, KeyRole::kRoot);
        const std::size_t from = vkey.find("/root-") + 6;
        const std::string key = vkey.substr(vkey.find('+'));
        roster.members.push_back({agency, vkey.substr(0, from) + "9223372036854775807" + key});
    }
    roster.from = roster.members.front().agency;
    EXPECT_TRUE(parse_roster(print_roster(roster)));
    const Agency last = Agency::parse("z.example").value();
    roster.members.push_back({last, samples.vkey(last, KeyRole::kRoot)});
    EXPECT_FALSE(parse_roster(print_roster(roster)));
}

TEST(RosterText, SideBySideEachAgencyHasOneLine) {
    const Roster roster = a_roster();
    std::vector<RosterMember> other = roster.members;
    other.erase(other.begin());
    other[0].root = Samples(1).vkey(other[0].agency, KeyRole::kRoot);
    const Agency last = Agency::parse("zz.example").value();
    other.push_back({last, Samples(2).vkey(last, KeyRole::kRoot)});
    const auto lines = side_by_side(roster.members, other);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0].first, roster.members[0].root);
    EXPECT_FALSE(lines[0].second);
    EXPECT_EQ(lines[1].first, roster.members[1].root);
    EXPECT_EQ(lines[1].second, other[0].root);
    EXPECT_EQ(lines[2].first, lines[2].second);
    EXPECT_EQ(lines[3].agency, last);
    EXPECT_FALSE(lines[3].first);
    EXPECT_EQ(side_by_side(other, roster.members).size(), 4U);
    EXPECT_TRUE(side_by_side({}, {}).empty());
}

}  // namespace
}  // namespace lapx::schema
