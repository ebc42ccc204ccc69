// The plaintext of a carried file: what is accepted is within its limits and survives another
// round.

#include <algorithm>

#include "schema/codec/carried.hpp"
#include "schema/codec/parcel.hpp"
#include "schema/limits.hpp"
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
    // Likewise with the length and the padding made right, which the fuzzer would hardly find.
    if (size >= 4 && size <= kMaxCarried) {
        Bytes padded(data, data + size);
        const std::size_t length = size - 4;
        for (std::size_t i = 0; i < 4; ++i) {
            padded[i] = static_cast<std::uint8_t>(length >> (8 * i));
        }
        padded.resize(std::max(kMinParcel, padme(size)));
        check(padded);
    }
    return 0;
}
