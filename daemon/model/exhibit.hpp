#pragma once
// Evidence, sealed once to an age identity of its own (protocol.md 7.3).

#include <cstdint>
#include <string>

#include "keys/at_rest.hpp"
#include "keys/secret.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/random.hpp"

namespace lapx::model {

// Where the octets of an exhibit are. Never renumber.
enum class OctetsState : std::uint8_t { kHere = 1, kOnRequest = 2, kWanted = 3, kRefused = 4 };

// `element` counts the `exhibit` items from 1.
struct SealedExhibit {
    std::uint16_t element = 0;
    ContentDigest plain;
    std::uint64_t plain_size = 0;
    ContentDigest sealed_digest;
    Bytes sealed;  // empty: it lies in a file, or did not come yet
    keys::SecretBytes identity;
    std::string file = {};
    std::uint64_t file_size = 0;
    OctetsState state = OctetsState::kHere;
    std::string cause = {};  // stable code: why they cannot be had

    std::uint64_t sealed_size() const { return sealed.empty() ? file_size : sealed.size(); }
};

// What of it is sealed at rest, in three parts: age identity, digest and size of the plaintext.
keys::SealedParts seal_secrets(const SealedExhibit& exhibit, const keys::MasterKey& master,
                               Random& random);
// Errors: kErased, kDatabaseBroken.
Result<void> open_secrets(SealedExhibit& exhibit, BytesView part_keys, BytesView data,
                          const keys::MasterKey& master);

}  // namespace lapx::model
