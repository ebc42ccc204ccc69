#include "config/entries.hpp"

#include <gtest/gtest.h>

namespace lapx::config {
namespace {

TEST(Entries, AreGivenInTheOrderOfTheFileWithTheirPlaces) {
    const auto entries = read_entries("z = \"1\"\na = [\"2\",\n \"3\"]\n[t]\nk = \"4\"\n");
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 3U);
    EXPECT_EQ(entries->at(0).key, "z");
    EXPECT_FALSE(entries->at(0).is_list);
    EXPECT_EQ(entries->at(1).key, "a");
    EXPECT_TRUE(entries->at(1).is_list);
    EXPECT_EQ(entries->at(1).texts.at(1).text, "3");
    EXPECT_EQ(entries->at(1).texts.at(1).at, "line 3, column 2: ");
    EXPECT_EQ(entries->at(2).table, "t");
    EXPECT_EQ(entries->at(2).at, "line 5, column 1: ");
}

TEST(Entries, AreTextsAndListsOfTextsOnly) {
    for (const char* toml :
         {"a = 1", "a = true", "a = [1]", "a = [[\"x\"]]", "a = {b = \"c\"}\nd = 1",
          "[a.b]\nc = \"d\"", "[[a]]\nb = \"c\"", "a = \"b", "a", "\x01"}) {
        const auto entries = read_entries(toml);
        ASSERT_FALSE(entries) << toml;
        EXPECT_EQ(entries.error().code, Code::kInvalidArgument);
        EXPECT_EQ(entries.error().context.substr(0, 5), "line ") << toml;
    }
}

TEST(Entries, HaveNoKeysThatAreTablesWithoutEnd) {
    std::string many;
    for (int i = 0; i < 200000; ++i) {
        many += "a.";
    }
    for (const std::string before : {"", "k = \"\"\"b\"\"\"\"\n", "k = [\"\"\"b\"\"\"\", 'c']\n",
                                     "k = 'b\\'\n", "k = \"\\\"\"\n", "# \"\n"}) {
        for (const std::string& key : {many + "a = \"x\"", "[" + many + "a]\nb = \"c\""}) {
            const auto entries = read_entries(before + key);
            ASSERT_FALSE(entries);
            EXPECT_NE(entries.error().context.find("too many dots"), std::string::npos) << before;
        }
    }
    const std::string dots(1000, '.');
    for (const std::string& toml :
         {"k = \"" + dots + "\"", "k = \"\"\"\n\\\"" + dots + "\n" + dots + "\"\"\"",
          "k = '''\n" + dots + "'''", "k = \"\" # " + dots}) {
        EXPECT_TRUE(read_entries(toml)) << toml.substr(0, 30);
    }
}

TEST(Entries, ReadBackWhateverTextIsPrinted) {
    for (const std::string text :
         {"", "plain", "\"", "\"\"\"", "\\", "\\n", "a\nb", "\n", "\n\n\"\"\"\n", "a \n b\\\n",
          "\r\n", "\t", "\x7f", "\x1b[2J", "\xc2\x9b", "\xe2\x80\xae", "\xf0\x9f\x90\x9f",
          "# no comment\n[table]"}) {
        const auto one = read_entries("k = " + print_text(text));
        ASSERT_TRUE(one) << print_text(text);
        EXPECT_EQ(one->at(0).texts.at(0).text, text);
        const auto list = read_entries("k = " + print_texts({text, "x", text}));
        ASSERT_TRUE(list) << print_text(text);
        EXPECT_EQ(list->at(0).texts.at(2).text, text);
    }
    EXPECT_TRUE(read_entries("k = " + print_texts({}))->at(0).texts.empty());
}

}  // namespace
}  // namespace lapx::config
