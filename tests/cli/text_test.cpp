#include "tools/lapx/text.hpp"

#include <gtest/gtest.h>

namespace lapx::cli {
namespace {

using nlohmann::json;

TEST(Table, AlignsColumnsByCharactersNotOctets) {
    EXPECT_EQ(render({{"NAME", "N"}, {{"Zürich", "1"}, {"Bern", "22"}}}, false),
              "NAME    N\n"
              "Zürich  1\n"
              "Bern    22\n");
}

TEST(Table, EscapesWhatWouldCommandATerminal) {
    const std::string out = render({{"A"}, {{"\033[2Jx\nfake row"}, {"\u202Egnp.exe"}}}, false);
    EXPECT_EQ(out, "A\n\\x1b[2Jx\\x0afake row\n\\u{202e}gnp.exe\n");
}

TEST(Table, IsEmptyWithoutRows) { EXPECT_EQ(render({{"A", "B"}, {}}, true), ""); }

TEST(Table, SetsHeadingsOffOnlyWhenAsked) {
    EXPECT_EQ(render({{"A"}, {{"x"}}}, true), "\033[1mA\033[0m\nx\n");
}

TEST(Table, TakesColumnsFromObjectsAndToleratesWhatIsMissing) {
    const json list = json::parse(R"([{"a":1,"b":["x","y"]},{"a":null,"b":true},{}])");
    const Table table = table_of(list, {{"A", "a"}, {"B", "b"}});
    EXPECT_EQ(table.rows,
              (std::vector<std::vector<std::string>>{{"1", "x, y"}, {"", "yes"}, {"", ""}}));
}

TEST(Fields, AlignIndentEscapeAndLeaveOutWhatIsEmpty) {
    EXPECT_EQ(fields({{"To", "a\nb"}, {"Nothing", ""}, {"Kind", "x\033"}}),
              "To:    a\n"
              "       b\n"
              "Kind:  x\\x1b\n");
}

TEST(Csv, FollowsRfc4180) {
    EXPECT_EQ(csv({{"a", "b"}, {{"x,y", "say \"hi\""}, {"two\nlines", ""}}}),
              "a,b\r\n"
              "\"x,y\",\"say \"\"hi\"\"\"\r\n"
              "\"two\nlines\",\r\n");
}

TEST(Csv, DisarmsFormulasButLeavesNumbersAlone) {
    EXPECT_EQ(
        csv({{"a"}, {{"=1+2"}, {"+31 70"}, {"-3.5"}, {"-x"}, {"@SUM(A1)"}, {"\t=1"}, {"1-2"}}}),
        "a\r\n'=1+2\r\n'+31 70\r\n-3.5\r\n'-x\r\n'@SUM(A1)\r\n'\t=1\r\n1-2\r\n");
}

TEST(ShellWord, IsQuotedWhereAShellWouldSeeMore) {
    EXPECT_EQ(shell_word("/srv/lapx-1"), "/srv/lapx-1");
    EXPECT_EQ(shell_word("Ada's $HOME"), "'Ada'\\''s $HOME'");
    EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace lapx::cli
