#pragma once
// Octets, and the two text forms they take.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.hpp"

namespace lapx {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

// The octets of a text, and back. No copy, no check: a text that came from outside is checked by
// its parser.
BytesView as_bytes(std::string_view text);
std::string_view as_text(BytesView bytes);
Bytes to_bytes(std::string_view text);

// RFC 4648 section 4 with padding. Decoding is strict: canonical, no white space. Errors:
// kInvalidArgument.
std::string base64(BytesView bytes);
Result<Bytes> from_base64(std::string_view text);
// Likewise, without an allocation; `out` has exactly base64_decoded_size(text) octets.
Result<void> from_base64_into(std::string_view text, std::span<std::uint8_t> out);
std::size_t base64_decoded_size(std::string_view text);

// Lower-case hexadecimal. Errors: kInvalidArgument.
std::string hex(BytesView bytes);
Result<Bytes> from_hex(std::string_view text);

}  // namespace lapx
