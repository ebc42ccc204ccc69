#include "schema/codec/money.hpp"

#include <algorithm>
#include <array>

#include "schema/base/text.hpp"

namespace lapx::schema {
namespace {

// ISO 4217 currencies that do not have two decimals.
constexpr auto kNoDecimals =
    std::to_array<std::string_view>({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                     "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"});
constexpr auto kThreeDecimals =
    std::to_array<std::string_view>({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"});
constexpr std::size_t kCurrencySize = 3;

tl::unexpected<Error> bad_amount() {
    return fail(Code::kInvalidArgument, "amount, such as 1200.00EUR");
}

}  // namespace

unsigned minor_digits(std::string_view currency) {
    const auto has = [&](const auto& list) {
        return std::find(list.begin(), list.end(), currency) != list.end();
    };
    return has(kNoDecimals) ? 0 : has(kThreeDecimals) ? 3 : 2;
}

std::string money_text(const Money& money) {
    std::string digits = std::to_string(money.minor);
    const std::size_t decimals = minor_digits(money.currency);
    if (decimals != 0) {
        if (digits.size() <= decimals) {
            digits.insert(0, decimals + 1 - digits.size(), '0');
        }
        digits.insert(digits.size() - decimals, 1, '.');
    }
    return digits + money.currency;
}

Result<Money> money_from(std::string_view text) {
    if (text.size() <= kCurrencySize) {
        return bad_amount();
    }
    Money money{0, std::string(text.substr(text.size() - kCurrencySize))};
    text.remove_suffix(kCurrencySize);
    if (!std::all_of(money.currency.begin(), money.currency.end(),
                     [](char c) { return c >= 'A' && c <= 'Z'; })) {
        return bad_amount();
    }
    const std::size_t decimals = minor_digits(money.currency);
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string digits(text.substr(0, point));
    const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
    if (!number_from(digits) || (point < text.size() && fraction.size() != decimals) ||
        (point < text.size() && decimals == 0)) {
        return bad_amount();
    }
    digits += point < text.size() ? std::string(fraction) : std::string(decimals, '0');
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    const auto minor = number_from(digits);
    if (!minor) {
        return bad_amount();
    }
    money.minor = *minor;
    return money;
}

}  // namespace lapx::schema
