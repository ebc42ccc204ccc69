#include "daemon/ledger/export.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "daemon/ledger/draw.hpp"
#include "daemon/ledger/opening.hpp"
#include "daemon/ledger/records.hpp"
#include "daemon/ledger/stored_tree.hpp"
#include "schema/limits.hpp"
#include "schema/notes/values.hpp"

namespace lapx::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kReadme =
    R"(This folder is a copy of one agency's lapx ledger. Everything in it is a public format:

checkpoint      the newest signed tree head, with cosignatures of witnesses
                (C2SP tlog-checkpoint, tlog-cosignature)
policy          the verifier keys of the log and of the witnesses (C2SP tlog-policy)
tile/L/N        the Merkle tree of RFC 6962, in tiles (C2SP tlog-tiles)
tile/entries/N  the entries, in bundles (C2SP tlog-tiles); an entry is a text that
                commits to its data without showing it
proofs/I.tlog-proof
                the proof that entry I is in the log, with the opening that shows
                what it commits to, for those entries that the exporter may open
                (C2SP tlog-proof)

To check it: verify the checkpoint's signature with the log's key of `policy`, after
comparing that key with the agency's card; hash the entries and compare with the
tiles; hash the tiles up to the checkpoint's root; check each proof. An opening's salt
and data hash to the body of its entry: SHA-256 of "lapx/commit@v1", LF, kind, LF, the
32 octets of salt, the length of the data in 8 octets, big end first, and the data.
)";

constexpr std::string_view kSampleReadme =
    R"(This folder is a sample of one agency's lapx ledger, drawn by a seed. Everything in it is a
public format:

sample          the seed, and which entries it drew, in order: opened, sealed (whoever made
                this may not open them) or erased
checkpoint      the signed tree head that it is a sample of, with cosignatures of witnesses
                (C2SP tlog-checkpoint, tlog-cosignature)
policy          the verifier keys of the log and of the witnesses (C2SP tlog-policy)
proofs/I.tlog-proof
                the proof that entry I is in the log, with the opening that shows what it
                commits to where that is opened, else with the entry alone (C2SP tlog-proof)

To check it: lapx verify --seed SEED --card CARD FOLDER. Or work the draw out anew: attempt C
gives the number in the first 8 octets, big end first, of SHA-256 of "lapx/audit-sample@v1",
LF, the seed, and the size of the checkpoint and C, in 8 octets each, big end first. A number
that is 2^64 - (2^64 mod size) or more is passed over; else the number mod size is an entry,
drawn unless it was before. C counts from 0.
)";

tl::unexpected<Error> failed(const char* what) {
    return fail(errno == ENOSPC || errno == EDQUOT ? Code::kDiskFull : Code::kIo,
                std::string("export: ") + what);
}

// A folder beside the one asked for, which takes its place when it is whole.
class Staging {
  public:
    static Result<Staging> make(const std::string& target) {
        std::string name = target + ".XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) {
            return failed("cannot make a folder");
        }
        return Staging(std::move(name));
    }
    Staging(Staging&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    Staging& operator=(Staging&&) = delete;
    ~Staging() {
        if (!path_.empty()) {
            std::error_code ignored;
            fs::remove_all(path_, ignored);
        }
    }

    Result<void> write(const std::string& name, BytesView octets) const {
        const fs::path path = fs::path(path_) / name;
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0) {
            return failed("cannot make a file");
        }
        while (!octets.empty()) {
            const ssize_t written = ::write(file, octets.data(), octets.size());
            if (written <= 0) {
                const auto error_now = failed("cannot write a file");
                ::close(file);
                return error_now;
            }
            octets = octets.subspan(static_cast<std::size_t>(written));
        }
        return ::close(file) == 0 ? Result<void>() : failed("cannot write a file");
    }

    // rename(2) replaces a folder only if it is empty.
    Result<void> put_in_place(const std::string& target) {
        if (::rename(path_.c_str(), target.c_str()) != 0) {
            return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
                       ? fail(Code::kInvalidArgument, "the folder to export to is in use")
                       : failed("cannot rename the folder");
        }
        path_.clear();
        return {};
    }

  private:
    explicit Staging(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

// Tiles and bundles, made anew from the entries.
class TileWriter final : Edge::Sink {
  public:
    explicit TileWriter(const Staging& staging) : staging_(staging) {}

    Result<void> add(BytesView entry) {
        add_entry(bundle_, entry);
        LAPX_TRY(edge_.append(leaf_hash(entry), *this));
        return edge_.size() % kTileWidth == 0 ? flush_bundle(kTileWidth) : Result<void>();
    }
    Result<void> finish() {
        if (!bundle_.empty()) {
            LAPX_TRY(flush_bundle(edge_.size() % kTileWidth));
        }
        for (unsigned level = 0; hashes_at(edge_.size(), level) > 0; ++level) {
            if (hashes_at(edge_.size(), level) % kTileWidth != 0) {
                LAPX_TRY(write(level, hashes_at(edge_.size(), level + 1), edge_.tile(level)));
            }
        }
        return {};
    }
    Result<Hash> root() { return edge_.root(); }

  private:
    Result<void> tile(unsigned level, std::uint64_t n, const Tile& tile) override {
        return tile.full() ? write(level, n, tile) : Result<void>();
    }
    Result<void> write(unsigned level, std::uint64_t n, const Tile& tile) {
        return staging_.write(tile_path(std::to_string(level), n, tile.width()), tile.bytes());
    }
    Result<void> flush_bundle(std::uint64_t width) {
        const std::uint64_t n = (edge_.size() - 1) / kTileWidth;
        LAPX_TRY(staging_.write(tile_path("entries", n, width), bundle_));
        bundle_.clear();
        return {};
    }

    const Staging& staging_;
    Edge edge_;
    Bytes bundle_;
};

Result<void> write_tiles(const Staging& staging, store::Database& database,
                         const schema::Checkpoint& checkpoint) {
    TileWriter writer(staging);
    LAPX_TRY(for_each_entry(database, 0, checkpoint.size,
                            [&](std::uint64_t, BytesView entry) { return writer.add(entry); }));
    LAPX_TRY(writer.finish());
    LAPX_TRY_ASSIGN(const Hash root, writer.root());
    return root == checkpoint.root
               ? Result<void>()
               : fail(Code::kLedgerBroken, "the entries do not have the checkpoint's root");
}

// What may be shown of an entry.
struct Proved {
    schema::Drawn shown;
    std::string head;  // of its proof; with the opening where it is opened
};

Result<Proved> prove(const ExportParts& parts, StoredTree& tree, std::uint64_t index,
                     std::string_view text) {
    const auto entry = schema::parse_entry(text);
    if (!entry) {
        return fail(Code::kLedgerBroken, "an entry is malformed");
    }
    const auto opening = opening_at(parts.database, parts.master, index);
    if (!opening && opening.error().code != Code::kErased) {
        return tl::unexpected<Error>(opening.error());
    }
    const bool opened = opening && parts.may_open(index, entry->kind);
    LAPX_TRY_ASSIGN(std::string head, opened ? proof_head(tree, *opening, index, tree.size())
                                             : sealed_proof_head(tree, *entry, index, tree.size()));
    return Proved{opened    ? schema::Drawn::kOpened
                  : opening ? schema::Drawn::kSealed
                            : schema::Drawn::kErased,
                  std::move(head)};
}

Result<void> write_proof(const Staging& staging, std::uint64_t index, const std::string& head,
                         const std::string& note) {
    return staging.write("proofs/" + std::to_string(index) + ".tlog-proof", as_bytes(head + note));
}

Result<std::uint64_t> write_proofs(const Staging& staging, const ExportParts& parts,
                                   std::uint64_t size, const std::string& note) {
    LAPX_TRY_ASSIGN(StoredTree tree, StoredTree::load(parts.database, size));
    std::uint64_t proofs = 0;
    const auto write = [&](std::uint64_t index, BytesView text) -> Result<void> {
        const auto entry = schema::parse_entry(as_text(text));
        if (entry && !parts.may_open(index, entry->kind)) {
            return {};
        }
        LAPX_TRY_ASSIGN(const Proved proved, prove(parts, tree, index, as_text(text)));
        if (proved.shown != schema::Drawn::kOpened) {
            return {};
        }
        ++proofs;
        return write_proof(staging, index, proved.head, note);
    };
    LAPX_TRY(for_each_entry(parts.database, 0, size, write));
    return proofs;
}

// A folder to be, with what every export begins with.
struct Begun {
    std::string target;
    Staging staging;
    schema::Checkpoint checkpoint;
    std::string note;
};

Result<Begun> begin_export(const std::string& where, const ExportParts& parts,
                           std::string_view readme) {
    std::error_code error;
    // Without a slash at its end, so that what stands beside it can be named.
    std::string folder = where.substr(0, where.find_last_not_of('/') + 1);
    if (fs::exists(folder, error) &&
        !(fs::is_directory(folder, error) && fs::is_empty(folder, error))) {
        return fail(Code::kInvalidArgument, "the folder to export to is in use");
    }
    LAPX_TRY_ASSIGN(auto newest, newest_checkpoint(parts.database));
    if (!newest) {
        return fail(Code::kNotFound, "nothing is signed yet");
    }
    LAPX_TRY_ASSIGN(std::string note, cosigned_note(parts.database, *newest));
    LAPX_TRY_ASSIGN(Staging staging, Staging::make(folder));
    LAPX_TRY(staging.write("README", as_bytes(readme)));
    LAPX_TRY(staging.write("policy", as_bytes(schema::print_tlog_policy(parts.policy))));
    LAPX_TRY(staging.write("checkpoint", as_bytes(note)));
    return Begun{std::move(folder), std::move(staging), std::move(newest->checkpoint),
                 std::move(note)};
}

}  // namespace

Result<Exported> export_to(const std::string& folder, const ExportParts& parts) {
    LAPX_TRY_ASSIGN(Begun begun, begin_export(folder, parts, kReadme));
    LAPX_TRY(write_tiles(begun.staging, parts.database, begun.checkpoint));
    const std::uint64_t size = begun.checkpoint.size;
    LAPX_TRY_ASSIGN(const std::uint64_t proofs,
                    write_proofs(begun.staging, parts, size, begun.note));
    LAPX_TRY(begun.staging.put_in_place(begun.target));
    return Exported{size, proofs};
}

Result<Exported> sample_to(const std::string& folder, const ExportParts& parts,
                           const std::string& seed, std::uint64_t count) {
    if (!schema::name_from(seed) || count > schema::kMaxSample) {
        return fail(Code::kInvalidArgument,
                    "a seed is one line of at most 200 octets, and draws at most 1,000 entries");
    }
    LAPX_TRY_ASSIGN(Begun begun, begin_export(folder, parts, kSampleReadme));
    const std::uint64_t size = begun.checkpoint.size;
    LAPX_TRY_ASSIGN(const auto drawn, draw(seed, size, count));
    LAPX_TRY_ASSIGN(StoredTree tree, StoredTree::load(parts.database, size));
    schema::AuditSample sample{begun.checkpoint.origin, size, seed, {}};
    for (const std::uint64_t index : drawn) {
        LAPX_TRY_ASSIGN(const std::string text, entry_at(parts.database, index));
        LAPX_TRY_ASSIGN(const Proved proved, prove(parts, tree, index, text));
        LAPX_TRY(write_proof(begun.staging, index, proved.head, begun.note));
        sample.drawn.push_back({index, proved.shown});
    }
    LAPX_TRY(begun.staging.write("sample", as_bytes(schema::print_audit_sample(sample))));
    LAPX_TRY(begun.staging.put_in_place(begun.target));
    return Exported{size, drawn.size()};
}

}  // namespace lapx::ledger
