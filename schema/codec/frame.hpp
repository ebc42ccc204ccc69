#pragma once
// What travels over ZeroMQ (protocol.md 8.3, frame.fbs).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {

using DepositId = Uuid<struct DepositTag>;

// An RFC 6962 consistency proof between two sizes of the sender's log.
struct Link {
    std::uint64_t old_size = 0;
    std::uint64_t new_size = 0;
    std::vector<Hash> hashes;
    bool operator==(const Link&) const = default;
};

// On connect, each side. Notes are whole, with their signatures. `seen` is the newest checkpoint of
// the receiver's log that the sender holds; empty if none. `time` is the sender's clock.
struct HelloFrame {
    std::string card;
    std::string notice;
    std::string seen;
    std::optional<Time> time = {};
    bool operator==(const HelloFrame&) const = default;
};

struct ParcelFrame {
    MessageId message;
    Desk desk;  // of the recipient
    std::optional<Link> link;
    Bytes sealed;
    std::vector<Link> links = {};  // in a carried file (protocol.md 7.5)
    bool operator==(const ParcelFrame&) const = default;
};

// `proof_head` is a tlog-proof up to and with its empty line (notes/ledger.hpp); the checkpoint
// that completes it stands once in the ReceiptsFrame.
struct ReceiptEntry {
    MessageId message;
    std::string proof_head;
    bool operator==(const ReceiptEntry&) const = default;
};
// A signature line of a note, with its LF, over the newest checkpoint of the receiver's log, and
// that checkpoint's size.
struct CosignatureFrame {
    std::string cosignature;
    std::uint64_t cosigned_size = 0;
    bool operator==(const CosignatureFrame&) const = default;
};
struct ReceiptsFrame {
    std::string checkpoint;
    std::optional<Link> link;
    std::vector<ReceiptEntry> entries;
    std::optional<CosignatureFrame> cosignature;
    std::vector<Link> links = {};  // in a carried file (protocol.md 7.5)
    bool operator==(const ReceiptsFrame&) const = default;
};

// Those of either frame: the one for a connection and those of a file.
template <typename LinkedFrame>
std::vector<Link> all_links(const LinkedFrame& frame) {
    std::vector<Link> out = frame.links;
    if (frame.link) {
        out.push_back(*frame.link);
    }
    return out;
}

// `code` is one of is_refusal_code. `seen_size` is the size of the newest checkpoint of the
// receiver's log that the refuser holds.
struct RefusalFrame {
    MessageId message;
    Code code = Code::kParcelMalformed;
    bool final = false;
    std::uint32_t retry_after = 0;  // seconds; 0 with `final`
    std::uint64_t seen_size = 0;
    std::uint16_t exhibit = 0;  // item number of the exhibit that is refused; 0: the parcel is
    bool operator==(const RefusalFrame&) const = default;
};

struct CheckpointFrame {
    std::string checkpoint;
    std::optional<Link> link;
    bool operator==(const CheckpointFrame&) const = default;
};

struct ExhibitRequestFrame {
    MessageId message;
    std::uint16_t number = 0;
    std::uint64_t offset = 0;
    std::uint8_t credit = 0;  // how many chunks may follow
    bool operator==(const ExhibitRequestFrame&) const = default;
};
struct ExhibitChunkFrame {
    MessageId message;
    std::uint16_t number = 0;
    std::uint64_t offset = 0;
    Bytes octets;
    bool last = false;
    bool operator==(const ExhibitChunkFrame&) const = default;
};

// `sealed` is a carried file (protocol.md 7.5).
struct RelayPutFrame {
    Agency owner;
    DepositId deposit;
    Time expires;
    Bytes sealed;
    bool operator==(const RelayPutFrame&) const = default;
};
struct RelayFetchFrame {
    std::optional<DepositId> after;
    std::uint8_t credit = 0;
    bool operator==(const RelayFetchFrame&) const = default;
};
struct RelayDeleteFrame {
    DepositId deposit;
    bool operator==(const RelayDeleteFrame&) const = default;
};

// Asks the receiver to dial the endpoints of the sender's notice (protocol.md 8.7).
struct ReachRequestFrame {
    std::uint64_t ask = 0;
    bool operator==(const ReachRequestFrame&) const = default;
};
struct ReachedEndpoint {
    std::string endpoint;  // as the notice has it
    Reached result = Reached::kYes;
    bool operator==(const ReachedEndpoint&) const = default;
};
struct ReachAnswerFrame {
    std::uint64_t ask = 0;
    std::vector<ReachedEndpoint> endpoints;  // none: it was not tried
    bool operator==(const ReachAnswerFrame&) const = default;
};

struct RelayItemFrame {
    Agency depositor;
    DepositId deposit;
    Bytes sealed;  // a carried file (protocol.md 7.5)
    bool operator==(const RelayItemFrame&) const = default;
};
// `refused` is one of is_relay_code; nothing: it is kept.
struct RelayAnswerFrame {
    DepositId deposit;
    std::optional<Code> refused;
    bool operator==(const RelayAnswerFrame&) const = default;
};

using FrameMessage =
    std::variant<HelloFrame, ParcelFrame, ReceiptsFrame, CosignatureFrame, RefusalFrame,
                 CheckpointFrame, ExhibitRequestFrame, ExhibitChunkFrame, RelayPutFrame,
                 RelayFetchFrame, RelayDeleteFrame, ReachRequestFrame, ReachAnswerFrame,
                 RelayItemFrame, RelayAnswerFrame>;

// Whoever gathers receipts sees to it that the frame keeps within kMaxFrame: what is longer is
// refused by decode_frame.
Bytes encode_frame(const FrameMessage& message);

// The octets may lie at any address. Errors: kFrameMalformed.
Result<FrameMessage> decode_frame(BytesView octets);

}  // namespace lapx::schema
