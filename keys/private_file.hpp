#pragma once
// Files for their owner's eyes alone: keyrings, key files, passphrases.

#include <filesystem>

#include "keys/secret.hpp"
#include "schema/base/result.hpp"

namespace lapx::keys {

// Errors: kUnsafePermissions if it is no regular file of this user or root, or others may read or
// write it; kNotFound; kTooLarge above `max` octets; kIo.
Result<SecretBytes> read_private_file(const std::filesystem::path& path, std::size_t max);

// Mode 0600 where the medium knows modes; replaces the file in one step and returns when that is on
// disk. Errors: kIo, kDiskFull, and the old file is as it was.
Result<void> write_private_file(const std::filesystem::path& path, BytesView octets);

// One line without its LF or CR LF, 1 to 1,024 octets; what follows the line is not read. Errors:
// kInvalidArgument, kIo, kNotFound; kUnsafePermissions for a file that others may read.
Result<SecretBytes> read_passphrase(int fd);
Result<SecretBytes> read_passphrase_file(const std::filesystem::path& path);

}  // namespace lapx::keys
