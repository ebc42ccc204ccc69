#include "tools/lapx/sample.hpp"

#include <algorithm>

#include "daemon/ledger/check.hpp"
#include "daemon/ledger/draw.hpp"

namespace lapx::cli {
namespace {

std::string proof_name(std::uint64_t index) {
    return "proofs/" + std::to_string(index) + ".tlog-proof";
}

// Each step needs the ones before it.
class SampleCheck {
  public:
    SampleCheck(const Files& files, const SampleOrder& order) : files_(files), order_(order) {}

    SampleVerdict run() && {
        if (check_card() && check_policy() && check_checkpoint() && check_draw()) {
            check_names();
            for (const schema::DrawnEntry& drawn : sample_.drawn) {
                check_entry(drawn);
            }
        }
        return {std::move(verdict_), std::move(proved_)};
    }

  private:
    bool bad(const char* name, std::string detail) {
        verdict_.bad(name, std::move(detail));
        return false;
    }
    bool bad(const char* name, const Error& error) {
        verdict_.bad(name, error);
        return false;
    }
    // Empty where it is missing.
    std::string_view file(const std::string& name) const {
        const auto found = files_.find(name);
        return found == files_.end() ? std::string_view() : as_text(found->second);
    }

    bool check_card() {
        if (!order_.card_file) {
            return true;
        }
        auto party = open_card_file(*order_.card_file);
        if (!party) {
            return bad("card", party.error());
        }
        verdict_.good("card",
                      party->card.card.agency.text() + ", safety number " + party->safety_number);
        ledger_keys_ = std::move(party->card.ledger);
        return true;
    }

    bool check_policy() {
        auto policy = schema::parse_tlog_policy(file("policy"));
        if (!policy) {
            return bad("policy", policy.error());
        }
        if (policy->logs.size() != 1) {
            return bad("policy", "it names more than one log");
        }
        auto log = keys::VerifierKey::parse(policy->logs.front());
        if (!log) {
            return bad("policy", log.error());
        }
        if (order_.card_file &&
            std::find(ledger_keys_.begin(), ledger_keys_.end(), *log) == ledger_keys_.end()) {
            return bad("policy", "its log's key is not on the card");
        }
        verdict_.good("policy", log->text() + (order_.card_file ? ", as on the card"
                                                                : ": compare it with the card"));
        policy_ = std::move(*policy);
        log_ = std::move(*log);
        return true;
    }

    // How many of the policy's witnesses cosigned. Those whose keys are none are no help.
    std::size_t cosigners(const keys::SplitNote& note) const {
        return static_cast<std::size_t>(std::count_if(
            policy_.witnesses.begin(), policy_.witnesses.end(), [&](const auto& witness) {
                const auto key = keys::VerifierKey::parse(witness.vkey);
                return key &&
                       std::any_of(note.signatures.begin(), note.signatures.end(),
                                   [&](const keys::SignatureLine& line) {
                                       return keys::is_by(line, *key) &&
                                              keys::verify_cosignature(note.text, line.line, *key);
                                   });
            }));
    }

    bool check_checkpoint() {
        const std::string_view note = file("checkpoint");
        auto checkpoint = ledger::check_checkpoint(note, {&log_, 1});
        if (!checkpoint) {
            return bad("checkpoint", checkpoint.error());
        }
        const auto split = keys::split_note(note);
        const std::size_t witnesses = split ? cosigners(*split) : 0;
        if (witnesses < policy_.quorum) {
            return bad("checkpoint", "fewer witnesses cosigned it than the policy asks for");
        }
        checkpoint_ = std::move(*checkpoint);
        verdict_.good("checkpoint", checkpoint_.origin + ", " + std::to_string(checkpoint_.size) +
                                        " entries, cosigned by " + std::to_string(witnesses));
        return true;
    }

    bool check_draw() {
        auto sample = schema::parse_audit_sample(file("sample"));
        if (!sample) {
            return bad("sample", sample.error());
        }
        if (sample->origin != checkpoint_.origin || sample->size != checkpoint_.size) {
            return bad("sample", "it is of another checkpoint");
        }
        if (order_.seed && *order_.seed != sample->seed) {
            return bad("sample", "it was drawn with another seed");
        }
        if (order_.count && *order_.count != sample->drawn.size()) {
            return bad("sample", "it has " + std::to_string(sample->drawn.size()) +
                                     " entries, asked for were " + std::to_string(*order_.count));
        }
        const auto drawn = ledger::draw(sample->seed, sample->size, sample->drawn.size());
        if (!drawn) {
            return bad("sample", drawn.error());
        }
        for (std::size_t i = 0; i < drawn->size(); ++i) {
            if (sample->drawn[i].index != (*drawn)[i]) {
                return bad("sample", "draw " + std::to_string(i + 1) + " is entry " +
                                         std::to_string((*drawn)[i]) + ", not " +
                                         std::to_string(sample->drawn[i].index));
            }
        }
        sample_ = std::move(*sample);
        verdict_.good("sample", std::to_string(drawn->size()) + " of " +
                                    std::to_string(sample_.size) + " entries, seed " +
                                    sample_.seed + (order_.seed ? "" : ": compare it with yours"));
        return true;
    }

    void check_names() {
        for (const auto& each : files_) {
            const std::string& name = each.first;
            const bool known =
                name == "README" || name == "policy" || name == "checkpoint" || name == "sample" ||
                std::any_of(sample_.drawn.begin(), sample_.drawn.end(),
                            [&](const auto& drawn) { return proof_name(drawn.index) == name; });
            if (!known) {
                verdict_.bad(name, "the file does not belong in a sample");
            }
        }
    }

    void check_entry(const schema::DrawnEntry& drawn) {
        const std::string name = "entry " + std::to_string(drawn.index);
        if (!files_.contains(proof_name(drawn.index))) {
            verdict_.bad(name, "its proof is missing");
            return;
        }
        const auto proof = schema::parse_tlog_proof(file(proof_name(drawn.index)));
        if (!proof) {
            verdict_.bad(name, proof.error());
            return;
        }
        if (proof->checkpoint != file("checkpoint") || proof->head.index != drawn.index) {
            verdict_.bad(name, "its proof is of another checkpoint or entry");
            return;
        }
        const auto entry = entry_of(proof->head, drawn.shown);
        if (!entry) {
            verdict_.bad(name, entry.error());
            return;
        }
        proved_.push_back(drawn);
        verdict_.good(name, std::string(schema::word_of(drawn.shown)) + ": " +
                                std::string(schema::word_of(entry->kind)) + ", " +
                                to_string(entry->time));
    }

    Result<schema::Entry> entry_of(const schema::ProofHead& head, schema::Drawn shown) const {
        if (shown != schema::Drawn::kOpened) {
            return ledger::check_sealed_head(head, checkpoint_);
        }
        LAPX_TRY_ASSIGN(const schema::Opening opening, ledger::check_head(head, checkpoint_));
        return opening.entry;
    }

    const Files& files_;
    const SampleOrder& order_;
    Verdict verdict_;
    std::vector<keys::VerifierKey> ledger_keys_;  // of the card
    schema::TlogPolicy policy_;
    keys::VerifierKey log_;
    schema::Checkpoint checkpoint_;
    schema::AuditSample sample_;
    std::vector<schema::DrawnEntry> proved_;
};

}  // namespace

SampleVerdict check_sample(const Files& files, const SampleOrder& order) {
    return SampleCheck(files, order).run();
}

}  // namespace lapx::cli
