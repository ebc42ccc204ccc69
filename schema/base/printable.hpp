#pragma once
// Checks of each octet of a text, most of which is printable ASCII.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace lapx {

// Where the printable ASCII that begins at `at` ends, or less than eight octets before.
inline std::size_t printable_run(std::string_view text, std::size_t at) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHighBits = 0x80 * kOnes;
    std::uint64_t octets = 0;
    for (; text.size() - at >= sizeof octets; at += sizeof octets) {
        std::memcpy(&octets, text.data() + at, sizeof octets);
        // The first is for octets below the space, the second for those beyond ASCII, the third for
        // 0x7f.
        if ((((octets - ' ' * kOnes) | octets | (octets + kOnes)) & kHighBits) != 0) {
            break;
        }
    }
    return at;
}

// Whether `holds(octet, at)` for each octet of the text, of which most that are printable ASCII are
// passed over: for these it must hold.
template <typename Predicate>
bool all_octets(std::string_view text, Predicate holds) {
    for (std::size_t at = printable_run(text, 0); at < text.size();
         at = printable_run(text, at + 1)) {
        if (!holds(static_cast<std::uint8_t>(text[at]), at)) {
            return false;
        }
    }
    return true;
}

}  // namespace lapx
