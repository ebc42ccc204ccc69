#include "schema/codec/frame.hpp"

#include <algorithm>

#include "frame_generated.h"

namespace lapx::schema {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Octets = flatbuffers::Vector<std::uint8_t>;

static_assert(std::variant_size_v<FrameMessage> == static_cast<std::size_t>(wire::Message::MAX));

template <typename Id>
wire::FrameMessageId wire_id(const Id& id) {
    return wire::FrameMessageId(flatbuffers::span<const std::uint8_t, 16>(id.bytes));
}

Offset<Octets> octets_of(FlatBufferBuilder& builder, std::string_view text) {
    return builder.CreateVector(as_bytes(text).data(), text.size());
}

Offset<Octets> octets_or_none(FlatBufferBuilder& builder, std::string_view text) {
    return text.empty() ? 0 : octets_of(builder, text);
}

Offset<wire::Link> link_of(FlatBufferBuilder& builder, const std::optional<Link>& link) {
    if (!link) {
        return 0;
    }
    std::uint8_t* to = nullptr;
    const auto hashes = builder.CreateUninitializedVector(link->hashes.size() * Hash::kSize, &to);
    for (const Hash& hash : link->hashes) {
        to = std::copy(hash.bytes.begin(), hash.bytes.end(), to);
    }
    return wire::CreateLink(builder, link->old_size, link->new_size, hashes);
}

Offset<flatbuffers::Vector<Offset<wire::Link>>> links_of(FlatBufferBuilder& builder,
                                                         const std::vector<Link>& links) {
    if (links.empty()) {
        return 0;
    }
    std::vector<Offset<wire::Link>> tables;
    tables.reserve(links.size());
    for (const Link& link : links) {
        tables.push_back(link_of(builder, link));
    }
    return builder.CreateVector(tables);
}

// One overload for each message; they return the offset of its table.
struct FrameEncoder {
    FlatBufferBuilder& builder;

    Offset<void> operator()(const HelloFrame& m) const {
        const auto card = octets_of(builder, m.card);
        const auto notice = octets_of(builder, m.notice);
        const auto seen = octets_or_none(builder, m.seen);
        return wire::CreateHello(builder, card, notice, seen,
                                 m.time ? m.time->time_since_epoch().count() : 0)
            .Union();
    }
    Offset<void> operator()(const ParcelFrame& m) const {
        const auto id = wire_id(m.message);
        const auto desk = builder.CreateString(m.desk.text());
        const auto link = link_of(builder, m.link);
        const auto sealed = builder.CreateVector(m.sealed);
        const auto links = links_of(builder, m.links);
        return wire::CreateParcelFrame(builder, &id, desk, link, sealed, links).Union();
    }
    Offset<void> operator()(const ReceiptsFrame& m) const {
        std::vector<Offset<wire::ReceiptEntry>> entries;
        for (const ReceiptEntry& entry : m.entries) {
            const auto id = wire_id(entry.message);
            const auto head = octets_of(builder, entry.proof_head);
            entries.push_back(wire::CreateReceiptEntry(builder, &id, head));
        }
        const auto checkpoint = octets_of(builder, m.checkpoint);
        const auto link = link_of(builder, m.link);
        const auto list = builder.CreateVector(entries);
        const Offset<flatbuffers::String> cosignature =
            m.cosignature ? builder.CreateString(m.cosignature->cosignature) : 0;
        const auto links = links_of(builder, m.links);
        return wire::CreateReceipts(builder, checkpoint, link, list, cosignature,
                                    m.cosignature ? m.cosignature->cosigned_size : 0, links)
            .Union();
    }
    Offset<void> operator()(const CosignatureFrame& m) const {
        const auto line = builder.CreateString(m.cosignature);
        return wire::CreateCosignature(builder, line, m.cosigned_size).Union();
    }
    Offset<void> operator()(const RefusalFrame& m) const {
        const auto id = wire_id(m.message);
        const std::string_view word = to_string(m.code);
        const auto code = builder.CreateString(word.data(), word.size());
        return wire::CreateRefusal(builder, &id, code, m.final, m.retry_after, m.seen_size,
                                   m.exhibit)
            .Union();
    }
    Offset<void> operator()(const CheckpointFrame& m) const {
        const auto checkpoint = octets_of(builder, m.checkpoint);
        const auto link = link_of(builder, m.link);
        return wire::CreateCheckpoint(builder, checkpoint, link).Union();
    }
    Offset<void> operator()(const ExhibitRequestFrame& m) const {
        const auto id = wire_id(m.message);
        return wire::CreateExhibitRequest(builder, &id, m.number, m.offset, m.credit).Union();
    }
    Offset<void> operator()(const ExhibitChunkFrame& m) const {
        const auto id = wire_id(m.message);
        const auto octets = builder.CreateVector(m.octets);
        return wire::CreateExhibitChunk(builder, &id, m.number, m.offset, octets, m.last).Union();
    }
    Offset<void> operator()(const RelayPutFrame& m) const {
        const auto owner = builder.CreateString(m.owner.text());
        const auto id = wire_id(m.deposit);
        const auto sealed = builder.CreateVector(m.sealed);
        return wire::CreateRelayPut(builder, owner, &id, m.expires.time_since_epoch().count(),
                                    sealed)
            .Union();
    }
    Offset<void> operator()(const RelayFetchFrame& m) const {
        const auto id = m.after ? wire_id(*m.after) : wire::FrameMessageId();
        return wire::CreateRelayFetch(builder, m.after ? &id : nullptr, m.credit).Union();
    }
    Offset<void> operator()(const RelayDeleteFrame& m) const {
        const auto id = wire_id(m.deposit);
        return wire::CreateRelayDelete(builder, &id).Union();
    }
    Offset<void> operator()(const ReachRequestFrame& m) const {
        return wire::CreateReachRequest(builder, m.ask).Union();
    }
    Offset<void> operator()(const ReachAnswerFrame& m) const {
        std::vector<Offset<wire::ReachedEndpoint>> endpoints;
        for (const ReachedEndpoint& one : m.endpoints) {
            const auto endpoint = builder.CreateString(one.endpoint);
            const std::string_view word = word_of(one.result);
            const auto result = builder.CreateString(word.data(), word.size());
            endpoints.push_back(wire::CreateReachedEndpoint(builder, endpoint, result));
        }
        return wire::CreateReachAnswer(builder, m.ask, builder.CreateVector(endpoints)).Union();
    }
    Offset<void> operator()(const RelayItemFrame& m) const {
        const auto depositor = builder.CreateString(m.depositor.text());
        const auto id = wire_id(m.deposit);
        const auto sealed = builder.CreateVector(m.sealed);
        return wire::CreateRelayItem(builder, depositor, &id, sealed).Union();
    }
    Offset<void> operator()(const RelayAnswerFrame& m) const {
        const auto id = wire_id(m.deposit);
        Offset<flatbuffers::String> code = 0;
        if (m.refused) {
            const std::string_view word = to_string(*m.refused);
            code = builder.CreateString(word.data(), word.size());
        }
        return wire::CreateRelayAnswer(builder, &id, code).Union();
    }
};

}  // namespace

Bytes encode_frame(const FrameMessage& message) {
    FlatBufferBuilder builder(4096);
    const auto type = static_cast<wire::Message>(message.index() + 1);
    const auto table = std::visit(FrameEncoder{builder}, message);
    builder.FinishSizePrefixed(wire::CreateFrame(builder, type, table));
    return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace lapx::schema
