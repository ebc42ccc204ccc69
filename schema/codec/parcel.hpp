#pragma once
// The plaintext of an envelope (protocol.md 7.1, parcel.fbs).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"

namespace lapx::schema {

struct NumberedOctets {
    std::uint16_t number = 0;  // of the item, from 1
    Bytes octets;
    bool operator==(const NumberedOctets&) const = default;
};

struct ParcelExhibit {
    std::uint16_t number = 0;  // of the item that describes it
    Bytes identity;            // age identity, as octets
    Bytes sealed;              // empty where the sealed file travels apart
    bool operator==(const ParcelExhibit&) const = default;
};

// Empty octets say that there is none. Items and exhibits are in ascending order of their numbers.
struct ParcelContent {
    Bytes cover;
    Bytes manifest;
    std::vector<NumberedOctets> items;
    Bytes body;
    Bytes proof;
    Bytes consistency;
    std::vector<ParcelExhibit> exhibits;
    bool operator==(const ParcelContent&) const = default;
};

// A padded plaintext of 8,192 to 196,608 octets. Errors: kTooLarge.
Result<Bytes> encode_parcel(const ParcelContent& content);

// The octets may lie at any address. What is inside is not parsed. Errors: kParcelMalformed.
Result<ParcelContent> decode_parcel(BytesView octets);

}  // namespace lapx::schema
