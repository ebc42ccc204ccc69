#include "daemon/ledger/verify.hpp"

#include <algorithm>
#include <deque>

#include "daemon/ledger/check.hpp"
#include "daemon/ledger/records.hpp"
#include "daemon/ledger/stored_tree.hpp"

namespace lapx::ledger {
namespace {

// The end of every entry (protocol.md 6.2): "\ntime 2026-11-21T18:38:17Z\nbody <44>\n".
constexpr std::string_view kTimeKey = "\ntime ";
constexpr std::size_t kTimeSize = 20;
constexpr std::size_t kTail = kTimeKey.size() + kTimeSize + 1 + 5 + 44 + 1;
constexpr std::uint64_t kCheckpointsAtOnce = 1000;

}  // namespace

class Verifier::Walk final : Edge::Sink {
  public:
    Walk(store::Database& database, const keys::VerifierKey& log_key)
        : database_(database), log_key_(log_key) {}

    const Verification& found() const { return found_; }

    Result<bool> step(std::uint64_t entries) {
        if (!begun_) {
            begun_ = true;
            LAPX_TRY_ASSIGN(const auto newest, newest_checkpoint_or_problem());
            if (!newest) {
                return true;
            }
            found_.size = newest->size;
        }
        const std::uint64_t from = edge_.size();
        const auto walked = for_each_entry(
            database_, from, from + std::min(entries, found_.size - from),
            [this](std::uint64_t index, BytesView entry) { return leaf(index, entry); });
        if (!walked) {
            if (walked.error().code != Code::kLedgerBroken) {
                return tl::unexpected<Error>(walked.error());
            }
            problem(walked.error().context);
            return true;
        }
        if (edge_.size() < found_.size) {
            return false;
        }
        LAPX_TRY(edge_tiles());
        return true;
    }

  private:
    void problem(std::string what) {
        if (found_.problems.size() < Verification::kMaxProblems) {
            found_.problems.push_back(std::move(what));
        }
    }

    // Size and number of entries in one read, so that a commit in between does not matter.
    Result<std::optional<schema::Checkpoint>> newest_checkpoint_or_problem() {
        std::string note;
        {
            LAPX_TRY_ASSIGN(
                auto query,
                database_.query("SELECT coalesce((SELECT first + count FROM leaf ORDER BY first "
                                "DESC LIMIT 1), 0), "
                                "(SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1)"));
            LAPX_TRY(query.step());
            leaves_ = static_cast<std::uint64_t>(query.integer(0));
            note = query.text(1);
        }
        if (note.empty() && leaves_ == 0) {
            return std::optional<schema::Checkpoint>();
        }
        auto checkpoint = check_checkpoint(note, {&log_key_, 1});
        if (!checkpoint) {
            problem("the newest checkpoint is missing or not signed by the log's key");
            return std::optional<schema::Checkpoint>();
        }
        if (checkpoint->size != leaves_) {
            problem("the newest checkpoint is of " + std::to_string(checkpoint->size) +
                    " entries, but there are " + std::to_string(leaves_));
        }
        return std::optional(std::move(*checkpoint));
    }

    Result<void> leaf(std::uint64_t index, BytesView entry) {
        check_time(index, as_text(entry));
        LAPX_TRY(edge_.append(leaf_hash(entry), *this));
        while (checkpoints_.empty() && !no_more_checkpoints_) {
            LAPX_TRY(read_checkpoints(index));
        }
        if (!checkpoints_.empty() && checkpoints_.front().checkpoint.size == index + 1) {
            LAPX_TRY_ASSIGN(const Hash root, edge_.root());
            check_root(checkpoints_.front(), root);
            checkpoints_.pop_front();
        }
        return {};
    }

    void check_time(std::uint64_t index, std::string_view entry) {
        const std::size_t at = entry.size() < kTail ? 0 : entry.size() - kTail;
        if (entry.size() < kTail || entry.substr(at, kTimeKey.size()) != kTimeKey) {
            problem("entry " + std::to_string(index) + " is malformed");
            return;
        }
        const std::string_view time = entry.substr(at + kTimeKey.size(), kTimeSize);
        // Times of one form sort as their text does.
        if (time < last_time_) {
            problem("entry " + std::to_string(index) + " is earlier than the one before");
        }
        last_time_ = time;
    }

    // Those after `size`.
    Result<void> read_checkpoints(std::uint64_t size) {
        LAPX_TRY_ASSIGN(auto query,
                        database_.query("SELECT size, note FROM checkpoint WHERE size > "
                                        "? ORDER BY size LIMIT ?",
                                        size, kCheckpointsAtOnce));
        LAPX_TRY(store::for_each(query, [this](const store::Statement& row) -> Result<void> {
            const auto key = static_cast<std::uint64_t>(row.integer(0));
            auto checkpoint = checkpoint_of(row.text(1));
            if (!checkpoint || checkpoint->size != key || checkpoint->origin != log_key_.name) {
                problem("the checkpoint of size " + std::to_string(key) + " is not one");
                checkpoint = schema::Checkpoint{log_key_.name, key, {}};
            }
            checkpoints_.push_back({std::move(*checkpoint), {}});
            return {};
        }));
        no_more_checkpoints_ = checkpoints_.empty();
        return {};
    }

    void check_root(const SignedCheckpoint& held, const Hash& root) {
        if (held.checkpoint.root != root) {
            problem("the checkpoint of size " + std::to_string(held.checkpoint.size) +
                    " has another root than the entries");
        }
    }

    // Full tiles as they are completed; partial ones at the end.
    Result<void> tile(unsigned level, std::uint64_t n, const Tile& tile) override {
        return tile.full() ? compare(level, n, tile) : Result<void>();
    }
    Result<void> edge_tiles() {
        for (unsigned level = 1; hashes_at(edge_.size(), level) > 0; ++level) {
            if (hashes_at(edge_.size(), level) % kTileWidth != 0) {
                LAPX_TRY(compare(level, hashes_at(edge_.size(), level + 1), edge_.tile(level)));
            }
        }
        return {};
    }

    Result<void> compare(unsigned level, std::uint64_t n, const Tile& tile) {
        LAPX_TRY_ASSIGN(auto query,
                        database_.query("SELECT hashes FROM tile WHERE id = ?", tile_id(level, n)));
        LAPX_TRY_ASSIGN(const bool found, query.step());
        const BytesView computed = tile.bytes();
        const BytesView stored = found ? query.blob(0) : BytesView();
        // The stored one may have grown since this check began.
        if (stored.size() < computed.size() ||
            !std::equal(computed.begin(), computed.end(), stored.begin())) {
            problem(difference(level, n, computed, stored));
        }
        return {};
    }

    static std::string difference(unsigned level, std::uint64_t n, BytesView computed,
                                  BytesView stored) {
        const auto place = "tile " + std::to_string(level) + "/" + std::to_string(n);
        if (stored.size() < computed.size()) {
            return place + " is missing or too short";
        }
        const auto at = std::mismatch(computed.begin(), computed.end(), stored.begin()).first;
        const auto hash = static_cast<std::uint64_t>(at - computed.begin()) / Hash::kSize;
        return place + (level == 0 ? ": entry " : ": hash ") +
               std::to_string(n * kTileWidth + hash) + " is not what was logged";
    }

    store::Database& database_;
    const keys::VerifierKey& log_key_;
    bool begun_ = false;
    Verification found_;
    Edge edge_;
    std::uint64_t leaves_ = 0;
    std::string last_time_;
    std::deque<SignedCheckpoint> checkpoints_;
    bool no_more_checkpoints_ = false;
};

Verifier::Verifier(store::Database& database, const keys::VerifierKey& log_key)
    : walk_(std::make_unique<Walk>(database, log_key)) {}
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier::~Verifier() = default;

Result<bool> Verifier::step(std::uint64_t entries) { return walk_->step(entries); }
const Verification& Verifier::found() const { return walk_->found(); }

}  // namespace lapx::ledger
