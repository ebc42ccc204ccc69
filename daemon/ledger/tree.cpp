#include "daemon/ledger/tree.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "keys/hash.hpp"

namespace lapx::ledger {
namespace {

constexpr std::array<std::uint8_t, 1> kLeafPrefix{0x00};
constexpr std::uint8_t kNodePrefix = 0x01;

// Leaves [begin, end). In the recursions of RFC 6962 section 2.1 `begin` is always a multiple of
// the power of two that the range is split at.
struct Range {
    std::uint64_t begin;
    std::uint64_t end;

    std::uint64_t size() const { return end - begin; }
    // The largest power of two smaller than the size, which is at least 2.
    std::uint64_t split() const { return begin + std::bit_floor(size() - 1); }
    Range left() const { return {begin, split()}; }
    Range right() const { return {split(), end}; }
};

Result<Hash> root_of(Range range, NodeReader& nodes) {
    if (std::has_single_bit(range.size())) {
        const auto height = static_cast<unsigned>(std::countr_zero(range.size()));
        return nodes.node(height, range.begin >> height);
    }
    LAPX_TRY_ASSIGN(const Hash left, root_of(range.left(), nodes));
    LAPX_TRY_ASSIGN(const Hash right, root_of(range.right(), nodes));
    return node_hash(left, right);
}

// PATH of RFC 6962 section 2.1.1.
Result<void> add_path(std::uint64_t index, Range range, NodeReader& nodes,
                      std::vector<Hash>& proof) {
    if (range.size() == 1) {
        return {};
    }
    const bool in_left = index < range.split();
    LAPX_TRY(add_path(index, in_left ? range.left() : range.right(), nodes, proof));
    LAPX_TRY_ASSIGN(const Hash sibling, root_of(in_left ? range.right() : range.left(), nodes));
    proof.push_back(sibling);
    return {};
}

// SUBPROOF of RFC 6962 section 2.1.2; `known` is its b: whether the verifier has this root already.
Result<void> add_subproof(std::uint64_t old_end, Range range, bool known, NodeReader& nodes,
                          std::vector<Hash>& proof) {
    if (old_end == range.end) {
        if (!known) {
            LAPX_TRY_ASSIGN(const Hash root, root_of(range, nodes));
            proof.push_back(root);
        }
        return {};
    }
    const bool in_left = old_end <= range.split();
    LAPX_TRY(add_subproof(old_end, in_left ? range.left() : range.right(), known && in_left, nodes,
                          proof));
    LAPX_TRY_ASSIGN(const Hash other, root_of(in_left ? range.right() : range.left(), nodes));
    proof.push_back(other);
    return {};
}

}  // namespace

Hash leaf_hash(BytesView entry) { return Hash{keys::sha256({kLeafPrefix, entry})}; }

Hash node_hash(const Hash& left, const Hash& right) {
    // In one piece, which is a sixth faster than in three.
    std::array<std::uint8_t, 1 + 2 * Hash::kSize> node;
    node[0] = kNodePrefix;
    std::copy(left.bytes.begin(), left.bytes.end(), node.begin() + 1);
    std::copy(right.bytes.begin(), right.bytes.end(), node.begin() + 1 + Hash::kSize);
    return Hash{keys::sha256(node)};
}

Hash empty_root() { return Hash{keys::sha256(BytesView())}; }

Result<Hash> root_of(std::uint64_t size, NodeReader& nodes) {
    return size == 0 ? empty_root() : root_of(Range{0, size}, nodes);
}

Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                          NodeReader& nodes) {
    if (index >= size) {
        return fail(Code::kInvalidArgument, "no such leaf");
    }
    std::vector<Hash> proof;
    LAPX_TRY(add_path(index, Range{0, size}, nodes, proof));
    return proof;
}

Result<std::vector<Hash>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                            NodeReader& nodes) {
    if (old_size == 0 || old_size > new_size) {
        return fail(Code::kInvalidArgument, "no proof between these sizes");
    }
    std::vector<Hash> proof;
    LAPX_TRY(add_subproof(old_size, Range{0, new_size}, true, nodes, proof));
    return proof;
}

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash> proof, const Hash& root) {
    if (index >= size) {
        return false;
    }
    std::uint64_t node = index;
    std::uint64_t last = size - 1;
    Hash hash = leaf;
    for (const Hash& sibling : proof) {
        if (last == 0) {
            return false;
        }
        if ((node & 1) == 1 || node == last) {
            hash = node_hash(sibling, hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t new_size,
                        const Hash& new_root, std::span<const Hash> proof) {
    if (old_size == 0 || old_size > new_size) {
        return false;
    }
    if (old_size == new_size) {
        return proof.empty() && old_root == new_root;
    }
    const bool whole = std::has_single_bit(old_size);
    if (!whole && proof.empty()) {
        return false;
    }
    // A perfect old tree is itself the first node, which the proof leaves out.
    Hash old_hash = whole ? old_root : proof.front();
    Hash new_hash = old_hash;
    const int odd = std::countr_one(old_size - 1);
    std::uint64_t node = (old_size - 1) >> odd;
    std::uint64_t last = (new_size - 1) >> odd;
    for (const Hash& sibling : proof.subspan(whole ? 0 : 1)) {
        if (last == 0) {
            return false;
        }
        if ((node & 1) == 1 || node == last) {
            old_hash = node_hash(sibling, old_hash);
            new_hash = node_hash(sibling, new_hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && old_hash == old_root && new_hash == new_root;
}

}  // namespace lapx::ledger
