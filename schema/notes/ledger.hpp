#pragma once
// The texts of the ledger (protocol.md 6): checkpoint, entry, opening, proofs, policy. Parsers'
// errors are kNoteMalformed.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {

// The text of a C2SP tlog-checkpoint without extension lines. Any origin that can be a key name is
// read; whether it is the one expected is for the reader of the checkpoint to say.
struct Checkpoint {
    std::string origin;
    std::uint64_t size;
    Hash root;

    bool operator==(const Checkpoint&) const = default;
};
Result<Checkpoint> parse_checkpoint(std::string_view text);
std::string print_checkpoint(const Checkpoint& checkpoint);

inline constexpr std::string_view kEntryForm = "lapx/entry@v1";

struct Entry {
    EntryKind kind;
    Time time;
    Commitment body;

    bool operator==(const Entry&) const = default;
};
Result<Entry> parse_entry(std::string_view text);
std::string print_entry(const Entry& entry);

struct Opening {
    Entry entry;
    std::array<std::uint8_t, 32> salt;
    Bytes data;  // not empty

    bool operator==(const Opening&) const = default;
};
Result<Opening> parse_opening(std::string_view text);
std::string print_opening(const Opening& opening);

// A C2SP tlog-proof up to and with its empty line. `extra` is empty where there is no such line.
struct ProofHead {
    Bytes extra;
    std::uint64_t index;
    std::vector<Hash> hashes;

    bool operator==(const ProofHead&) const = default;
};
Result<ProofHead> parse_proof_head(std::string_view text);
std::string print_proof_head(const ProofHead& head);

// A whole tlog-proof. The checkpoint is a signed note, carried verbatim; its text is a checkpoint,
// its signatures are not looked into here.
struct TlogProof {
    ProofHead head;
    std::string checkpoint;

    bool operator==(const TlogProof&) const = default;
};
Result<TlogProof> parse_tlog_proof(std::string_view text);
std::string print_tlog_proof(const TlogProof& proof);

// An RFC 6962 consistency proof as a parcel carries it: `old N`, then the hashes, one a line.
struct Consistency {
    std::uint64_t old_size;
    std::vector<Hash> hashes;

    bool operator==(const Consistency&) const = default;
};
Result<Consistency> parse_consistency(std::string_view text);
std::string print_consistency(const Consistency& consistency);

// A C2SP tlog-policy: these logs, and cosignatures of `quorum` of these witnesses. Whether a vkey
// is one is for keys/ to say. Only what is printed here is parsed: the format can say more.
struct PolicyWitness {
    std::string name;  // no spaces
    std::string vkey;

    bool operator==(const PolicyWitness&) const = default;
};
struct TlogPolicy {
    std::vector<std::string> logs;  // vkeys
    std::vector<PolicyWitness> witnesses;
    std::size_t quorum;  // at most the number of witnesses; 0 asks for none

    bool operator==(const TlogPolicy&) const = default;
};
Result<TlogPolicy> parse_tlog_policy(std::string_view text);
std::string print_tlog_policy(const TlogPolicy& policy);

inline constexpr std::string_view kSampleForm = "lapx/sample@v1";

// What an auditor's seed drew from a log (protocol.md 9.1).
struct DrawnEntry {
    std::uint64_t index;
    Drawn shown;

    bool operator==(const DrawnEntry&) const = default;
};
struct AuditSample {
    std::string origin;
    std::uint64_t size;             // of the checkpoint
    std::string seed;               // at most 200 octets
    std::vector<DrawnEntry> drawn;  // in the order drawn: 1 to kMaxSample

    bool operator==(const AuditSample&) const = default;
};
Result<AuditSample> parse_audit_sample(std::string_view text);
std::string print_audit_sample(const AuditSample& sample);

}  // namespace lapx::schema
