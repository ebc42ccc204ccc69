#include "daemon/peer_ledgers.hpp"

#include <algorithm>

#include "daemon/ledger/check.hpp"

namespace lapx::daemon {
namespace {

// The key that signed a checkpoint which check_checkpoint let pass: its name is the origin.
const keys::VerifierKey& log_of(const contacts::Contact& agency,
                                const schema::Checkpoint& checkpoint) {
    return *std::find_if(agency.ledger_keys.begin(), agency.ledger_keys.end(),
                         [&](const auto& key) { return key.name == checkpoint.origin; });
}

// Of the links, the one between the two sizes.
std::optional<ledger::Link> link_between(std::uint64_t a, std::uint64_t b,
                                         const std::vector<schema::Link>& links) {
    for (const schema::Link& link : links) {
        if (link.old_size == std::min(a, b) && link.new_size == std::max(a, b)) {
            return ledger::Link{link.old_size, link.new_size, link.hashes};
        }
    }
    return std::nullopt;
}

}  // namespace

Result<schema::Checkpoint> PeerLedgers::take(const contacts::Contact& agency,
                                             const std::string& note,
                                             const std::vector<schema::Link>& links) {
    const auto known = newest_.find(agency.agency());
    if (known != newest_.end() && known->second.note == note) {
        return known->second.checkpoint;
    }
    LAPX_TRY_ASSIGN(schema::Checkpoint checkpoint,
                    ledger::check_checkpoint(note, agency.ledger_keys));
    const keys::VerifierKey& log = log_of(agency, checkpoint);
    LAPX_TRY_ASSIGN(const auto held, ledger::peer_head(database_, log));
    std::optional<ledger::Link> link;
    if (held) {
        link = link_between(held->checkpoint.size, checkpoint.size, links);
    }
    if (held && !link && known != newest_.end()) {
        // Files come in any order.
        link = link_between(held->checkpoint.size, checkpoint.size, known->second.links);
    }
    LAPX_TRY_ASSIGN(ledger::HeadResult result,
                    ledger::take_peer_head(database_, log, {checkpoint, note}, link));
    switch (result.check) {
        case ledger::HeadCheck::kConsistent:
            break;
        case ledger::HeadCheck::kGap:
            return fail(Code::kCheckpointGap, "no link to the checkpoint held");
        case ledger::HeadCheck::kConflict:
            evidence_ = std::move(result.evidence);
            return fail(Code::kLedgerConflict, checkpoint.origin);
    }
    if (known == newest_.end() || known->second.checkpoint.origin != checkpoint.origin ||
        known->second.checkpoint.size < checkpoint.size) {
        newest_.insert_or_assign(agency.agency(), Known{note, checkpoint, links});
        due_.insert_or_assign(agency.agency(), checkpoint);
    }
    return checkpoint;
}

Result<std::optional<ledger::SignedCheckpoint>> PeerLedgers::held(const contacts::Contact& agency) {
    return ledger::peer_head(database_, agency.ledger_keys.front());
}

void PeerLedgers::forget() {
    newest_.clear();
    due_.clear();
}

}  // namespace lapx::daemon
