#include "daemon/ledger/draw.hpp"

#include <unordered_set>

#include "keys/domains.hpp"

namespace lapx::ledger {

Result<std::vector<std::uint64_t>> draw(std::string_view seed, std::uint64_t size,
                                        std::uint64_t count) {
    if (count == 0 || count > size) {
        return fail(Code::kInvalidArgument, "the ledger has " + std::to_string(size) +
                                                " entries to draw from, " + std::to_string(count) +
                                                " were asked for");
    }
    // The largest multiple of `size` that 64 bits hold, so that every index is as likely; 2^64 mod
    // size without a wider type.
    const std::uint64_t fair = ~std::uint64_t{0} - (~std::uint64_t{0} % size + 1) % size;
    std::vector<std::uint64_t> drawn;
    std::unordered_set<std::uint64_t> seen;
    for (std::uint64_t counter = 0; drawn.size() < count; ++counter) {
        const auto digest = keys::sample_digest(seed, size, counter);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) {
            value = value << 8 | digest.at(i);
        }
        if (value <= fair && seen.insert(value % size).second) {
            drawn.push_back(value % size);
        }
    }
    return drawn;
}

}  // namespace lapx::ledger
