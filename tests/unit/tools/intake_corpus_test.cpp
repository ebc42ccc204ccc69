// Every file of the corpus that LAPX_CORPUS names is answered or refused with a reason.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/intake/answer.hpp"
#include "tools/intake/parse.hpp"
#include "tools/intake/server.hpp"

namespace lapx::tools::intake {
namespace {

namespace format = schema::intake;
using testing::AnyOf;
using testing::HasSubstr;

TEST(Corpus, IsAnsweredOrRefusedWithAReason) {
    const char* corpus = std::getenv("LAPX_CORPUS");
    if (corpus == nullptr) {
        GTEST_SKIP() << "LAPX_CORPUS is not set";
    }
    init_parser();
    std::size_t answered = 0;
    std::size_t all = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
        if (!entry.is_regular_file()) {
            continue;
        }
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string octets{std::istreambuf_iterator<char>(file), {}};
        const std::string before = octets;
        const auto start = std::chrono::steady_clock::now();
        const auto mail = format::parse_answer(answer_mail(as_bytes(octets), kPatience));
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5))
            << entry.path();
        EXPECT_EQ(octets, before);
        ++all;
        answered += mail ? 1 : 0;
        if (!mail) {
            EXPECT_THAT(mail.error().context,
                        AnyOf(HasSubstr("no header fields"), HasSubstr("NUL octets"),
                              HasSubstr("larger than 16 KiB")))
                << entry.path();
        }
    }
    RecordProperty("answered", std::to_string(answered));
    EXPECT_GT(all, 0);
    EXPECT_GT(answered * 10, all * 7);
}

}  // namespace
}  // namespace lapx::tools::intake
