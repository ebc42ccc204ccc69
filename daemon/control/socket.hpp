#pragma once
// The listening Unix socket.

#include <sys/types.h>

#include <optional>
#include <string>

#include "schema/base/result.hpp"

namespace lapx::control {

// Binds and listens; the descriptor is non-blocking and close-on-exec, and the caller's to close.
// Mode 0600, or 0660 for the group of that name. What a dead node left behind is replaced; where
// somebody answers, nothing is touched. Call before threads start: it sets the umask for a moment.
// Errors: kHomeInUse, kConfigInvalid (path too long, no such group), kIo.
Result<int> listen_unix(const std::string& path, const std::string& group);

// The account on the other side of a connected Unix socket (SO_PEERCRED), as of its connect().
std::optional<uid_t> peer_uid(int fd);

}  // namespace lapx::control
