#include "daemon/control/request.hpp"

#include <gtest/gtest.h>

namespace lapx::control {
namespace {

TEST(Pending, AnswersOnce) {
    std::vector<Reply> got;
    Pending pending([&](Reply reply) { got.push_back(std::move(reply)); });
    pending.answer(nlohmann::json{{"ok", true}});
    pending.answer(Error{Code::kInternal, "again"});
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].status, 200);
}

TEST(Pending, AnswersInternalWhenItIsDropped) {
    std::vector<Reply> got;
    {
        const Pending pending([&](Reply reply) { got.push_back(std::move(reply)); });
    }
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].status, 500);
    EXPECT_EQ(got[0].body["error"]["code"], "internal");
}

TEST(Pending, MovesTheDutyToAnswer) {
    std::vector<Reply> got;
    {
        Pending first([&](Reply reply) { got.push_back(std::move(reply)); });
        Pending second(std::move(first));
        EXPECT_TRUE(got.empty());
        second.answer(Result<nlohmann::json>(nlohmann::json{{"n", 1}}));
    }
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].body["n"], 1);
}

TEST(ErrorReply, HasTheStatusThatFitsTheCode) {
    EXPECT_EQ(http_status(Code::kUnknownReferral), 404);
    EXPECT_EQ(http_status(Code::kNotFound), 404);
    EXPECT_EQ(http_status(Code::kNotPermitted), 403);
    EXPECT_EQ(http_status(Code::kApprovalStale), 409);
    EXPECT_EQ(http_status(Code::kWrongState), 409);
    EXPECT_EQ(http_status(Code::kTooLarge), 413);
    EXPECT_EQ(http_status(Code::kUnknownItem), 400);
    EXPECT_EQ(http_status(Code::kDiskFull), 503);
    EXPECT_EQ(http_status(Code::kIo), 500);
}

TEST(ErrorReply, CarriesCodeMessageAndHint) {
    const Reply reply = error_reply({Code::kUnknownReason, "no reason is called that"});
    EXPECT_EQ(reply.body["error"]["code"], "unknown-reason");
    EXPECT_EQ(reply.body["error"]["message"], "no reason is called that");
    EXPECT_EQ(reply.body["error"]["hint"], "lapx list reasons");
}

}  // namespace
}  // namespace lapx::control
