#include <gmock/gmock.h>

#include "tests/cli/support.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const json kSummary =
    json::parse(R"json({"period":{"from":"2026-09-01","to":"2026-10-31","zone":"Europe/Amsterdam"},
    "edition":"own","heads":{"first":{"size":3,"root":"aa="},"last":{"size":9,"root":"bb="}},
    "tables":[{"name":"sent by kind","columns":["kind","referrals"],"rows":[["urgent",3],["=cmd()",0]]},
              {"name":"withheld by reason","columns":["reason","category","items"],"rows":[]}]})json");

TEST_F(WithNode, SummaryIsATableForAPerson) {
    node_.answer("GET", "/v1/summary", kSummary);
    node_.start();
    const Outcome outcome = lapx({"summary"});
    EXPECT_THAT(outcome.out, HasSubstr("sent by kind\nkind    referrals\nurgent  3\n"));
    EXPECT_THAT(outcome.out, HasSubstr("withheld by reason\nnone\n"));
    EXPECT_THAT(outcome.out, HasSubstr("first  3     aa="));
    EXPECT_FALSE(node_.requests().at(0).query.contains("from")) << "the node knows its own zone";
}

TEST_F(WithNode, SummaryAsCsvHasEquallyManyFieldsInEachRecord) {
    node_.answer("GET", "/v1/summary", kSummary);
    node_.start();
    const Outcome outcome =
        lapx({"summary", "--from", "2026-09-01", "--to", "2026-10-31", "--format", "csv"});
    EXPECT_EQ(outcome.out,
              "period,from,to,zone,edition\r\n"
              "period,2026-09-01,2026-10-31,Europe/Amsterdam,own\r\n"
              "ledger,end,size,root,\r\n"
              "ledger,first,3,aa=,\r\n"
              "ledger,last,9,bb=,\r\n"
              "sent by kind,kind,referrals,,\r\n"
              "sent by kind,urgent,3,,\r\n"
              "sent by kind,'=cmd(),0,,\r\n"
              "withheld by reason,reason,category,items,\r\n");
    EXPECT_EQ(node_.requests().at(0).query.at("to"), "2026-10-31");
}

TEST_F(WithNode, SummaryAsJsonIsWhatTheNodeSaid) {
    node_.answer("GET", "/v1/summary", kSummary);
    node_.start();
    EXPECT_EQ(lapx({"summary", "--json"}).json(), kSummary);
    EXPECT_EQ(lapx({"summary", "--format", "json"}).json(), kSummary);
    EXPECT_EQ(lapx({"summary", "--format", "json", "-o", folder_.path("s")}).exit, Exit::kDone);
    const auto written = read_file(folder_.path("s"), 10'000);
    ASSERT_TRUE(written);
    EXPECT_EQ(json::parse(as_text(*written)), kSummary);
}

}  // namespace
}  // namespace lapx::cli
