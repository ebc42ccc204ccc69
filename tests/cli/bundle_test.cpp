#include "tools/lapx/bundle.hpp"

#include <gmock/gmock.h>

#include "tests/cli/sample_bundle.hpp"
#include "tests/cli/support.hpp"

namespace lapx::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// One sample for all tests: nothing changes it.
const SampleBundle& sample() {
    static const SampleBundle kSample = sample_bundle();
    return kSample;
}

// The problems of the sample after a change.
template <typename Change>
std::vector<std::string> after(Change change) {
    Files files = sample().files;
    change(files);
    return check_bundle(files).problems();
}

TEST(Bundle, IsSoundAsItWasMade) {
    const Verdict verdict = check_bundle(sample().files);
    EXPECT_THAT(verdict.problems(), IsEmpty());
    EXPECT_TRUE(verdict.ok());
    std::vector<std::string> names;
    for (const Check& check : verdict.checks()) {
        names.push_back(check.name);
    }
    EXPECT_THAT(names, ElementsAre("card", "peer-card", "cover", "manifest", "items",
                                   "sent.tlog-proof", "receipt.tlog-proof"));
}

TEST(Bundle, IsRefusedWithAnyBitFlipped) {
    for (const auto& [name, octets] : sample().files) {
        // Every octet of the small files, a spread of the large ones; another bit each time.
        const std::size_t step = octets.size() / 400 + 1;
        for (std::size_t at = 0; at < octets.size(); at += step) {
            const auto problems = after([&](Files& files) {
                files[name][at] ^= static_cast<std::uint8_t>(1U << (at % 8));
            });
            EXPECT_FALSE(problems.empty()) << name << " at octet " << at;
        }
    }
}

TEST(Bundle, IsRefusedWithAnyFileCutShort) {
    for (const auto& [name, octets] : sample().files) {
        EXPECT_THAT(after([&](Files& files) { files[name].pop_back(); }),
                    Contains(StartsWith(name)));
        EXPECT_FALSE(after([&](Files& files) { files[name].clear(); }).empty()) << name;
    }
}

TEST(Bundle, IsRefusedWithAnyFileMissing) {
    for (const auto& [name, octets] : sample().files) {
        EXPECT_THAT(after([&](Files& files) { files.erase(name); }),
                    Contains(AllOf(StartsWith(name), HasSubstr("missing"))));
    }
    EXPECT_FALSE(check_bundle({}).ok());
}

TEST(Bundle, IsRefusedWithFilesThatDoNotBelong) {
    EXPECT_THAT(after([](Files& files) { files["notes.txt"] = to_bytes("x"); }),
                ElementsAre(StartsWith("notes.txt")));
    for (const char* name : {"items/0", "items/999", "items/x", "items/04", "items/"}) {
        EXPECT_THAT(after([&](Files& files) { files[name] = to_bytes("x"); }),
                    Contains(StartsWith(name)));
    }
}

TEST(Bundle, IsRefusedWithAnItemThatTheViewDoesNotDisclose) {
    const std::string name = "items/" + std::to_string(sample().withheld_number);
    EXPECT_THAT(after([&](Files& files) { files[name] = sample().withheld_item; }),
                ElementsAre(StartsWith(name)));
}

TEST(Bundle, IsRefusedWithSomebodyElsesCard) {
    const auto other = [](const char* name) {
        return after([&](Files& files) { files[name] = to_bytes(sample().stranger_card); });
    };
    EXPECT_THAT(other("card"), Contains(StartsWith("cover")));
    EXPECT_THAT(other("peer-card"), Contains(StartsWith("cover")));
    EXPECT_THAT(after([](Files& files) { std::swap(files["card"], files["peer-card"]); }),
                Contains(StartsWith("cover")));
}

TEST(Bundle, IsRefusedWithProofsOfSomethingElse) {
    EXPECT_THAT(after([](Files& files) {
                    std::swap(files["sent.tlog-proof"], files["receipt.tlog-proof"]);
                }),
                testing::SizeIs(2));
    // The same agencies' proofs for another referral: signed by other keys, of another cover.
    const SampleBundle other = sample_bundle();
    EXPECT_THAT(after([&](Files& files) {
                    files["receipt.tlog-proof"] = other.files.at("receipt.tlog-proof");
                }),
                ElementsAre(StartsWith("receipt.tlog-proof")));
    // A proof whose log is right and whose cover is not: everything but the cards is the other's.
    EXPECT_FALSE(after([&](Files& files) {
                     files = other.files;
                     files["cover"] = sample().files.at("cover");
                 }).empty());
}

TEST(Bundle, WithAReceiptOfARefusalIsSoundAndSaysSo) {
    Files files = sample().files;
    files["receipt.tlog-proof"] = to_bytes(sample().refusal_receipt);
    const Verdict verdict = check_bundle(files);
    EXPECT_TRUE(verdict.ok());
    EXPECT_THAT(verdict.checks().back().detail, StartsWith("refused: item-malformed"));
}

class Verify : public testing::Test {
  protected:
    std::string file(const char* name, std::string_view text) {
        EXPECT_TRUE(write_file(folder_.path(name), as_bytes(text)));
        return folder_.path(name);
    }
    std::string_view text(const char* name) { return as_text(sample().files.at(name)); }

    test::TempDir folder_;
    Shell shell_;
};

TEST_F(Verify, ChecksABundlesFolder) {
    ASSERT_TRUE(write_tree(folder_.path("bundle"), sample().files));
    const Outcome good = shell_({"verify", folder_.path("bundle"), "--json"});
    EXPECT_EQ(good.exit, Exit::kDone) << good.out;
    EXPECT_EQ(good.json()["ok"], true);
    EXPECT_EQ(good.json()["problems"], nlohmann::json::array());
    EXPECT_THAT(shell_({"verify", folder_.path("bundle")}).out, HasSubstr("safety number"));
    EXPECT_TRUE(write_file(folder_.path("bundle/manifest"), as_bytes("lapx/referral@v1\n")));
    const Outcome bad = shell_({"verify", folder_.path("bundle"), "--json"});
    EXPECT_EQ(bad.exit, Exit::kRefused);
    EXPECT_EQ(bad.json()["ok"], false);
    EXPECT_EQ(bad.json()["problems"].size(), 1U);
}

TEST_F(Verify, ChecksACard) {
    EXPECT_EQ(shell_({"verify", file("card", text("card"))}).exit, Exit::kDone);
    std::string broken(text("card"));
    broken.replace(broken.find("country NL"), 10, "country BE");
    const Outcome bad = shell_({"verify", "--json", file("card", broken)});
    EXPECT_EQ(bad.exit, Exit::kRefused);
    EXPECT_THAT(bad.json()["problems"].at(0).get<std::string>(), HasSubstr("signature-invalid"));
}

TEST_F(Verify, ChecksAProofAgainstItsAgencysCard) {
    const std::string proof = file("p", text("receipt.tlog-proof"));
    const std::string peer = file("peer", text("peer-card"));
    EXPECT_EQ(shell_({"verify", proof, "--card", peer}).exit, Exit::kDone);
    EXPECT_EQ(shell_({"verify", proof, "--card", file("card", text("card"))}).exit, Exit::kRefused);
    const Outcome without = shell_({"verify", proof});
    EXPECT_EQ(without.exit, Exit::kRefused);
    EXPECT_THAT(without.err, HasSubstr("--card"));
}

TEST_F(Verify, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(shell_({"verify", "--json", file("x", "hello\n")}).code(), "invalid-argument");
    EXPECT_EQ(shell_({"verify", "--json", folder_.path("none")}).code(), "not-found");
}

}  // namespace
}  // namespace lapx::cli
