#include "schema/codec/carried.hpp"

#include "frame_generated.h"
#include "schema/base/text.hpp"
#include "schema/codec/padded.hpp"
#include "schema/codec/verify.hpp"
#include "schema/limits.hpp"

namespace lapx::schema {
namespace {

// What sealing adds to the longest plaintext is less.
constexpr std::size_t kMaxCarriedPlain = kMaxCarried - 512;

tl::unexpected<Error> malformed_carried(std::string what) {
    return fail(Code::kParcelMalformed, std::move(what));
}

}  // namespace

Result<Bytes> encode_carried(const CarriedContent& content) {
    flatbuffers::FlatBufferBuilder builder(content.note.size() + content.frame.size() + 256);
    const BytesView note_octets = as_bytes(content.note);
    const auto note = builder.CreateVector(note_octets.data(), note_octets.size());
    const auto frame = builder.CreateVector(content.frame);
    builder.FinishSizePrefixed(wire::CreateCarried(builder, note, frame));
    return pad(builder, kMaxCarriedPlain);
}

Result<CarriedContent> decode_carried(BytesView octets) {
    LAPX_TRY_ASSIGN(const BytesView buffer, unpad(octets, kMaxCarriedPlain));
    const wire::Aligned aligned(buffer);
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
