#pragma once
// The control socket from its other end (docs/openapi.yaml).

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "schema/base/result.hpp"

namespace lapx::cli {

// "/v1/" and the segments, each percent-encoded.
std::string api_path(std::initializer_list<std::string_view> segments);

using Query = std::map<std::string, std::string>;

class Client {
  public:
    explicit Client(std::string socket_path) : socket_path_(std::move(socket_path)) {}

    // Errors: those that the node answers, kNodeUnreachable, kNotPermitted if the socket may not be
    // opened, kTimeout, kInternal for an answer that is none.
    Result<nlohmann::json> call(const std::string& method, const std::string& path,
                                const Query& query = {}, const nlohmann::json& body = nullptr);

  private:
    std::string socket_path_;
};

}  // namespace lapx::cli
