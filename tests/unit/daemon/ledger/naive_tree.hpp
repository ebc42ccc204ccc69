#pragma once
// The tree straight from the recursive definitions of RFC 6962 section 2.1, over leaf hashes in
// memory: slow, and independent of what it is compared with but for the two hash functions.

#include <cstdint>
#include <span>
#include <vector>

#include "daemon/ledger/tree.hpp"

namespace lapx::ledger::naive {

inline std::size_t split(std::size_t n) {
    std::size_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    return k;
}

inline Hash root(std::span<const Hash> leaves) {
    if (leaves.empty()) {
        return empty_root();
    }
    if (leaves.size() == 1) {
        return leaves[0];
    }
    const std::size_t k = split(leaves.size());
    return node_hash(root(leaves.first(k)), root(leaves.subspan(k)));
}

inline std::vector<Hash> path(std::size_t m, std::span<const Hash> leaves) {
    if (leaves.size() == 1) {
        return {};
    }
    const std::size_t k = split(leaves.size());
    auto proof = m < k ? path(m, leaves.first(k)) : path(m - k, leaves.subspan(k));
    proof.push_back(m < k ? root(leaves.subspan(k)) : root(leaves.first(k)));
    return proof;
}

inline std::vector<Hash> subproof(std::size_t m, std::span<const Hash> leaves, bool known) {
    if (m == leaves.size()) {
        return known ? std::vector<Hash>{} : std::vector<Hash>{root(leaves)};
    }
    const std::size_t k = split(leaves.size());
    auto proof =
        m <= k ? subproof(m, leaves.first(k), known) : subproof(m - k, leaves.subspan(k), false);
    proof.push_back(m <= k ? root(leaves.subspan(k)) : root(leaves.first(k)));
    return proof;
}

inline Hash leaf(std::uint64_t n) {
    const std::string entry = "leaf " + std::to_string(n);
    return leaf_hash(as_bytes(entry));
}

// Answers from a vector of leaf hashes.
class Reader final : public NodeReader {
  public:
    explicit Reader(std::span<const Hash> leaves) : leaves_(leaves) {}
    Result<Hash> node(unsigned height, std::uint64_t index) override {
        const std::uint64_t size = std::uint64_t{1} << height;
        if ((index + 1) * size > leaves_.size()) {
            return fail(Code::kInternal, "outside the tree");
        }
        return root(leaves_.subspan(index * size, size));
    }

  private:
    std::span<const Hash> leaves_;
};

}  // namespace lapx::ledger::naive
