#pragma once
// Configuration files on disk.

#include <filesystem>
#include <string>

#include "schema/base/result.hpp"

namespace lapx::config {

// A file of at most 64 KiB that only its owner, the caller or root, can read or write. Errors:
// kNotFound, kIo, kUnsafePermissions, kConfigInvalid.
Result<std::string> read_private_file(const std::filesystem::path& path);

}  // namespace lapx::config
