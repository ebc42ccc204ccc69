#pragma once
// A running node: opens everything in the one order that is safe, wires it to the loop, and runs
// until it is told to stop.

#include <filesystem>
#include <memory>

#include "config/config.hpp"
#include "config/policy.hpp"
#include "daemon/intake_client.hpp"
#include "keys/keyring.hpp"
#include "schema/base/result.hpp"

namespace lapx::daemon {

struct NodeOptions {
    std::filesystem::path home;
    config::Config config;
    config::DisclosurePolicy policy;
    keys::Unlock unlock;
    // Started before there were keys in this process.
    std::unique_ptr<IntakeClient> intake;
    // Who starts it has looked: it may go by its clock though no notice is in force by it.
    bool clock_is_right = false;
};

// The home must be a folder of this user's that nobody else can enter. Errors: kNotFound,
// kUnsafePermissions.
Result<void> check_home(const std::filesystem::path& home);

// Runs a node. Returns when SIGTERM or SIGINT asked it to end, or with the error that ended it.
Result<void> run_node(NodeOptions options);

}  // namespace lapx::daemon
