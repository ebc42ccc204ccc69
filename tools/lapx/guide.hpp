#pragma once
// Asks a person for what a draft still lacks.

#include <string>

#include "tools/lapx/context.hpp"

namespace lapx::cli {

// The labels that the kind asks for and that are absent, joined by ", ".
std::string missing_of(const nlohmann::json& draft);

// Explains each of them, asks for it, and stores the answers; an empty answer leaves one open.
// Gives the draft as it is then. Errors: those of the node.
Result<nlohmann::json> ask_for_missing(Context& context, nlohmann::json draft);

}  // namespace lapx::cli
