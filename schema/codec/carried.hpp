#pragma once
// The plaintext of a carried file (protocol.md 7.5, frame.fbs): a frame that travels without a
// connection, and the note that says from whom to whom.

#include <string>

#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"

namespace lapx::schema {

struct CarriedContent {
    std::string note;  // signed
    Bytes frame;       // as encode_frame makes it
    bool operator==(const CarriedContent&) const = default;
};

// Padded. Errors: kTooLarge if the sealed file would be larger than kMaxCarried.
Result<Bytes> encode_carried(const CarriedContent& content);

// The octets may lie at any address. What is inside is not parsed. Errors: kParcelMalformed.
Result<CarriedContent> decode_carried(BytesView octets);

}  // namespace lapx::schema
