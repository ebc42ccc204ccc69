#include "daemon/control/json.hpp"

#include <gtest/gtest.h>

namespace lapx::control {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ReadsWhatItPrints) {
    const std::string text = R"({"a":[1,-2,2.5,true,null,{"b":"Ünïcode"}],"c":{}})";
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << value.error().context;
    EXPECT_EQ(print_json(*value), text);
}

TEST(Json, RefusesAKeyThatStandsTwice) {
    EXPECT_FALSE(parse_json(R"({"a":1,"a":1})"));
    EXPECT_FALSE(parse_json(R"({"x":{"a":1,"\u0061":2}})"));
    EXPECT_TRUE(parse_json(R"({"a":{"a":1},"b":{"a":1}})"));
}

TEST(Json, StopsAtTheDepthLimit) {
    EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
    EXPECT_FALSE(parse_json(nested(kMaxJsonDepth + 1)));
    EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(Json, StopsAtTheLimitOfValues) {
    std::string text = "[0";
    for (std::size_t i = 0; i + 2 < kMaxJsonValues; ++i) {
        text += ",0";
    }
    EXPECT_TRUE(parse_json(text + "]"));
    EXPECT_FALSE(parse_json(text + ",0]"));
}

TEST(Json, RefusesWhatIsNotUtf8OrNotJson) {
    for (const char* text : {"", "{", "{}x", "{'a':1}", "[1,]", "\"\xff\"", "\"\xed\xa0\x80\"",
                             "\"\\ud800\"", "nul", "[1e999]", "\"a\nb\""}) {
        const auto value = parse_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, Code::kInvalidArgument);
        EXPECT_FALSE(value.error().context.empty());
    }
}

TEST(Json, PrintsOctetsThatAreNotUtf8AsReplacementCharacters) {
    EXPECT_EQ(print_json({{"a", "x\xffy"}}), "{\"a\":\"x\xef\xbf\xbdy\"}");
}

}  // namespace
}  // namespace lapx::control
