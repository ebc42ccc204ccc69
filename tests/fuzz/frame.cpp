// Frames: what is accepted survives another round.

#include "schema/codec/frame.hpp"
#include "schema/limits.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace lapx;
using namespace lapx::schema;

void check(BytesView octets) {
    const auto message = decode_frame(octets);
    if (!message) {
        return;
    }
    const Bytes again = encode_frame(*message);
    // Octets that were shared may not fit when each has a place of its own.
    if (again.size() <= kMaxFrame) {
        const auto reread = decode_frame(again);
        LAPX_REQUIRE(reread && *reread == *message);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check({data, size});
    // Likewise with the length made right.
    if (size >= 4) {
        Bytes prefixed(data, data + size);
        const std::size_t length = size - 4;
        for (std::size_t i = 0; i < 4; ++i) {
            prefixed[i] = static_cast<std::uint8_t>(length >> (8 * i));
        }
        check(prefixed);
    }
    return 0;
}
