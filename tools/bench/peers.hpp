#pragma once
// Many agencies in one process, each with a CURVE connection of its own to one node.

#include <sys/types.h>

#include <cstddef>
#include <filesystem>

#include "schema/base/result.hpp"

namespace lapx::bench {

struct Crowd {
    double add_seconds = 0;      // until the node had added and verified all of them
    double connect_seconds = 0;  // from the first connection until the node had greeted all of them
    double contact_kib = 0;      // the node's memory for each, added
    double connected_kib = 0;    // and for each, connected, beyond that
};

// `card`: the node's card file, which says where it listens; `node`: its process. The agencies are
// made up and added over the control socket; they have no endpoint, so that the node dials none.
// Then all connect, say Hello, and wait for the node's. Errors: kIo, kTimeout, kNotFound (the
// process), kInvalidArgument (the card file, or what the node answers).
Result<Crowd> connect_crowd(const std::filesystem::path& socket, const std::filesystem::path& card,
                            pid_t node, std::size_t count);

}  // namespace lapx::bench
