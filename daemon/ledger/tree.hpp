#pragma once
// The Merkle tree of RFC 6962 with SHA-256: hashes, proofs, and their verification. Pure: knows
// neither database nor log, so that tools can check proofs without the daemon.

#include <cstdint>
#include <span>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/result.hpp"

namespace lapx::ledger {

// RFC 6962 section 2.1: H(0x00 ‖ entry), H(0x01 ‖ left ‖ right), and the root of no leaves.
Hash leaf_hash(BytesView entry);
Hash node_hash(const Hash& left, const Hash& right);
Hash empty_root();

// Where the hashes of perfect subtrees come from: node(h, i) is the root of the 2^h leaves from
// i * 2^h on. Only asked for subtrees that lie within the tree at hand.
class NodeReader {
  public:
    virtual ~NodeReader() = default;
    virtual Result<Hash> node(unsigned height, std::uint64_t index) = 0;
};

// The root of the first `size` leaves.
Result<Hash> root_of(std::uint64_t size, NodeReader& nodes);
// From the leaf's sibling up. Errors: kInvalidArgument unless index < size; the reader's.
Result<std::vector<Hash>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                          NodeReader& nodes);
// RFC 6962 section 2.1.2. Errors: kInvalidArgument unless 0 < old_size <= new_size; the reader's.
Result<std::vector<Hash>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                            NodeReader& nodes);

// RFC 9162 sections 2.1.3.2 and 2.1.4.2. A proof from size 0 would prove nothing and is refused.
bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash> proof, const Hash& root);
bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t new_size,
                        const Hash& new_root, std::span<const Hash> proof);

}  // namespace lapx::ledger
