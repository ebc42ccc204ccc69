#pragma once
// The route table: which request goes to which handler, and who may make it.

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/control/request.hpp"

namespace lapx::control {

struct Route {
    std::string method;
    std::string pattern;  // "/v1/referrals/{id}/approve"
    std::set<Role> roles;
    Members members;
    Handler handler;
    std::optional<UploadHandler> upload = {};  // in the place of `handler`

    // Any one of the route's roles will do; a route without roles is for every operator.
    bool admits(const Operator& who) const;
    // A name that means nothing here would be a wish that is not heard. Errors: kInvalidArgument.
    Result<void> check_member(std::string_view name) const;
};

class Routes {
  public:
    // `pattern` begins with "/v1/"; a segment in braces stands for any one segment.
    // `members` are all names that a request may have in its query or its body.
    void add(std::string_view method, std::string_view pattern, std::set<Role> roles,
             Members members, Handler handler);
    void add(std::string_view method, std::string_view pattern, std::set<Role> roles,
             UploadHandler handler);

    struct Match {
        const Route* route = nullptr;      // nothing if no route fits
        std::vector<std::string> allowed;  // methods that the path does have
    };
    // `path` as segments_from gives it.
    Match find(std::string_view method, const std::vector<std::string>& path) const;

  private:
    void add(Route route);
    struct Row {
        Route route;
        std::vector<std::string> segments;
    };
    std::deque<Row> rows_;  // a Match points into it
};

// The still percent-encoded path of a request into decoded segments after "v1". An encoded slash
// belongs to its segment: an agency's own file number may hold one. Errors: kNotFound for a path
// outside /v1/, kInvalidArgument for bad escapes, control characters or what is not UTF-8.
Result<std::vector<std::string>> segments_from(std::string_view path);
Result<std::string> percent_decode(std::string_view text);

}  // namespace lapx::control
