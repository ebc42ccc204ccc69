#include "schema/codec/carried.hpp"

#include <algorithm>

#include "frame_generated.h"
#include "schema/base/text.hpp"
#include "schema/codec/parcel.hpp"
#include "schema/codec/verify.hpp"
#include "schema/limits.hpp"

namespace lapx::schema {
namespace {

// What sealing adds to the longest plaintext is less.
constexpr std::size_t kMaxCarriedPlain = kMaxCarried - 512;

tl::unexpected<Error> malformed_carried(std::string what) {
    return fail(Code::kParcelMalformed, std::move(what));
}

std::size_t padded_carried(std::size_t length) { return std::max(kMinParcel, padme(length)); }

}  // namespace

Result<Bytes> encode_carried(const CarriedContent& content) {
    flatbuffers::FlatBufferBuilder builder(content.note.size() + content.frame.size() + 256);
    const BytesView note_octets = as_bytes(content.note);
    const auto note = builder.CreateVector(note_octets.data(), note_octets.size());
    const auto frame = builder.CreateVector(content.frame);
    builder.FinishSizePrefixed(wire::CreateCarried(builder, note, frame));
    const std::size_t length = padded_carried(builder.GetSize());
    if (length > kMaxCarriedPlain) {
        return fail(Code::kTooLarge, "a carried file");
    }
    Bytes out;
    out.reserve(length);
    out.assign(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
    out.resize(length);
    return out;
}

Result<CarriedContent> decode_carried(BytesView octets) {
    if (octets.size() < kMinParcel || octets.size() > kMaxCarriedPlain) {
        return malformed_carried("length");
    }
    const std::size_t length = wire::prefixed_size(octets);
    if (length > octets.size() || padded_carried(length) != octets.size()) {
        return malformed_carried("padded length");
    }
    const BytesView tail = octets.subspan(length);
    if (std::any_of(tail.begin(), tail.end(), [](std::uint8_t octet) { return octet != 0; })) {
        return malformed_carried("padding");
    }
    const wire::Aligned aligned(octets.first(length));
    const auto* const carried = aligned.size_prefixed_root<wire::Carried>(kVerifierTables);
    if (carried == nullptr) {
        return malformed_carried("buffer");
    }
    wire::Budget budget(kMaxFrame);
    CarriedContent out{budget.text(carried->note()), budget.bytes(carried->frame())};
    if (out.note.empty() || out.note.size() > kMaxNote || !is_utf8(out.note) || out.frame.empty()) {
        return malformed_carried("note or frame");
    }
    return out;
}

}  // namespace lapx::schema
