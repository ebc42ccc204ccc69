#pragma once
// Public test vectors, found through LAPX_ORACLES.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace lapx::test {

// Nothing where the variable is not set.
inline std::filesystem::path oracles() {
    const char* folder = std::getenv("LAPX_ORACLES");
    return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

inline nlohmann::json read_json(const std::filesystem::path& path) {
    return nlohmann::json::parse(read_file(path));
}

}  // namespace lapx::test

#define LAPX_NEEDS_ORACLES()                       \
    if (::lapx::test::oracles().empty()) {         \
        GTEST_SKIP() << "LAPX_ORACLES is not set"; \
    }
