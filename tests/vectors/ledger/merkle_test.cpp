// Public vectors: RFC 6962 proofs good and bad (transparency-dev), and the steps of a witness test.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "daemon/ledger/tree.hpp"

namespace lapx::ledger {
namespace {

using nlohmann::json;

// Some vectors use hashes that are not 32 octets long. In a proof they can only be refused; a root
// is filled up with zeros, so that equal ones stay equal.
std::optional<std::vector<Hash>> proof_of(const json& lines) {
    std::vector<Hash> proof;
    for (const json& line : lines) {
        const auto hash = digest_from<Hash>(line.get<std::string>());
        if (!hash) {
            return std::nullopt;
        }
        proof.push_back(*hash);
    }
    return proof;
}

Hash root_from(const json& text) {
    Bytes raw = from_base64(text.get<std::string>()).value();
    raw.resize(Hash::kSize);
    return Hash::from(raw).value();
}

bool inclusion_holds(const json& vector) {
    const auto leaf = digest_from<Hash>(vector["leafHash"].get<std::string>());
    const auto root = digest_from<Hash>(vector["root"].get<std::string>());
    const auto proof = proof_of(vector["proof"]);
    return leaf && root && proof &&
           verify_inclusion(*leaf, vector["leafIdx"].get<std::uint64_t>(),
                            vector["treeSize"].get<std::uint64_t>(), *proof, *root);
}

bool consistency_holds(const json& vector) {
    const auto proof = proof_of(vector["proof"]);
    return proof && verify_consistency(
                        vector["size1"].get<std::uint64_t>(), root_from(vector["root1"]),
                        vector["size2"].get<std::uint64_t>(), root_from(vector["root2"]), *proof);
}

int check_all(const std::filesystem::path& folder, bool (*holds)(const json&)) {
    int checked = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (file.path().extension() == ".json") {
            std::ifstream in(file.path());
            const json vector = json::parse(in);
            EXPECT_EQ(holds(vector), !vector["wantErr"].get<bool>()) << file.path();
            ++checked;
        }
    }
    return checked;
}

class Oracles : public testing::Test {
  protected:
    void SetUp() override {
        const char* folder = std::getenv("LAPX_ORACLES");
        if (folder == nullptr) {
            GTEST_SKIP() << "LAPX_ORACLES is not set";
        }
        ledger_ = std::filesystem::path(folder) / "ledger";
    }
    std::filesystem::path ledger_;
};

TEST_F(Oracles, InclusionProofsOfTheMerkleVectorsAreJudgedAsExpected) {
    EXPECT_GT(check_all(ledger_ / "merkle/inclusion", inclusion_holds), 90);
}

TEST_F(Oracles, ConsistencyProofsOfTheMerkleVectorsAreJudgedAsExpected) {
    EXPECT_GT(check_all(ledger_ / "merkle/consistency", consistency_holds), 70);
}

TEST_F(Oracles, ConsistencyOfTheWitnessStepsIsJudgedAsExpected) {
    std::ifstream in(ledger_ / "witness-steps.json");
    const json vectors = json::parse(in);
    int checked = 0;
    for (const json& step : vectors["steps"]) {
        // From size 0 there is nothing to check: whoever holds no checkpoint takes the first.
        if (step["old_size"] == 0) {
            continue;
        }
        const auto proof = proof_of(step["proof_b64"]);
        ASSERT_TRUE(proof);
        EXPECT_EQ(verify_consistency(step["old_size"].get<std::uint64_t>(),
                                     root_from(step["old_root_b64_used"]),
                                     step["new_size"].get<std::uint64_t>(),
                                     root_from(step["new_root_b64"]), *proof),
                  step["consistency_recomputed"].get<bool>())
            << step["n"];
        ++checked;
    }
    EXPECT_EQ(checked, 7);
}

}  // namespace
}  // namespace lapx::ledger
