// Age files and their armor: opening whole and in pieces ends alike; what a header says of itself
// is so.

#include "keys/age.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace lapx;
using namespace lapx::keys;

// The identity of the files in corpus/age.
const Identity& identity() {
    static const Identity kIdentity =
        Identity::parse(
            "AGE-SECRET-KEY-199HSY2H2E23D2GJD5FFSDX5TH5DREN96Z7AHFT8MFJ34QNALWTHSSX9807")
            .value();
    return kIdentity;
}

Result<Bytes> open_in_pieces(BytesView file, std::size_t step) {
    Bytes out;
    Opener opener(identity(), [&out](BytesView piece) -> Result<void> {
        out.insert(out.end(), piece.begin(), piece.end());
        return {};
    });
    for (; !file.empty(); file = file.subspan(std::min(step, file.size()))) {
        LAPX_TRY(opener.write(file.first(std::min(step, file.size()))));
    }
    LAPX_TRY(opener.finish());
    return out;
}

void check(BytesView file) {
    const auto whole = open(identity(), file);
    const auto pieces = open_in_pieces(file, 1 + file.size() / 7);
    LAPX_REQUIRE(whole.has_value() == pieces.has_value());
    LAPX_REQUIRE(!whole || *whole == *pieces);

    const auto header = parse_age_header(file);
    if (!header) {
        LAPX_REQUIRE(!whole && whole.error().context == kAgeHeaderFailure);
        return;
    }
    std::size_t line_start = 0;
    LAPX_REQUIRE(find_age_header_end(file, line_start) == header->size);
    LAPX_REQUIRE(as_text(file.first(header->size)) ==
                 std::string(header->authenticated) + print_age_mac(header->mac));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView file(data, size);
    check(file);
    if (const auto inside = age_dearmor(file)) {
        LAPX_REQUIRE(is_age_armored(file));
        check(*inside);
    }
    return 0;
}
