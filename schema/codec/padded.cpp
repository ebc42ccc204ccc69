#include "schema/codec/padded.hpp"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <bit>

#include "schema/codec/verify.hpp"
#include "schema/limits.hpp"

namespace lapx::schema {
namespace {

std::size_t padded_size(std::size_t length) { return std::max(kMinParcel, padme(length)); }

}  // namespace

std::size_t padme(std::size_t length) {
    if (length < 2) {
        return length;
    }
    const auto exponent = static_cast<std::size_t>(std::bit_width(length)) - 1;
    const auto significant = static_cast<std::size_t>(std::bit_width(exponent));
    const std::size_t low_bits = exponent - significant;
    const std::size_t mask = (std::size_t{1} << low_bits) - 1;
    return (length + mask) & ~mask;
}

Result<Bytes> pad(const flatbuffers::FlatBufferBuilder& builder, std::size_t most) {
    const std::size_t length = padded_size(builder.GetSize());
    if (length > most) {
        return fail(Code::kTooLarge, "the plaintext of a parcel or a carried file");
    }
    Bytes out;
    out.reserve(length);
    out.assign(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
    out.resize(length);
    return out;
}

Result<BytesView> unpad(BytesView octets, std::size_t most) {
    if (octets.size() < kMinParcel || octets.size() > most) {
        return fail(Code::kParcelMalformed, "length");
    }
    const std::size_t length = wire::prefixed_size(octets);
    if (length > octets.size() || padded_size(length) != octets.size()) {
        return fail(Code::kParcelMalformed, "padded length");
    }
    const BytesView tail = octets.subspan(length);
    if (std::any_of(tail.begin(), tail.end(), [](std::uint8_t octet) { return octet != 0; })) {
        return fail(Code::kParcelMalformed, "padding");
    }
    return octets.first(length);
}

}  // namespace lapx::schema
