#pragma once
// Everything that one referral is made of, with the octets it has between two nodes: the pieces
// that primitives are timed on.

#include <string>
#include <vector>

#include "keys/age_key.hpp"
#include "keys/note.hpp"
#include "schema/base/random.hpp"
#include "schema/codec/frame.hpp"
#include "schema/codec/parcel.hpp"
#include "schema/notes/ledger.hpp"
#include "tools/bench/sample.hpp"

namespace lapx::bench {

// Hashes on the way from a leaf to the root: a ledger of 65,536 entries.
inline constexpr std::size_t kPath = 16;

struct Dossier {
    keys::SigningKey sign;
    keys::Identity desk;
    std::vector<schema::ItemValue> values;  // one for each line of the manifest
    std::vector<Bytes> items;               // their octets
    std::string manifest;
    std::string view;
    std::string cover;       // signed
    std::string checkpoint;  // signed
    std::string approved;    // records of the ledger
    std::string decided;
    std::string texts;
    std::string sent;
    std::string received;
    std::string sent_proof;     // whole
    std::string received_head;  // without its checkpoint
    schema::ParcelContent parcel;
    schema::ParcelFrame frame;
};

// Errors: kInvalidArgument, kTooLarge.
Result<Dossier> make_dossier(Random& random);

}  // namespace lapx::bench
