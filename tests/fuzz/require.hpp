#pragma once
// What must hold of every input of a fuzz target.

#include <cstdlib>

// Ends the process if it does not hold, in every build.
#define LAPX_REQUIRE(condition) \
    do {                        \
        if (!(condition)) {     \
            std::abort();       \
        }                       \
    } while (false)
