#pragma once
// Which entries an auditor's seed draws from a log (protocol.md 9.1). Pure: whoever asked for a
// sample works out the same.

#include <cstdint>
#include <string_view>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx::ledger {

// `count` indices below `size`, none twice, in the order drawn. Errors: kInvalidArgument unless
// 0 < count <= size.
Result<std::vector<std::uint64_t>> draw(std::string_view seed, std::uint64_t size,
                                        std::uint64_t count);

}  // namespace lapx::ledger
