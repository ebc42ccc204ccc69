#pragma once
// What several tests of keys/ need.

#include <filesystem>
#include <fstream>
#include <string>

#include "keys/secret.hpp"

namespace lapx::keys {

inline void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Octets that look random and are the same every time.
inline Bytes sample(std::size_t size, std::uint32_t seed = 1) {
    Bytes out(size);
    for (std::uint8_t& octet : out) {
        seed = seed * 1664525 + 1013904223;
        octet = static_cast<std::uint8_t>(seed >> 24);
    }
    return out;
}

inline Bytes with_bit_flipped(BytesView octets, std::size_t bit) {
    Bytes out(octets.begin(), octets.end());
    out.at(bit / 8) ^= static_cast<std::uint8_t>(1U << bit % 8);
    return out;
}

inline Secret<32> secret_from(std::string_view hexadecimal) {
    return Secret<32>::from(from_hex(hexadecimal).value()).value();
}

}  // namespace lapx::keys
