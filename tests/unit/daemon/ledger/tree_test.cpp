#include "daemon/ledger/tree.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/daemon/ledger/naive_tree.hpp"

namespace lapx::ledger {
namespace {

using Proof = std::vector<Hash>;

std::vector<Hash> leaves(std::size_t count) {
    std::vector<Hash> out;
    for (std::size_t n = 0; n < count; ++n) {
        out.push_back(naive::leaf(n));
    }
    return out;
}

TEST(Tree, HashesAreThoseOfRfc6962) {
    // The empty tree and the tree of one empty leaf, as in the reference implementations.
    EXPECT_EQ(hex(empty_root().view()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(leaf_hash({}).view()),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Tree, RootsAndProofsAreThoseOfTheDefinitionForEverySizeUpTo300) {
    const auto all = leaves(300);
    for (std::size_t size = 0; size <= all.size(); ++size) {
        const auto some = std::span(all).first(size);
        naive::Reader nodes(some);
        const Hash root = root_of(size, nodes).value();
        ASSERT_EQ(root, naive::root(some)) << size;
        // Every index for small trees, then some.
        for (std::size_t index = 0; index < size; index += size < 70 ? 1 : 13) {
            const Proof proof = inclusion_proof(index, size, nodes).value();
            ASSERT_EQ(proof, naive::path(index, some)) << index << " of " << size;
            ASSERT_TRUE(verify_inclusion(all[index], index, size, proof, root));
        }
        for (std::size_t old = 1; old <= size; old += size < 70 ? 1 : 13) {
            const Proof proof = consistency_proof(old, size, nodes).value();
            ASSERT_EQ(proof, naive::subproof(old, some, true)) << old << " of " << size;
            ASSERT_TRUE(verify_consistency(old, naive::root(some.first(old)), size, root, proof));
        }
    }
}

TEST(Tree, ProofsOfLargerTreesOfAnySizeVerify) {
    const auto all = leaves(5000);
    std::mt19937_64 random(1);  // repeatable
    for (int round = 0; round < 60; ++round) {
        const std::size_t size = 301 + random() % (all.size() - 301);
        const std::size_t index = random() % size;
        const std::size_t old = 1 + random() % size;
        const auto some = std::span(all).first(size);
        naive::Reader nodes(some);
        const Hash root = root_of(size, nodes).value();
        ASSERT_TRUE(verify_inclusion(all[index], index, size,
                                     inclusion_proof(index, size, nodes).value(), root));
        ASSERT_TRUE(verify_consistency(old, naive::root(some.first(old)), size, root,
                                       consistency_proof(old, size, nodes).value()));
    }
}

TEST(Tree, InclusionIsRefusedWithAnythingChanged) {
    constexpr std::size_t kSize = 21;
    const auto all = leaves(kSize);
    naive::Reader nodes(all);
    const Hash root = naive::root(all);
    for (std::size_t index = 0; index < kSize; ++index) {
        const Proof proof = inclusion_proof(index, kSize, nodes).value();
        for (std::size_t other = 0; other <= kSize; ++other) {
            EXPECT_EQ(verify_inclusion(all[index], other, kSize, proof, root), other == index);
        }
        for (std::size_t i = 0; i < proof.size(); ++i) {
            for (const int bit : {0, 77, 255}) {
                Proof bad = proof;
                bad[i].bytes[static_cast<std::size_t>(bit / 8)] ^=
                    static_cast<std::uint8_t>(1 << bit % 8);
                EXPECT_FALSE(verify_inclusion(all[index], index, kSize, bad, root));
            }
        }
        Proof longer = proof;
        longer.push_back(root);
        EXPECT_FALSE(verify_inclusion(all[index], index, kSize, longer, root));
        EXPECT_FALSE(verify_inclusion(all[index], index, kSize,
                                      std::span(proof).first(proof.size() - 1), root));
        EXPECT_FALSE(verify_inclusion(root, index, kSize, proof, root));
        EXPECT_FALSE(verify_inclusion(all[index], index, kSize, proof, all[0]));
    }
}

TEST(Tree, ConsistencyIsRefusedWithAnythingChanged) {
    constexpr std::size_t kSize = 21;
    const auto all = leaves(kSize);
    naive::Reader nodes(all);
    const Hash root = naive::root(all);
    for (std::size_t old = 1; old < kSize; ++old) {
        const Hash old_root = naive::root(std::span(all).first(old));
        const Proof proof = consistency_proof(old, kSize, nodes).value();
        for (std::size_t other = 0; other <= kSize; ++other) {
            if (other != old) {
                EXPECT_FALSE(verify_consistency(other, old_root, kSize, root, proof))
                    << other << " for " << old;
            }
        }
        for (std::size_t i = 0; i < proof.size(); ++i) {
            Proof bad = proof;
            bad[i].bytes[5] ^= 4;
            EXPECT_FALSE(verify_consistency(old, old_root, kSize, root, bad));
        }
        Proof longer = proof;
        longer.push_back(root);
        EXPECT_FALSE(verify_consistency(old, old_root, kSize, root, longer));
        EXPECT_FALSE(verify_consistency(old, old_root, kSize, root,
                                        std::span(proof).first(proof.size() - 1)));
        EXPECT_FALSE(verify_consistency(old, root, kSize, root, proof));
        EXPECT_FALSE(verify_consistency(old, old_root, kSize, old_root, proof));
        EXPECT_FALSE(verify_consistency(kSize, root, old, old_root, proof));
    }
}

TEST(Tree, NoProofsAreMadeOutsideTheTree) {
    const auto all = leaves(5);
    naive::Reader nodes(all);
    EXPECT_EQ(inclusion_proof(5, 5, nodes).error().code, Code::kInvalidArgument);
    EXPECT_EQ(inclusion_proof(0, 0, nodes).error().code, Code::kInvalidArgument);
    EXPECT_EQ(consistency_proof(0, 5, nodes).error().code, Code::kInvalidArgument);
    EXPECT_EQ(consistency_proof(6, 5, nodes).error().code, Code::kInvalidArgument);
    EXPECT_EQ(inclusion_proof(0, 6, nodes).error().code, Code::kInternal);
}

}  // namespace
}  // namespace lapx::ledger
