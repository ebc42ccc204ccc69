#include "daemon/ledger/log.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/ledger/check.hpp"
#include "keys/domains.hpp"

namespace lapx::ledger {
namespace {

tl::unexpected<Error> broken(std::string what) {
    return fail(Code::kLedgerBroken, std::move(what));
}

// A checkpoint of this log, signed by this key.
Result<schema::Checkpoint> own_checkpoint(const LogParts& parts, std::string_view note) {
    const keys::VerifierKey known{parts.origin, keys::KeyType::kEd25519, parts.signer.public_key()};
    return check_checkpoint(note, {&known, 1});
}

Result<void> check_newest(const LogParts& parts, const std::optional<SignedCheckpoint>& newest,
                          StoredTree& tree) {
    if (!newest) {
        return tree.size() == 0 ? Result<void>() : broken("entries without a checkpoint");
    }
    if (!own_checkpoint(parts, newest->note)) {
        return broken("the newest checkpoint is not signed by this log's key");
    }
    if (newest->checkpoint.size != tree.size()) {
        return broken("the newest checkpoint has size " + std::to_string(newest->checkpoint.size) +
                      ", but there are " + std::to_string(tree.size()) + " entries");
    }
    LAPX_TRY_ASSIGN(const Hash root, tree.root());
    return root == newest->checkpoint.root ? Result<void>()
                                           : broken("the newest checkpoint has another root");
}

// A head file that holds no checkpoint of this log says nothing: it may be new, torn by a power
// cut, or of another key. Whoever can write it could as well remove it.
Result<void> check_head_file(const LogParts& parts, const HeadFile& file, StoredTree& tree) {
    LAPX_TRY_ASSIGN(const std::string note, file.read());
    const auto seen = own_checkpoint(parts, note);
    if (!seen) {
        return {};
    }
    if (seen->size > tree.size()) {
        return broken("the database was set back: " + std::to_string(seen->size) +
                      " entries were signed, " + std::to_string(tree.size()) + " are there");
    }
    LAPX_TRY_ASSIGN(const Hash root, root_of(seen->size, tree));
    return root == seen->root ? Result<void>() : broken("the head file has another root");
}

Result<Time> time_of_last(store::Database& database, std::uint64_t size) {
    if (size == 0) {
        return Time{};
    }
    LAPX_TRY_ASSIGN(const std::string text, entry_at(database, size - 1));
    const auto entry = schema::parse_entry(text);
    return entry ? Result<Time>(entry->time) : broken("the last entry is malformed");
}

}  // namespace

Log::Log(LogParts parts, HeadFile head_file, StoredTree tree)
    : parts_(std::move(parts)), head_file_(std::move(head_file)), tree_(std::move(tree)) {}

Result<Log> Log::open(LogParts parts) {
    LAPX_TRY_ASSIGN(HeadFile head_file, HeadFile::open(parts.head_file));
    LAPX_TRY_ASSIGN(StoredTree empty, StoredTree::load(parts.database, 0));
    Log log(std::move(parts), std::move(head_file), std::move(empty));
    LAPX_TRY(log.load());
    return log;
}

Result<void> Log::load() {
    unwritten_.clear();
    unwritten_count_ = 0;
    fresh_.clear();
    forget_openings();
    LAPX_TRY_ASSIGN(const std::uint64_t size, stored_size(parts_.database));
    LAPX_TRY_ASSIGN(tree_, StoredTree::load(parts_.database, size));
    LAPX_TRY_ASSIGN(newest_, newest_checkpoint(parts_.database));
    LAPX_TRY_ASSIGN(last_time_, time_of_last(parts_.database, size));
    LAPX_TRY(check_newest(parts_, newest_, tree_));
    return check_head_file(parts_, head_file_, tree_);
}

Time Log::time_of_next() const {
    return clock_counts_ ? std::max(parts_.clock.seconds(), last_time_) : last_time_;
}

Result<Appended> Log::append(schema::EntryKind kind, BytesView data, BytesView texts) {
    if (data.empty()) {
        return fail(Code::kInvalidArgument, "an entry without data");
    }
    schema::Opening opening{{kind, time_of_next(), {}}, {}, {}};
    parts_.random.fill(opening.salt);
    opening.data.assign(data.begin(), data.end());
    opening.entry.body = keys::commitment(schema::word_of(kind), opening.salt, data);
    const std::uint64_t index = size();
    Bytes salted(opening.salt.begin(), opening.salt.end());
    salted.insert(salted.end(), data.begin(), data.end());
    const std::array<BytesView, 2> parts{salted, texts};
    LAPX_TRY(store_opening(parts_.database, parts_.master, index,
                           std::span(parts).first(texts.empty() ? 1 : 2), parts_.random));
    const std::string text = schema::print_entry(opening.entry);
    LAPX_TRY(tree_.append(leaf_hash(as_bytes(text))));
    add_entry(unwritten_, as_bytes(text));
    if (++unwritten_count_ == kEntriesInRow) {
        LAPX_TRY(write_entries());
    }
    last_time_ = opening.entry.time;
    fresh_.push_back(std::move(opening));
    return Appended{index, fresh_.back().entry};
}

Result<void> Log::write_entries() {
    if (unwritten_count_ == 0) {
        return {};
    }
    LAPX_TRY(parts_.database.run("INSERT INTO leaf(first, count, entries) VALUES(?, ?, ?)",
                                 size() - unwritten_count_, unwritten_count_, unwritten_));
    unwritten_.clear();
    unwritten_count_ = 0;
    return {};
}

Result<std::string> Log::sign_checkpoint() {
    if (size() == 0) {
        return fail(Code::kInvalidArgument, "nothing to sign");
    }
    if (newest_ && newest_->checkpoint.size == size()) {
        return newest_->note;
    }
    LAPX_TRY(write_entries());
    LAPX_TRY_ASSIGN(const Hash root, tree_.root());
    SignedCheckpoint next{{parts_.origin, size(), root}, {}};
    next.note =
        keys::sign_note(schema::print_checkpoint(next.checkpoint), parts_.origin, parts_.signer);
    LAPX_TRY(parts_.database.run("INSERT INTO checkpoint(size, note) VALUES(?, ?)", size(),
                                 as_bytes(next.note)));
    newest_ = std::move(next);
    return newest_->note;
}

void Log::committed() {
    if (newest_ && !fresh_.empty()) {
        head_file_.write(newest_->note);
    }
    recent_ = std::exchange(fresh_, {});
}

Result<void> Log::rolled_back() { return load(); }

Result<LogHead> Log::head() {
    if (!newest_) {
        return fail(Code::kNotFound, "nothing is signed yet");
    }
    LAPX_TRY_ASSIGN(std::vector<std::string> names,
                    cosigners(parts_.database, newest_->checkpoint.size));
    return LogHead{*newest_, std::move(names)};
}

Result<std::string> Log::proof(std::uint64_t index, std::uint64_t size) {
    LAPX_TRY_ASSIGN(const SignedCheckpoint checkpoint, checkpoint_at(parts_.database, size));
    LAPX_TRY_ASSIGN(const std::string head, proof_head(index, size));
    LAPX_TRY_ASSIGN(const std::string note, cosigned_note(parts_.database, checkpoint));
    return head + note;
}

Result<std::string> Log::proof_head(std::uint64_t index, std::uint64_t size) {
    if (size > this->size()) {
        return fail(Code::kNotFound, "no checkpoint of this size");
    }
    if (const schema::Opening* const at_hand = find_opening(index)) {
        return ledger::proof_head(tree_, *at_hand, index, size);
    }
    LAPX_TRY_ASSIGN(const schema::Opening opening, this->opening(index));
    return ledger::proof_head(tree_, opening, index, size);
}

const schema::Opening* Log::find_opening(std::uint64_t index) const {
    const std::uint64_t committed = size() - fresh_.size();
    const std::uint64_t before = committed - recent_.size();
    if (index < before || index >= size()) {
        return nullptr;
    }
    return index < committed ? &recent_[index - before] : &fresh_[index - committed];
}

Result<std::vector<Hash>> Log::consistency(std::uint64_t old_size, std::uint64_t new_size) {
    if (new_size > size()) {
        return fail(Code::kInvalidArgument, "the log is not that long");
    }
    return consistency_proof(old_size, new_size, tree_);
}

Result<schema::Opening> Log::opening(std::uint64_t index) {
    return opening_at(parts_.database, parts_.master, index);
}

Result<Bytes> Log::texts(std::uint64_t index) {
    return read_part(parts_.database, parts_.master, index, OpeningPart::kTexts);
}

Result<void> Log::erase(std::uint64_t index, OpeningPart part) {
    forget_openings();
    return erase_part(parts_.database, index, part);
}

Result<void> Log::add_cosignature(std::uint64_t size, std::string_view line,
                                  const keys::VerifierKey& witness) {
    LAPX_TRY_ASSIGN(const SignedCheckpoint checkpoint, checkpoint_at(parts_.database, size));
    LAPX_TRY(
        keys::verify_cosignature(schema::print_checkpoint(checkpoint.checkpoint), line, witness));
    return parts_.database.run(
        "INSERT INTO cosignature(size, name, line) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", size,
        witness.name, line);
}

}  // namespace lapx::ledger
