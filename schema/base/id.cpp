#include "schema/base/id.hpp"

namespace lapx {
namespace {

constexpr std::size_t kUuidTextSize = 36;

bool is_dash_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string uuid_text(BytesView sixteen) {
    std::string out = hex(sixteen);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) {
        out.insert(at, 1, '-');
    }
    return out;
}

Result<std::array<std::uint8_t, 16>> uuid_from_text(std::string_view text) {
    if (text.size() != kUuidTextSize) {
        return fail(Code::kInvalidArgument, "uuid length");
    }
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_place(i) != (text[i] == '-')) {
            return fail(Code::kInvalidArgument, "uuid form");
        }
        if (text[i] != '-') {
            digits += text[i];
        }
    }
    LAPX_TRY_ASSIGN(const Bytes raw, from_hex(digits));
    if (raw[6] >> 4 != 7 || raw[8] >> 6 != 2) {
        return fail(Code::kInvalidArgument, "uuid is not version 7");
    }
    std::array<std::uint8_t, 16> out{};
    std::copy(raw.begin(), raw.end(), out.begin());
    return out;
}

std::array<std::uint8_t, 16> uuid7(std::uint64_t unix_ms,
                                   const std::array<std::uint8_t, 10>& random10) {
    std::array<std::uint8_t, 16> out{};
    for (std::size_t i = 0; i < 6; ++i) {
        out.at(i) = static_cast<std::uint8_t>(unix_ms >> (40 - 8 * i));
    }
    std::copy(random10.begin(), random10.end(), out.begin() + 6);
    out[6] = static_cast<std::uint8_t>((out[6] & 0x0f) | 0x70);
    out[8] = static_cast<std::uint8_t>((out[8] & 0x3f) | 0x80);
    return out;
}

}  // namespace lapx
