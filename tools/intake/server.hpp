#pragma once
// Answers one mail after the other, each in a child of its own.

#include <chrono>
#include <string>

#include "schema/base/bytes.hpp"

namespace lapx::tools::intake {

inline constexpr std::chrono::milliseconds kPatience{10'000};

// Parses in a sandboxed child. A child that dies, takes longer than `patience` or says too much
// gives a refusal; so this always gives an answer (schema/intake/answer.hpp).
std::string answer_mail(BytesView mail, std::chrono::milliseconds patience);

// Reads requests from `in` and writes answers to `out` (schema/intake/frame.hpp) until `in` ends.
// Gives the exit status: 0, or 1 if the stream broke or broke the rules.
int serve(int in, int out);

}  // namespace lapx::tools::intake
