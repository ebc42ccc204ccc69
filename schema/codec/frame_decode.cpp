#include "schema/codec/frame.hpp"

#include <algorithm>
#include <utility>

#include "frame_generated.h"
#include "schema/base/text.hpp"
#include "schema/codec/verify.hpp"
#include "schema/limits.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {
namespace {

using Octets = flatbuffers::Vector<std::uint8_t>;

tl::unexpected<Error> malformed(std::string what) {
    return fail(Code::kFrameMalformed, std::move(what));
}

// Reads the parts of messages out of a verified buffer. Errors: kFrameMalformed, naming the part.
class FrameReader {
  public:
    Result<std::string> note(const Octets* octets, std::size_t max, std::string what) {
        std::string out = budget_.text(octets);
        if (out.empty() || out.size() > max || !is_utf8(out)) {
            return malformed(std::move(what));
        }
        return out;
    }
    Result<std::string> note_or_none(const Octets* octets, std::string what) {
        return octets == nullptr ? Result<std::string>(std::string())
                                 : note(octets, kMaxNote, std::move(what));
    }
    Result<Bytes> bytes(const Octets* octets, std::size_t max, std::string what) {
        Bytes out = budget_.bytes(octets);
        if (out.empty() || out.size() > max) {
            return malformed(std::move(what));
        }
        return out;
    }
    // A text that `parse` reads.
    template <typename Parse>
    auto parsed(const flatbuffers::String* text, Parse parse, std::string what)
        -> decltype(parse("")) {
        auto out = parse(budget_.text(text));
        if (!out) {
            return malformed(std::move(what));
        }
        return out;
    }
    template <typename Id>
    static Result<Id> id(const wire::FrameMessageId* wire_id) {
        Id out;
        const auto* const octets = wire_id->bytes();
        std::copy(octets->begin(), octets->end(), out.bytes.begin());
        if (!uuid_from<Id>(to_string(out))) {
            return malformed("id");
        }
        return out;
    }
    static Result<std::uint64_t> size(std::uint64_t value) {
        if (value >> 63 != 0) {
            return malformed("size");
        }
        return value;
    }
    static Result<std::uint16_t> number(std::uint16_t value) {
        if (value == 0 || value > kMaxItems) {
            return malformed("number");
        }
        return value;
    }
    Result<std::optional<Link>> link(const wire::Link* wire_link) {
        if (wire_link == nullptr) {
            return std::optional<Link>{};
        }
        const Bytes hashes = budget_.bytes(wire_link->hashes());
        Link out{wire_link->old_size(), wire_link->new_size(), {}};
        if (hashes.size() % Hash::kSize != 0 || hashes.size() / Hash::kSize > kMaxProofHashes ||
            out.old_size > out.new_size || out.new_size >> 63 != 0) {
            return malformed("link");
        }
        for (std::size_t at = 0; at < hashes.size(); at += Hash::kSize) {
            Hash hash;
            std::copy_n(hashes.begin() + static_cast<std::ptrdiff_t>(at), Hash::kSize,
                        hash.bytes.begin());
            out.hashes.push_back(hash);
        }
        return std::optional<Link>(std::move(out));
    }
    Result<std::vector<Link>> links(
        const flatbuffers::Vector<flatbuffers::Offset<wire::Link>>* wire_links) {
        std::vector<Link> out;
        if (wire_links == nullptr) {
            return out;
        }
        if (wire_links->size() == 0 || wire_links->size() > kMaxLinks) {
            return malformed("links");
        }
        for (const wire::Link* const one : *wire_links) {
            LAPX_TRY_ASSIGN(std::optional<Link> read, link(one));
            out.push_back(std::move(*read));
        }
        return out;
    }
    Result<CosignatureFrame> cosignature(const flatbuffers::String* line, std::uint64_t of_size) {
        CosignatureFrame out{budget_.text(line), of_size};
        const std::string_view text = out.cosignature;
        if (!text.ends_with('\n') || !is_line(text.substr(0, text.size() - 1), kMaxText) ||
            of_size >> 63 != 0) {
            return malformed("cosignature");
        }
        return out;
    }

  private:
    wire::Budget budget_{kMaxFrame};
};

Result<Code> refusal_code(std::string_view text) {
    const auto code = code_from(text);
    if (!code || !is_refusal_code(*code)) {
        return malformed("code");
    }
    return *code;
}

Result<Code> relay_code(std::string_view text) {
    const auto code = code_from(text);
    if (!code || !is_relay_code(*code)) {
        return malformed("code");
    }
    return *code;
}

Result<FrameMessage> decode(const wire::Hello& m) {
    FrameReader in;
    LAPX_TRY_ASSIGN(std::string card, in.note(m.card(), kMaxNote, "card"));
    LAPX_TRY_ASSIGN(std::string notice, in.note(m.notice(), kMaxNote, "notice"));
    LAPX_TRY_ASSIGN(std::string seen, in.note_or_none(m.seen(), "seen"));
    const Time time{std::chrono::seconds(m.time())};
    if (m.time() != 0 && !is_time(time)) {
        return malformed("time");
    }
    return HelloFrame{std::move(card), std::move(notice), std::move(seen),
                      m.time() == 0 ? std::nullopt : std::optional(time)};
}

Result<FrameMessage> decode(const wire::ParcelFrame& m) {
    FrameReader in;
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<MessageId>(m.message()));
    LAPX_TRY_ASSIGN(Desk desk, in.parsed(m.desk(), Desk::parse, "desk"));
    LAPX_TRY_ASSIGN(auto link, in.link(m.link()));
    LAPX_TRY_ASSIGN(Bytes sealed, in.bytes(m.sealed(), kMaxFrame, "sealed"));
    LAPX_TRY_ASSIGN(auto links, in.links(m.links()));
    return ParcelFrame{id, std::move(desk), std::move(link), std::move(sealed), std::move(links)};
}

Result<FrameMessage> decode(const wire::Receipts& m) {
    FrameReader in;
    ReceiptsFrame out;
    LAPX_TRY_ASSIGN(out.checkpoint, in.note(m.checkpoint(), kMaxNote, "checkpoint"));
    LAPX_TRY_ASSIGN(out.link, in.link(m.link()));
    if (m.entries()->size() == 0 || m.entries()->size() > kMaxReceipts) {
        return malformed("entries");
    }
    for (const wire::ReceiptEntry* const entry : *m.entries()) {
        LAPX_TRY_ASSIGN(const auto id, FrameReader::id<MessageId>(entry->message()));
        LAPX_TRY_ASSIGN(std::string head, in.note(entry->proof_head(), kMaxProof, "proof"));
        out.entries.push_back({id, std::move(head)});
    }
    if (m.cosignature() != nullptr) {
        LAPX_TRY_ASSIGN(out.cosignature, in.cosignature(m.cosignature(), m.cosigned_size()));
    } else if (m.cosigned_size() != 0) {
        return malformed("cosignature");
    }
    LAPX_TRY_ASSIGN(out.links, in.links(m.links()));
    return out;
}

Result<FrameMessage> decode(const wire::Cosignature& m) {
    LAPX_TRY_ASSIGN(CosignatureFrame out,
                    FrameReader().cosignature(m.cosignature(), m.cosigned_size()));
    return out;
}

Result<FrameMessage> decode(const wire::Refusal& m) {
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<MessageId>(m.message()));
    LAPX_TRY_ASSIGN(const Code code, FrameReader().parsed(m.code(), refusal_code, "code"));
    LAPX_TRY_ASSIGN(const std::uint64_t seen, FrameReader::size(m.seen_size()));
    if (m.exhibit() > kMaxItems) {
        return malformed("exhibit");
    }
    return RefusalFrame{id, code, m.final(), m.retry_after(), seen, m.exhibit()};
}

Result<FrameMessage> decode(const wire::Checkpoint& m) {
    FrameReader in;
    CheckpointFrame out;
    LAPX_TRY_ASSIGN(out.checkpoint, in.note(m.checkpoint(), kMaxNote, "checkpoint"));
    LAPX_TRY_ASSIGN(out.link, in.link(m.link()));
    return out;
}

Result<FrameMessage> decode(const wire::ExhibitRequest& m) {
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<MessageId>(m.message()));
    LAPX_TRY_ASSIGN(const std::uint16_t number, FrameReader::number(m.number()));
    LAPX_TRY_ASSIGN(const std::uint64_t offset, FrameReader::size(m.offset()));
    if (m.credit() == 0 || m.credit() > kMaxChunksInFlight) {
        return malformed("credit");
    }
    return ExhibitRequestFrame{id, number, offset, m.credit()};
}

Result<FrameMessage> decode(const wire::ExhibitChunk& m) {
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<MessageId>(m.message()));
    LAPX_TRY_ASSIGN(const std::uint16_t number, FrameReader::number(m.number()));
    LAPX_TRY_ASSIGN(const std::uint64_t offset, FrameReader::size(m.offset()));
    LAPX_TRY_ASSIGN(Bytes octets, FrameReader().bytes(m.octets(), kMaxChunk, "octets"));
    return ExhibitChunkFrame{id, number, offset, std::move(octets), m.last()};
}

Result<FrameMessage> decode(const wire::RelayPut& m) {
    FrameReader in;
    LAPX_TRY_ASSIGN(Agency owner, in.parsed(m.owner(), Agency::parse, "owner"));
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<DepositId>(m.deposit()));
    const Time expires{std::chrono::seconds(m.expires())};
    if (!is_time(expires)) {
        return malformed("expires");
    }
    LAPX_TRY_ASSIGN(Bytes sealed, in.bytes(m.sealed(), kMaxCarried, "sealed"));
    return RelayPutFrame{std::move(owner), id, expires, std::move(sealed)};
}

Result<FrameMessage> decode(const wire::RelayFetch& m) {
    RelayFetchFrame out{std::nullopt, m.credit()};
    if (m.after() != nullptr) {
        LAPX_TRY_ASSIGN(out.after, FrameReader::id<DepositId>(m.after()));
    }
    return out;
}

Result<FrameMessage> decode(const wire::RelayDelete& m) {
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<DepositId>(m.deposit()));
    return RelayDeleteFrame{id};
}

Result<FrameMessage> decode(const wire::ReachRequest& m) { return ReachRequestFrame{m.ask()}; }

Result<std::string> endpoint_text(std::string_view text) {
    if (!is_line(text, kMaxText)) {
        return malformed("endpoint");
    }
    return std::string(text);
}

Result<FrameMessage> decode(const wire::ReachAnswer& m) {
    FrameReader in;
    ReachAnswerFrame out{m.ask(), {}};
    if (m.endpoints()->size() > kMaxEndpoints) {
        return malformed("endpoints");
    }
    for (const wire::ReachedEndpoint* const one : *m.endpoints()) {
        LAPX_TRY_ASSIGN(std::string endpoint,
                        in.parsed(one->endpoint(), endpoint_text, "endpoint"));
        LAPX_TRY_ASSIGN(const Reached result,
                        in.parsed(one->result(), from_word<Reached>, "result"));
        out.endpoints.push_back({std::move(endpoint), result});
    }
    return out;
}

Result<FrameMessage> decode(const wire::RelayItem& m) {
    FrameReader in;
    LAPX_TRY_ASSIGN(Agency depositor, in.parsed(m.depositor(), Agency::parse, "depositor"));
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<DepositId>(m.deposit()));
    LAPX_TRY_ASSIGN(Bytes sealed, in.bytes(m.sealed(), kMaxCarried, "sealed"));
    return RelayItemFrame{std::move(depositor), id, std::move(sealed)};
}

Result<FrameMessage> decode(const wire::RelayAnswer& m) {
    LAPX_TRY_ASSIGN(const auto id, FrameReader::id<DepositId>(m.deposit()));
    RelayAnswerFrame out{id, {}};
    if (m.code() != nullptr) {
        LAPX_TRY_ASSIGN(out.refused, FrameReader().parsed(m.code(), relay_code, "code"));
    }
    return out;
}

}  // namespace

Result<FrameMessage> decode_frame(BytesView octets) {
    if (octets.size() > kMaxFrame || octets.empty() ||
        wire::prefixed_size(octets) != octets.size()) {
        return malformed("length");
    }
    const wire::Aligned aligned(octets);
    const auto* const frame = aligned.size_prefixed_root<wire::Frame>(kVerifierTables);
    if (frame == nullptr) {
        return malformed("buffer");
    }
    switch (frame->message_type()) {
        case wire::Message::NONE:
            break;
        case wire::Message::Hello:
            return decode(*frame->message_as_Hello());
        case wire::Message::ParcelFrame:
            return decode(*frame->message_as_ParcelFrame());
        case wire::Message::Receipts:
            return decode(*frame->message_as_Receipts());
        case wire::Message::Cosignature:
            return decode(*frame->message_as_Cosignature());
        case wire::Message::Refusal:
            return decode(*frame->message_as_Refusal());
        case wire::Message::Checkpoint:
            return decode(*frame->message_as_Checkpoint());
        case wire::Message::ExhibitRequest:
            return decode(*frame->message_as_ExhibitRequest());
        case wire::Message::ExhibitChunk:
            return decode(*frame->message_as_ExhibitChunk());
        case wire::Message::RelayPut:
            return decode(*frame->message_as_RelayPut());
        case wire::Message::RelayFetch:
            return decode(*frame->message_as_RelayFetch());
        case wire::Message::RelayDelete:
            return decode(*frame->message_as_RelayDelete());
        case wire::Message::ReachRequest:
            return decode(*frame->message_as_ReachRequest());
        case wire::Message::ReachAnswer:
            return decode(*frame->message_as_ReachAnswer());
        case wire::Message::RelayItem:
            return decode(*frame->message_as_RelayItem());
        case wire::Message::RelayAnswer:
            return decode(*frame->message_as_RelayAnswer());
    }
    return malformed("unknown message");
}

}  // namespace lapx::schema
