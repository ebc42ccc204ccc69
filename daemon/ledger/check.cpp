#include "daemon/ledger/check.hpp"

#include <algorithm>

#include "daemon/ledger/tree.hpp"
#include "keys/domains.hpp"

namespace lapx::ledger {
namespace {

Result<void> check_inclusion(const schema::Entry& entry, const schema::ProofHead& head,
                             const schema::Checkpoint& checkpoint) {
    const Hash leaf = leaf_hash(as_bytes(schema::print_entry(entry)));
    return verify_inclusion(leaf, head.index, checkpoint.size, head.hashes, checkpoint.root)
               ? Result<void>()
               : fail(Code::kProofInvalid, "the entry is not in the tree");
}

}  // namespace

Result<schema::Checkpoint> check_checkpoint(std::string_view note,
                                            std::span<const keys::VerifierKey> ledger_keys) {
    const auto opened = keys::open_note(note, ledger_keys);
    if (!opened) {
        return fail(Code::kProofInvalid, "checkpoint: " + opened.error().context);
    }
    const auto checkpoint = schema::parse_checkpoint(opened->text);
    if (!checkpoint) {
        return fail(Code::kProofInvalid, checkpoint.error().context);
    }
    if (std::find(opened->signers.begin(), opened->signers.end(), checkpoint->origin) ==
        opened->signers.end()) {
        return fail(Code::kProofInvalid, "the checkpoint is of another log than its signer's");
    }
    return *checkpoint;
}

Result<schema::Opening> check_head(const schema::ProofHead& head,
                                   const schema::Checkpoint& checkpoint) {
    auto opening = schema::parse_opening(as_text(head.extra));
    if (!opening) {
        return fail(Code::kProofInvalid, opening.error().context);
    }
    const schema::Entry& entry = opening->entry;
    if (keys::commitment(schema::word_of(entry.kind), opening->salt, opening->data) != entry.body) {
        return fail(Code::kProofInvalid, "the opening is not what the entry commits to");
    }
    LAPX_TRY(check_inclusion(entry, head, checkpoint));
    return std::move(*opening);
}

Result<schema::Entry> check_sealed_head(const schema::ProofHead& head,
                                        const schema::Checkpoint& checkpoint) {
    const auto entry = schema::parse_entry(as_text(head.extra));
    if (!entry) {
        return fail(Code::kProofInvalid, entry.error().context);
    }
    LAPX_TRY(check_inclusion(*entry, head, checkpoint));
    return *entry;
}

Result<CheckedProof> check_proof(std::string_view text,
                                 std::span<const keys::VerifierKey> ledger_keys) {
    const auto proof = schema::parse_tlog_proof(text);
    if (!proof) {
        return fail(Code::kProofInvalid, proof.error().context);
    }
    LAPX_TRY_ASSIGN(schema::Checkpoint checkpoint,
                    check_checkpoint(proof->checkpoint, ledger_keys));
    LAPX_TRY_ASSIGN(schema::Opening opening, check_head(proof->head, checkpoint));
    return CheckedProof{std::move(opening), proof->head.index, std::move(checkpoint)};
}

}  // namespace lapx::ledger
