#pragma once
// The control socket from its other end (docs/openapi.yaml).

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "schema/base/id.hpp"
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

    // What the node answers that is no JSON. Errors: as above.
    Result<std::string> text(const std::string& path);

    // Octets done, and all of them.
    using Progress = std::function<void(std::uint64_t, std::uint64_t)>;
    // Sends a file as the body. Errors: as above; kNotFound, kIo for the file.
    Result<nlohmann::json> upload(const std::string& path, const std::filesystem::path& file,
                                  const Progress& progress);
    // Writes the octets that the node answers to a descriptor; gives their SHA-256. Errors: as
    // above; kIo where they cannot be written.
    Result<ContentDigest> download(const std::string& path, int descriptor,
                                   const Progress& progress);

  private:
    std::string socket_path_;
};

// Many POST requests to one path at once, over connections that stay open; their answers hold no
// more than what is needed.
class Calls {
  public:
    struct Answer {
        std::size_t tag;
        Result<nlohmann::json> result;  // errors as of Client::call
    };

    Calls(std::string socket_path, std::string path);
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;
    ~Calls();

    std::size_t under_way() const;
    void start(std::size_t tag, const nlohmann::json& body);
    // Waits for the next of them to end. Nothing: none is under way.
    std::optional<Answer> next();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace lapx::cli
