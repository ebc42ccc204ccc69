#pragma once
// Files that the command line reads and writes for its user.

#include <filesystem>
#include <map>
#include <string>

#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"

namespace lapx::cli {

using Files = std::map<std::string, Bytes>;  // by relative path, "items/3"

// Errors: kNotFound, kTooLarge above `max` octets, kIo.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t max);

// The same, of what is neither a link nor a pipe nor a device. Errors: kInvalidArgument too.
Result<Bytes> read_plain_file(const std::filesystem::path& path, std::size_t max);

// A new file, durable before this returns, or none. Errors: kIo, also if the file is there already;
// kDiskFull.
Result<void> write_new_file(const std::filesystem::path& path, BytesView octets, unsigned mode);
// Replaces what is there, all of it or nothing; a pipe or a device is written to. Errors: the same.
Result<void> write_file(const std::filesystem::path& path, BytesView octets);

// Returns when the folder's list of names is on disk. Errors: kIo.
Result<void> sync_folder(const std::filesystem::path& folder);

// Every regular file below a folder; links are not followed. Errors: kNotFound, kTooLarge, kIo.
Result<Files> read_tree(const std::filesystem::path& folder, std::size_t max_files,
                        std::size_t max_octets);
// Writes into a folder, making it and those below. A path that is absolute, holds "..", or any
// character but a-z A-Z 0-9 . _ - / is refused before anything is written. Errors:
// kInvalidArgument, kIo.
Result<void> write_tree(const std::filesystem::path& folder, const Files& files);

}  // namespace lapx::cli
