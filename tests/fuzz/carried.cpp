// The plaintext of a carried file: what is accepted is within its limits and survives another
// round.

#include "schema/codec/carried.hpp"
#include "schema/limits.hpp"
#include "tests/fuzz/padded.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace lapx;
using namespace lapx::schema;

void check(BytesView octets) {
    const auto content = decode_carried(octets);
    if (!content) {
        return;
    }
    LAPX_REQUIRE(content->note.size() + content->frame.size() <= kMaxFrame);
    const auto again = encode_carried(*content);
    // Octets that were shared may not fit when each has a place of its own.
    LAPX_REQUIRE(again || again.error().code == Code::kTooLarge);
    if (again) {
        const auto reread = decode_carried(*again);
        LAPX_REQUIRE(reread && *reread == *content);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check({data, size});
    if (size >= 4 && size <= kMaxCarried) {
        check(made_right(data, size));
    }
    return 0;
}
