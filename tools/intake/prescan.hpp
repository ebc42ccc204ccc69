#pragma once
// What is checked before the e-mail library sees an octet. GMime recurses once for each nested part
// and for each nested address group, and keeps every header in memory; these caps keep it small.
// They over-estimate: a text that only looks like many parts is refused too.

#include <string_view>

#include "schema/base/result.hpp"

namespace lapx::tools::intake {

// Octets, lines and fields; the mail as a whole is bounded by schema::intake::kMaxMail.
inline constexpr std::size_t kMaxHeader = std::size_t{256} * 1024;
inline constexpr std::size_t kMaxField = std::size_t{16} * 1024;
inline constexpr std::size_t kMaxFields = 1'000;
inline constexpr std::size_t kMaxParts = 500;

struct Prescan {
    std::string_view message;            // without an mbox separator, and the first message only
    bool more_messages = false;          // an mbox with others after it
    bool lone_carriage_returns = false;  // lines end in CR alone
};

// Errors: kIntakeRefused, with a sentence for a person.
Result<Prescan> prescan(std::string_view octets);

}  // namespace lapx::tools::intake
