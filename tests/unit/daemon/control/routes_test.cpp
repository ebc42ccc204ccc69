#include "daemon/control/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lapx::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Routes some_routes() {
    Routes routes;
    routes.add("GET", "/v1/status", {}, {}, nullptr);
    routes.add("GET", "/v1/referrals/{id}", {Role::kClerk, Role::kAuditor}, {}, nullptr);
    routes.add("PATCH", "/v1/referrals/{id}", {Role::kClerk}, {}, nullptr);
    routes.add("POST", "/v1/referrals/{id}/approve", {Role::kApprover}, {}, nullptr);
    return routes;
}

TEST(Routes, FindsByMethodAndPath) {
    const Routes routes = some_routes();
    ASSERT_NE(routes.find("GET", {"status"}).route, nullptr);
    EXPECT_EQ(routes.find("PATCH", {"referrals", "x"}).route->pattern, "/v1/referrals/{id}");
    EXPECT_EQ(routes.find("POST", {"referrals", "x", "approve"}).route->method, "POST");
}

TEST(Routes, SaysWhichMethodsAPathHas) {
    const Routes::Match match = some_routes().find("DELETE", {"referrals", "x"});
    EXPECT_EQ(match.route, nullptr);
    EXPECT_THAT(match.allowed, ElementsAre("GET", "PATCH"));
}

TEST(Routes, FindsNothingForOtherPaths) {
    const Routes routes = some_routes();
    for (const std::vector<std::string>& path :
         {std::vector<std::string>{}, {"referrals"}, {"referrals", "x", "y"}, {"Status"}}) {
        const Routes::Match match = routes.find("GET", path);
        EXPECT_EQ(match.route, nullptr);
        EXPECT_THAT(match.allowed, IsEmpty());
    }
}

TEST(Route, AdmitsWhoHasOneOfItsRoles) {
    const Routes routes = some_routes();
    Operator auditor;
    auditor.roles = {Role::kAuditor};
    EXPECT_TRUE(routes.find("GET", {"status"}).route->admits(auditor));
    EXPECT_TRUE(routes.find("GET", {"referrals", "x"}).route->admits(auditor));
    EXPECT_FALSE(routes.find("PATCH", {"referrals", "x"}).route->admits(auditor));
    EXPECT_FALSE(routes.find("PATCH", {"referrals", "x"}).route->admits(Operator{}));
}

TEST(Segments, AreDecodedOneByOne) {
    EXPECT_THAT(*segments_from("/v1/referrals/opta.nl%2F2026-147/send"),
                ElementsAre("referrals", "opta.nl/2026-147", "send"));
    EXPECT_THAT(*segments_from("/v1/contacts/caf%C3%a9"), ElementsAre("contacts", "café"));
}

TEST(Segments, RefuseWhatIsNoPathOfTheApi) {
    for (const char* path : {"/", "/v1", "/v2/status", "/v1/status/", "/v1//status", "/v1"}) {
        const auto segments = segments_from(path);
        ASSERT_FALSE(segments) << path;
        EXPECT_EQ(segments.error().code, Code::kNotFound);
    }
    for (const char* path : {"/v1/%", "/v1/%4", "/v1/%zz", "/v1/%00", "/v1/%0a", "/v1/%ff"}) {
        const auto segments = segments_from(path);
        ASSERT_FALSE(segments) << path;
        EXPECT_EQ(segments.error().code, Code::kInvalidArgument);
    }
}

}  // namespace
}  // namespace lapx::control
