#include "keys/domains.hpp"

#include <gtest/gtest.h>

namespace lapx::keys {
namespace {

// The expected values were worked out with Python's hashlib.
Salt counting_salt() {
    Salt salt;
    for (std::size_t i = 0; i < salt.size(); ++i) {
        salt.at(i) = static_cast<std::uint8_t>(i);
    }
    return salt;
}

TEST(Domains, ItemDigestIsAsWritten) {
    EXPECT_EQ(hex(item_digest(as_bytes("octets")).view()),
              "e7824f32e67fce922fb9649dc4a3115e68540e3494ec5a18542df5cac4e558aa");
}

TEST(Domains, CommitmentIsAsWritten) {
    EXPECT_EQ(hex(commitment("sent", counting_salt(), as_bytes("data\n")).view()),
              "c1da97d21a23c9bc3502a5221bb95099c7742011c9701559811e553a6f1b48a5");
}

TEST(Domains, TextsDigestIsAsWritten) {
    EXPECT_EQ(hex(texts_digest(counting_salt(), as_bytes("texts\n")).view()),
              "16816f3a1b9e594d5fe3285d73cfd10d4b6a8fb38d60e9a91e41ca773c301ac8");
}

TEST(Domains, SampleDigestIsAsWritten) {
    EXPECT_EQ(hex(sample_digest("a seed", 1000, 7)),
              "b95797a40a83767cc38d036dbdee05ba3802e3c53a2b959c29760a4921668401");
}

TEST(Domains, DigestOfANoteIsPlainSha256) {
    EXPECT_EQ(digest_of<CardDigest>("note\n").bytes, sha256(as_bytes("note\n")));
    EXPECT_EQ(digest_of<ContentDigest>(as_bytes("note\n")).bytes, sha256(as_bytes("note\n")));
}

TEST(Domains, LabelsDiffer) {
    constexpr std::array kLabels{label::kItem,         label::kCommit,       label::kTexts,
                                 label::kSafetyNumber, label::kRosterNumber, label::kDeskKey,
                                 label::kAuditSample,  label::kAtRest,       label::kKeyring};
    for (const auto a : kLabels) {
        EXPECT_TRUE(a.starts_with("lapx/") && a.ends_with("@v1\n")) << a;
        EXPECT_EQ(std::count(kLabels.begin(), kLabels.end(), a), 1) << a;
    }
}

}  // namespace
}  // namespace lapx::keys
