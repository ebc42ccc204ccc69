#pragma once
// Many referrals in one run: a file with one JSON object on each line, each what POST /v1/drafts
// takes (docs/openapi.yaml).

#include <filesystem>
#include <string>

#include "tools/lapx/context.hpp"

namespace lapx::cli {

struct BulkOptions {
    std::string file;                // "-": standard input
    std::filesystem::path messages;  // the folder of the mails that lines name; empty: none
};

// Files every line, several at once; `body` has the members that a line does not give itself. Each
// line names its `external_id`, so that a run that was cut off is taken up by running it again. A
// line that is refused is told and does not stop the rest; the exit code says that there was one.
// Errors: kIo, kNotFound; what Client::call gives where the node itself does not answer.
Result<Exit> file_bulk(Context& context, const nlohmann::json& body, const BulkOptions& options);

}  // namespace lapx::cli
