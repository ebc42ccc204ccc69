#pragma once
// Requests and answers on the stream between lapxd and lapx-intake, both
//     id      8 octets, big end first; chosen by lapxd, repeated in the answer
//     length  4 octets, big end first; at most kMaxMail or kMaxAnswer
//     octets  the mail, or the JSON answer (answer.hpp)

#include <array>
#include <cstddef>
#include <cstdint>

namespace lapx::schema::intake {

inline constexpr std::size_t kFrameHeader = 12;

struct FrameHeader {
    std::uint64_t id = 0;
    std::uint32_t length = 0;
    bool operator==(const FrameHeader&) const = default;
};

inline std::array<std::uint8_t, kFrameHeader> encode_header(const FrameHeader& header) {
    std::array<std::uint8_t, kFrameHeader> out{};
    for (std::size_t i = 0; i < 8; ++i) {
        out.at(i) = static_cast<std::uint8_t>(header.id >> (56 - 8 * i));
    }
    for (std::size_t i = 0; i < 4; ++i) {
        out.at(8 + i) = static_cast<std::uint8_t>(header.length >> (24 - 8 * i));
    }
    return out;
}

inline FrameHeader decode_header(const std::array<std::uint8_t, kFrameHeader>& octets) {
    FrameHeader header;
    for (std::size_t i = 0; i < 8; ++i) {
        header.id = (header.id << 8) | octets.at(i);
    }
    for (std::size_t i = 8; i < kFrameHeader; ++i) {
        header.length = (header.length << 8) | octets.at(i);
    }
    return header;
}

}  // namespace lapx::schema::intake
