#pragma once
// All text forms in one list, so that what holds for every form is tested once for all.

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/schema/samples.hpp"

namespace lapx::schema::test {

struct Form {
    std::string name;
    std::function<std::string(Samples&)> sample;
    // Parses, and prints what it parsed.
    std::function<Result<std::string>(std::string_view)> reprint;
    // Whether a sample parses to what was printed.
    std::function<bool(Samples&)> round_trip;
};

const std::vector<Form>& all_forms();

// For GoogleTest.
inline void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

}  // namespace lapx::schema::test
