#pragma once
// Proof at start that strangers are kept out.

#include <chrono>
#include <string>

#include "daemon/transport/sockets.hpp"

namespace lapx::transport {

// Dials `endpoint`, a CURVE server with `server_key`, with a key made up for this call, and waits
// for ZAP's refusal. Errors: kSelfTestFailed if the key is admitted, or if nobody refuses it within
// `patience`.
Result<void> expect_refusal(const Context& context, const std::string& endpoint,
                            const Key& server_key, std::chrono::milliseconds patience);

}  // namespace lapx::transport
