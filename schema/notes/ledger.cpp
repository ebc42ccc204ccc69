#include "schema/notes/ledger.hpp"

#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kProofForm = "c2sp.org/tlog-proof@v1";
// Of a policy.
constexpr std::string_view kGroup = "lapx-quorum";
constexpr std::string_view kNoQuorum = "none";
constexpr std::size_t kMaxOrigin = 256;
constexpr std::size_t kMaxPolicyKeys = 1'024;

// A key name in the sense of C2SP signed-note, in ASCII.
bool is_origin(std::string_view text) {
    return !text.empty() && text.size() <= kMaxOrigin &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

// Whether the text of the note is a checkpoint. Its signatures are for keys/ to read.
Result<void> check_checkpoint_note(std::string_view note) {
    const std::size_t gap = note.find("\n\n");
    if (note.size() > kMaxNote || gap == std::string_view::npos || !is_utf8(note)) {
        return fail(Code::kNoteMalformed, "proof: its checkpoint is no note or too long");
    }
    LAPX_TRY(parse_checkpoint(note.substr(0, gap + 1)));
    return {};
}

Result<Bytes> some_base64(std::string_view text) { return from_base64(text); }

// Hash lines up to the end of the text.
Result<std::vector<Hash>> read_hashes(LineReader& in) {
    std::vector<Hash> hashes;
    while (!in.at_end()) {
        LAPX_TRY_ASSIGN(const std::string_view line, in.next());
        const auto hash = digest_from<Hash>(line);
        if (!hash || hashes.size() == kMaxProofHashes) {
            return in.malformed();
        }
        hashes.push_back(*hash);
    }
    return hashes;
}

void put_hashes(std::string& out, const std::vector<Hash>& hashes) {
    for (const Hash& hash : hashes) {
        out += to_string(hash);
        out += '\n';
    }
}

Result<std::string> one_word(std::string_view text) {
    return text.find(' ') == std::string_view::npos ? Result<std::string>(std::string(text))
                                                    : fail(Code::kInvalidArgument);
}

// `NAME VKEY`.
Result<PolicyWitness> witness_from(std::string_view text) {
    std::string name(take_word(text));
    LAPX_TRY_ASSIGN(std::string vkey, one_word(text));
    if (name.empty() || vkey.empty()) {
        return fail(Code::kInvalidArgument);
    }
    return PolicyWitness{std::move(name), std::move(vkey)};
}

// `lapx-quorum QUORUM NAME…`.
std::string group_of(const TlogPolicy& policy) {
    std::string out = std::string(kGroup) + ' ' + std::to_string(policy.quorum);
    for (const PolicyWitness& witness : policy.witnesses) {
        out += ' ' + witness.name;
    }
    return out;
}

// `INDEX SHOWN`.
Result<DrawnEntry> drawn_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const std::uint64_t index, number_from(take_word(text)));
    LAPX_TRY_ASSIGN(const Drawn shown, from_word<Drawn>(text));
    return DrawnEntry{index, shown};
}

Result<Entry> read_entry(LineReader& in) {
    LAPX_TRY(in.exactly(kEntryForm));
    LAPX_TRY_ASSIGN(const EntryKind kind, in.read("kind", from_word<EntryKind>));
    LAPX_TRY_ASSIGN(const Time time, in.read("time", time_from));
    LAPX_TRY_ASSIGN(const Commitment body, in.read("body", digest_from<Commitment>));
    return Entry{kind, time, body};
}

}  // namespace

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    LineReader in("checkpoint", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY_ASSIGN(const std::string_view origin, in.next());
    if (!is_origin(origin)) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const std::string_view size_line, in.next());
    const auto size = number_from(size_line);
    if (!size) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const std::string_view root_line, in.next());
    const auto root = digest_from<Hash>(root_line);
    if (!root) {
        return in.malformed();
    }
    LAPX_TRY(in.end());
    return Checkpoint{std::string(origin), *size, *root};
}

std::string print_checkpoint(const Checkpoint& checkpoint) {
    return checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n' +
           to_string(checkpoint.root) + '\n';
}

Result<Entry> parse_entry(std::string_view text) {
    LineReader in("entry", text);
    LAPX_TRY(in.check(kMaxEntry));
    LAPX_TRY_ASSIGN(const Entry entry, read_entry(in));
    LAPX_TRY(in.end());
    return entry;
}

std::string print_entry(const Entry& entry) {
    std::string out;
    out += kEntryForm;
    out += '\n';
    put_line(out, "kind", word_of(entry.kind));
    put_line(out, "time", to_string(entry.time));
    put_line(out, "body", to_string(entry.body));
    return out;
}

Result<Opening> parse_opening(std::string_view text) {
    LineReader in("opening", text);
    LAPX_TRY(in.check(kMaxOpening));
    LAPX_TRY_ASSIGN(const Entry entry, read_entry(in));
    LAPX_TRY_ASSIGN(const auto salt, in.read("salt", octets32_from));
    LAPX_TRY_ASSIGN(Bytes data, in.read("data", some_base64));
    LAPX_TRY(in.end());
    return Opening{entry, salt, std::move(data)};
}

std::string print_opening(const Opening& opening) {
    std::string out = print_entry(opening.entry);
    put_line(out, "salt", base64(opening.salt));
    put_line(out, "data", base64(opening.data));
    return out;
}

Result<ProofHead> parse_proof_head(std::string_view text) {
    LineReader in("proof", text);
    // The empty line at the end is the only one.
    if (!text.ends_with("\n\n")) {
        return in.malformed();
    }
    in = LineReader("proof", text.substr(0, text.size() - 1));
    LAPX_TRY(in.check(kMaxProof));
    LAPX_TRY(in.exactly(kProofForm));
    LAPX_TRY_ASSIGN(auto extra, in.read_optional("extra", some_base64));
    LAPX_TRY_ASSIGN(const std::uint64_t index, in.read("index", number_from));
    LAPX_TRY_ASSIGN(auto hashes, read_hashes(in));
    return ProofHead{std::move(extra).value_or(Bytes{}), index, std::move(hashes)};
}

std::string print_proof_head(const ProofHead& head) {
    std::string out;
    out += kProofForm;
    out += '\n';
    if (!head.extra.empty()) {
        put_line(out, "extra", base64(head.extra));
    }
    put_line(out, "index", head.index);
    put_hashes(out, head.hashes);
    out += '\n';
    return out;
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
    constexpr std::string_view kGap = "\n\n";
    const std::size_t gap = text.find(kGap);
    if (text.size() > kMaxProof || gap == std::string_view::npos) {
        return fail(Code::kNoteMalformed, "proof: it has no checkpoint or is too long");
    }
    LAPX_TRY_ASSIGN(ProofHead head, parse_proof_head(text.substr(0, gap + kGap.size())));
    const std::string_view checkpoint = text.substr(gap + kGap.size());
    LAPX_TRY(check_checkpoint_note(checkpoint));
    return TlogProof{std::move(head), std::string(checkpoint)};
}

std::string print_tlog_proof(const TlogProof& proof) {
    return print_proof_head(proof.head) + proof.checkpoint;
}

Result<Consistency> parse_consistency(std::string_view text) {
    LineReader in("consistency", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY_ASSIGN(const std::uint64_t old_size, in.read("old", number_from));
    LAPX_TRY_ASSIGN(auto hashes, read_hashes(in));
    return Consistency{old_size, std::move(hashes)};
}

std::string print_consistency(const Consistency& consistency) {
    std::string out;
    put_line(out, "old", consistency.old_size);
    put_hashes(out, consistency.hashes);
    return out;
}

Result<TlogPolicy> parse_tlog_policy(std::string_view text) {
    LineReader in("policy", text);
    LAPX_TRY(in.check(kMaxLongNote));
    LAPX_TRY_ASSIGN(auto logs, in.read_all("log", 1, kMaxPolicyKeys, one_word));
    LAPX_TRY_ASSIGN(auto witnesses, in.read_all("witness", 0, kMaxPolicyKeys, witness_from));
    TlogPolicy policy{std::move(logs), std::move(witnesses), 0};
    const auto group = in.maybe("group");
    if (group) {
        std::string_view rest = *group;
        static_cast<void>(take_word(rest));
        const auto quorum = number_from(take_word(rest));
        if (!quorum || *quorum == 0 || *quorum > policy.witnesses.size()) {
            return in.malformed();
        }
        policy.quorum = *quorum;
        if (*group != group_of(policy)) {
            return in.malformed();
        }
    }
    LAPX_TRY(in.exactly("quorum " + std::string(group ? kGroup : kNoQuorum)));
    LAPX_TRY(in.end());
    return policy;
}

std::string print_tlog_policy(const TlogPolicy& policy) {
    std::string out;
    for (const std::string& log : policy.logs) {
        put_line(out, "log", log);
    }
    for (const PolicyWitness& witness : policy.witnesses) {
        put_line(out, "witness", witness.name + ' ' + witness.vkey);
    }
    if (policy.quorum != 0) {
        put_line(out, "group", group_of(policy));
    }
    put_line(out, "quorum", policy.quorum == 0 ? kNoQuorum : kGroup);
    return out;
}

Result<AuditSample> parse_audit_sample(std::string_view text) {
    LineReader in("sample", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kSampleForm));
    LAPX_TRY_ASSIGN(std::string origin, in.read("origin", shaped(is_origin)));
    LAPX_TRY_ASSIGN(const std::uint64_t size, in.read("size", number_from));
    LAPX_TRY_ASSIGN(std::string seed, in.read("seed", name_from));
    LAPX_TRY_ASSIGN(auto drawn, in.read_all("drawn", 1, kMaxSample, drawn_from));
    LAPX_TRY(in.end());
    return AuditSample{std::move(origin), size, std::move(seed), std::move(drawn)};
}

std::string print_audit_sample(const AuditSample& sample) {
    std::string out;
    out += kSampleForm;
    out += '\n';
    put_line(out, "origin", sample.origin);
    put_line(out, "size", sample.size);
    put_line(out, "seed", sample.seed);
    for (const DrawnEntry& drawn : sample.drawn) {
        put_line(out, "drawn",
                 std::to_string(drawn.index) + ' ' + std::string(word_of(drawn.shown)));
    }
    return out;
}

}  // namespace lapx::schema
