#include "schema/codec/parcel.hpp"

#include <algorithm>

#include "parcel_generated.h"
#include "schema/codec/padded.hpp"
#include "schema/codec/verify.hpp"
#include "schema/limits.hpp"

namespace lapx::schema {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::Vector;

tl::unexpected<Error> malformed_parcel(std::string what) {
    return fail(Code::kParcelMalformed, std::move(what));
}

Offset<Vector<std::uint8_t>> put(FlatBufferBuilder& builder, const Bytes& octets) {
    return octets.empty() ? 0 : builder.CreateVector(octets);
}

std::size_t size_hint(const ParcelContent& content) {
    constexpr std::size_t kOverhead = 256;
    constexpr std::size_t kPerTable = 48;
    std::size_t out = kOverhead + content.cover.size() + content.manifest.size() +
                      content.body.size() + content.proof.size() + content.consistency.size();
    for (const NumberedOctets& item : content.items) {
        out += kPerTable + item.octets.size();
    }
    for (const ParcelExhibit& exhibit : content.exhibits) {
        out += kPerTable + exhibit.identity.size() + exhibit.sealed.size();
    }
    return out;
}

void build(FlatBufferBuilder& builder, const ParcelContent& content) {
    std::vector<Offset<wire::ParcelItem>> items;
    items.reserve(content.items.size());
    for (const NumberedOctets& item : content.items) {
        const auto octets = builder.CreateVector(item.octets);
        items.push_back(wire::CreateParcelItem(builder, item.number, octets));
    }
    std::vector<Offset<wire::ParcelExhibit>> exhibits;
    exhibits.reserve(content.exhibits.size());
    for (const ParcelExhibit& exhibit : content.exhibits) {
        const auto identity = builder.CreateVector(exhibit.identity);
        const auto sealed = put(builder, exhibit.sealed);
        exhibits.push_back(wire::CreateParcelExhibit(builder, exhibit.number, identity, sealed));
    }
    const auto cover = builder.CreateVector(content.cover);
    const auto manifest = put(builder, content.manifest);
    const Offset<Vector<Offset<wire::ParcelItem>>> item_list =
        items.empty() ? 0 : builder.CreateVector(items);
    const auto body = put(builder, content.body);
    const auto proof = builder.CreateVector(content.proof);
    const auto consistency = put(builder, content.consistency);
    const Offset<Vector<Offset<wire::ParcelExhibit>>> exhibit_list =
        exhibits.empty() ? 0 : builder.CreateVector(exhibits);
    builder.FinishSizePrefixed(wire::CreateParcel(builder, cover, manifest, item_list, body, proof,
                                                  consistency, exhibit_list));
}

template <typename Numbered>
bool numbers_ascend(const std::vector<Numbered>& list) {
    std::size_t last = 0;
    return std::all_of(list.begin(), list.end(), [&](const Numbered& element) {
        const bool ascends = element.number > last && element.number <= kMaxItems;
        last = element.number;
        return ascends;
    });
}

Result<void> check(const ParcelContent& content) {
    if (content.cover.empty() || content.proof.empty()) {
        return malformed_parcel("cover or proof is empty");
    }
    if (!numbers_ascend(content.items) || !numbers_ascend(content.exhibits)) {
        return malformed_parcel("numbers do not ascend");
    }
    for (const NumberedOctets& item : content.items) {
        if (item.octets.empty() || item.octets.size() > kMaxItem) {
            return malformed_parcel("item size");
        }
    }
    std::size_t sealed = 0;
    for (const ParcelExhibit& exhibit : content.exhibits) {
        sealed += exhibit.sealed.size();
        if (exhibit.identity.empty() || exhibit.identity.size() > kMaxExhibitIdentity) {
            return malformed_parcel("exhibit identity size");
        }
    }
    if (sealed > kMaxInlineExhibits) {
        return malformed_parcel("exhibits are too large");
    }
    return {};
}

Result<ParcelContent> copy_out(const wire::Parcel& parcel) {
    wire::Budget budget(kMaxParcel);
    ParcelContent content;
    content.cover = budget.bytes(parcel.cover());
    content.manifest = budget.bytes(parcel.manifest());
    content.body = budget.bytes(parcel.body());
    content.proof = budget.bytes(parcel.proof());
    content.consistency = budget.bytes(parcel.consistency());
    // The verifier's limit on tables bounds both lists.
    if (parcel.items() != nullptr) {
        content.items.reserve(parcel.items()->size());
        for (const wire::ParcelItem* const item : *parcel.items()) {
            content.items.push_back({item->number(), budget.bytes(item->octets())});
        }
    }
    if (parcel.exhibits() != nullptr) {
        for (const wire::ParcelExhibit* const exhibit : *parcel.exhibits()) {
            content.exhibits.push_back({exhibit->number(), budget.bytes(exhibit->identity()),
                                        budget.bytes(exhibit->sealed())});
        }
    }
    if (budget.exceeded()) {
        return malformed_parcel("octets are shared");
    }
    return content;
}

}  // namespace

Result<Bytes> encode_parcel(const ParcelContent& content) {
    const std::size_t hint = size_hint(content);
    if (hint > 2 * kMaxParcel) {
        return fail(Code::kTooLarge, "parcel");
    }
    FlatBufferBuilder builder(hint);
    build(builder, content);
    return pad(builder, kMaxParcel);
}

Result<ParcelContent> decode_parcel(BytesView octets) {
    LAPX_TRY_ASSIGN(const BytesView buffer, unpad(octets, kMaxParcel));
    const wire::Aligned aligned(buffer);
    const auto* const parcel = aligned.size_prefixed_root<wire::Parcel>(kVerifierParcelTables);
    if (parcel == nullptr) {
        return malformed_parcel("buffer");
    }
    LAPX_TRY_ASSIGN(ParcelContent content, copy_out(*parcel));
    LAPX_TRY(check(content));
    return content;
}

}  // namespace lapx::schema
