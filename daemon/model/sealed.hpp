#pragma once
// What leaves, and what has come in and holds true. Made by sealing/ only.

#include <string>
#include <vector>

#include "daemon/model/disclosed.hpp"
#include "schema/codec/items.hpp"

namespace lapx::sealing {
class Maker;
}

namespace lapx::model {

// A signed cover for one recipient; the ledger must hold it before it is sealed. It covers a
// dossier or a move.
class Covered {
  public:
    bool is_move() const { return std::holds_alternative<MoveText>(payload_); }
    // Of a dossier; of a move.
    const ProposalContent& content() const { return std::get<ProposalContent>(payload_); }
    const std::string& body() const { return std::get<MoveText>(payload_).text; }
    const schema::Cover& cover() const { return cover_; }
    const std::string& note() const { return note_; }
    const CoverDigest& digest() const { return digest_; }

  private:
    friend class sealing::Maker;
    struct MoveText {
        std::string text;
    };
    using Payload = std::variant<ProposalContent, MoveText>;
    Covered(Payload payload, schema::Cover cover, std::string note, CoverDigest digest)
        : payload_(std::move(payload)),
          cover_(std::move(cover)),
          note_(std::move(note)),
          digest_(digest) {}
    Payload payload_;
    schema::Cover cover_;
    std::string note_;
    CoverDigest digest_;
};

// The age file of one parcel: logged, proved, ready to leave.
class Sealed {
  public:
    const Bytes& octets() const { return octets_; }

  private:
    friend class sealing::Maker;
    explicit Sealed(Bytes octets) : octets_(std::move(octets)) {}
    Bytes octets_;
};

// A parcel that was unsealed here. Its cover parses and names a desk of ours; nothing else is known
// to be true.
struct Unsealed {
    schema::ParcelContent content;
    std::string cover_text;  // without signatures
    schema::Cover cover;
    CoverDigest digest;
};

struct OpenedItem {
    std::uint16_t number;
    Bytes octets;
    schema::ItemValue value;
};

// A parcel whose signature, digests and items hold (protocol.md 7.4, steps 5, 8 and 10).
class Opened {
  public:
    const Unsealed& parcel() const { return parcel_; }
    const schema::Manifest& manifest() const { return manifest_; }
    const std::vector<OpenedItem>& items() const { return items_; }

  private:
    friend class sealing::Maker;
    Opened(Unsealed parcel, schema::Manifest manifest, std::vector<OpenedItem> items)
        : parcel_(std::move(parcel)), manifest_(std::move(manifest)), items_(std::move(items)) {}
    Unsealed parcel_;
    schema::Manifest manifest_;
    std::vector<OpenedItem> items_;
};

}  // namespace lapx::model
