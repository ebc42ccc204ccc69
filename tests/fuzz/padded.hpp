#pragma once
// What a fuzzer would hardly find: octets with the length before them and the padding after them
// made right (protocol.md 7.1).

#include <algorithm>
#include <cstdint>

#include "schema/codec/padded.hpp"
#include "schema/limits.hpp"

namespace lapx {

// At least four octets.
inline Bytes made_right(const std::uint8_t* data, std::size_t size) {
    Bytes padded(data, data + size);
    const std::size_t length = size - 4;
    for (std::size_t i = 0; i < 4; ++i) {
        padded[i] = static_cast<std::uint8_t>(length >> (8 * i));
    }
    padded.resize(std::max(schema::kMinParcel, schema::padme(size)));
    return padded;
}

}  // namespace lapx
