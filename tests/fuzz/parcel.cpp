// The plaintext of an envelope: what is accepted is within its limits and survives another round.

#include "schema/codec/parcel.hpp"
#include "schema/limits.hpp"
#include "tests/fuzz/padded.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace lapx;
using namespace lapx::schema;

void check(BytesView octets) {
    const auto content = decode_parcel(octets);
    if (!content) {
        return;
    }
    std::size_t total = content->cover.size() + content->manifest.size() + content->body.size() +
                        content->proof.size() + content->consistency.size();
    for (const NumberedOctets& item : content->items) {
        total += item.octets.size();
    }
    for (const ParcelExhibit& exhibit : content->exhibits) {
        total += exhibit.identity.size() + exhibit.sealed.size();
    }
    LAPX_REQUIRE(total <= kMaxParcel);
    const auto again = encode_parcel(*content);
    // Octets that were shared may not fit when each has a place of its own.
    LAPX_REQUIRE(again || again.error().code == Code::kTooLarge);
    if (again) {
        const auto reread = decode_parcel(*again);
        LAPX_REQUIRE(reread && *reread == *content);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check({data, size});
    if (size >= 4 && size <= kMaxParcel) {
        check(made_right(data, size));
    }
    return 0;
}
