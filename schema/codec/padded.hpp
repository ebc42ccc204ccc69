#pragma once
// A plaintext that tells little of its length: a size-prefixed FlatBuffer and zeros after it
// (protocol.md 7.1).

#include <cstddef>

#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"

namespace flatbuffers {
class FlatBufferBuilder;
}

namespace lapx::schema {

// The least Padmé length that holds `length` octets.
std::size_t padme(std::size_t length);

// What `builder` finished, with zeros after it. Errors: kTooLarge, for more than `most` octets.
Result<Bytes> pad(const flatbuffers::FlatBufferBuilder& builder, std::size_t most);

// The FlatBuffer, which may be none yet. Errors: kParcelMalformed.
Result<BytesView> unpad(BytesView octets, std::size_t most);

}  // namespace lapx::schema
