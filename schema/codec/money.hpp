#pragma once
// Amounts in minor units of an ISO 4217 currency: "1200.00EUR" is 120000 cents.

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/result.hpp"

namespace lapx::schema {

struct Money {
    std::uint64_t minor = 0;
    std::string currency;
    bool operator==(const Money&) const = default;
};

// How many decimals the currency has: 0, 2 or 3.
unsigned minor_digits(std::string_view currency);
std::string money_text(const Money& money);
// With all decimals or none. Errors: kInvalidArgument.
Result<Money> money_from(std::string_view text);

}  // namespace lapx::schema
