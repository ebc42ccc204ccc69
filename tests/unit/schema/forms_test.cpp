// What holds for every text form (protocol.md 1.1).

#include "tests/unit/schema/forms.hpp"

#include <gtest/gtest.h>

#include "schema/base/text.hpp"

namespace lapx::schema {
namespace {

using test::all_forms;
using test::Form;
using test::Samples;

class EveryForm : public testing::TestWithParam<Form> {
  protected:
    const Form& form() const { return GetParam(); }
    std::string sample(std::uint64_t seed) const {
        Samples samples(seed);
        std::string text = form().sample(samples);
        // Only one form may be empty; here it is to have something in it.
        for (std::uint64_t i = 1; text.empty(); ++i) {
            samples = Samples(seed + i * 1000);
            text = form().sample(samples);
        }
        return text;
    }
    // The part with lapx's own lines: a proof carries a note verbatim after its empty line.
    static std::string own_part(const std::string& text) {
        const std::size_t gap = text.find("\n\n");
        return gap == std::string::npos ? text : text.substr(0, gap + 1);
    }
    bool refused(const std::string& text) const { return !form().reprint(text); }
    void expect_refused_or_exact(const std::string& text) const {
        const auto again = form().reprint(text);
        if (again) {
            ASSERT_EQ(*again, text);
        }
    }
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find('\n', at) + 1;
        out.push_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

std::string concat(const std::vector<std::string>& lines) { return join(lines, ""); }

TEST_P(EveryForm, ParsesToWhatWasPrinted) {
    Samples samples(1);
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(form().round_trip(samples)) << "sample " << i;
    }
}

TEST_P(EveryForm, RefusesOrReprintsAnyFlippedOctet) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        const std::string text = sample(seed);
        for (std::size_t at = 0; at < text.size(); ++at) {
            for (int bit = 0; bit < 8; ++bit) {
                std::string other = text;
                other[at] = static_cast<char>(static_cast<unsigned char>(other[at]) ^ (1U << bit));
                expect_refused_or_exact(other);
            }
        }
    }
}

TEST_P(EveryForm, RefusesOrReprintsAnyOctetReplacedRemovedOrAdded) {
    const std::string text = sample(4);
    // Each try reads the whole text: of a long one, whose lines are alike, not every octet.
    constexpr std::size_t kPlaces = 1'500;
    const std::size_t step = 1 + text.size() / kPlaces;
    for (std::size_t at = 0; at < text.size(); at += step) {
        for (const char c : {'\n', ' ', '0', '1', '-', ',', '=', 'A', 'a', '\t', '\0'}) {
            std::string other = text;
            other[at] = c;
            expect_refused_or_exact(other);
            other = text;
            other.insert(at, 1, c);
            expect_refused_or_exact(other);
        }
        std::string other = text;
        other.erase(at, 1);
        expect_refused_or_exact(other);
    }
}

TEST_P(EveryForm, RefusesOrReprintsLinesMissingRepeatedAndReordered) {
    for (std::uint64_t seed = 5; seed < 7; ++seed) {
        const auto lines = lines_of(sample(seed));
        for (std::size_t i = 0; i < lines.size(); ++i) {
            auto other = lines;
            other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
            expect_refused_or_exact(concat(other));
            other = lines;
            other.insert(other.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
            expect_refused_or_exact(concat(other));
            for (std::size_t k = 0; k < i; ++k) {
                other = lines;
                std::swap(other[i], other[k]);
                expect_refused_or_exact(concat(other));
            }
        }
    }
}

TEST_P(EveryForm, RefusesAnUnknownLineAnywhere) {
    const std::string text = sample(6);
    const std::string own = own_part(text);
    const auto lines = lines_of(own);
    for (std::size_t i = 0; i <= lines.size(); ++i) {
        for (const char* line :
             {"x y\n", "\n", "item\n", "unknown value of a line\n", "lapx/x@v1\n"}) {
            auto other = lines;
            other.insert(other.begin() + static_cast<std::ptrdiff_t>(i), line);
            // An empty line at the end of a proof's head is the one it has.
            if (own.size() == text.size() || std::string_view(line) != "\n" || i < lines.size()) {
                EXPECT_TRUE(refused(concat(other) + text.substr(own.size())))
                    << "line " << i << ": " << line;
            }
        }
    }
}

TEST_P(EveryForm, RefusesControlCharactersAndSpacesAtTheEndsOfLines) {
    const std::string text = sample(7);
    const std::string own = own_part(text);
    for (std::size_t at = 0; at < own.size(); ++at) {
        if (own[at] != '\n') {
            continue;
        }
        for (const char* before : {"\r", " ", "\t", "\x7f", "\x1b"}) {
            std::string other = text;
            other.insert(at, before);
            EXPECT_TRUE(refused(other)) << at;
        }
        if (at + 1 < own.size()) {
            std::string other = text;
            other.insert(at + 1, " ");
            EXPECT_TRUE(refused(other)) << at;
        }
    }
    EXPECT_TRUE(refused(" " + text));
    EXPECT_TRUE(refused("\n" + text));
    EXPECT_TRUE(refused("\xef\xbb\xbf" + text));
}

TEST_P(EveryForm, RefusesTheEmptyAndTheCutText) {
    const std::string text = sample(8);
    if (form().name != "decided_texts") {
        EXPECT_TRUE(refused(""));
    }
    EXPECT_TRUE(refused("\n"));
    EXPECT_TRUE(refused("\n\n"));
    // Only a proof's note, carried verbatim, may lack its end.
    if (own_part(text).size() == text.size()) {
        EXPECT_TRUE(refused(text.substr(0, text.size() - 1)));
    }
    for (std::size_t size = 0; size < text.size(); ++size) {
        expect_refused_or_exact(text.substr(0, size));
    }
}

TEST_P(EveryForm, RefusesWhatIsTooLong) {
    const std::string text = sample(9);
    EXPECT_TRUE(refused(text + std::string(300 * 1024, 'x') + '\n'));
    std::string many = text;
    const std::string last = lines_of(text).back();
    while (many.size() < 300 * 1024) {
        many += last;
    }
    EXPECT_TRUE(refused(many));
}

TEST_P(EveryForm, SaysWhichLineIsWrongAndNothingOfIt) {
    const auto lines = lines_of(own_part(sample(10)));
    auto other = lines;
    other.back() = "secret word\n";
    const auto result = form().reprint(concat(other) + (form().name == "proof_head" ? "\n" : ""));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kNoteMalformed);
    EXPECT_EQ(result.error().context.find("secret"), std::string::npos);
    if (form().name != "tlog_proof" && form().name != "decided_texts") {
        // A cover's last line may be that of the view in it.
        const std::string line = ": line " + std::to_string(lines.size());
        EXPECT_TRUE(result.error().context.ends_with(line) ||
                    result.error().context.starts_with("view: line "))
            << result.error().context;
    }
}

INSTANTIATE_TEST_SUITE_P(Notes, EveryForm, testing::ValuesIn(all_forms()),
                         [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace lapx::schema
