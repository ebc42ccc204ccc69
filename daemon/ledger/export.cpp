#include "daemon/ledger/export.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "daemon/ledger/opening.hpp"
#include "daemon/ledger/records.hpp"
#include "daemon/ledger/stored_tree.hpp"

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

Result<std::uint64_t> write_proofs(const Staging& staging, const ExportParts& parts,
                                   std::uint64_t size, const std::string& note) {
    LAPX_TRY_ASSIGN(StoredTree tree, StoredTree::load(parts.database, size));
    std::uint64_t proofs = 0;
    const auto prove = [&](std::uint64_t index, BytesView text) -> Result<void> {
        const auto entry = schema::parse_entry(as_text(text));
        if (!entry) {
            return fail(Code::kLedgerBroken, "an entry is malformed");
        }
        if (!parts.may_open(index, entry->kind)) {
            return {};
        }
        const auto opening = opening_at(parts.database, parts.master, index);
        if (!opening && opening.error().code == Code::kErased) {
            return {};
        }
        LAPX_TRY(opening);
        LAPX_TRY_ASSIGN(const std::string head, proof_head(tree, *opening, index, size));
        ++proofs;
        return staging.write("proofs/" + std::to_string(index) + ".tlog-proof",
                             as_bytes(head + note));
    };
    LAPX_TRY(for_each_entry(parts.database, 0, size, prove));
    return proofs;
}

}  // namespace

Result<Exported> export_to(const std::string& where, const ExportParts& parts) {
    std::error_code error;
    // Without a slash at its end, so that what stands beside it can be named.
    const std::string folder = where.substr(0, where.find_last_not_of('/') + 1);
    if (fs::exists(folder, error) &&
        !(fs::is_directory(folder, error) && fs::is_empty(folder, error))) {
        return fail(Code::kInvalidArgument, "the folder to export to is in use");
    }
    LAPX_TRY_ASSIGN(const auto newest, newest_checkpoint(parts.database));
    if (!newest) {
        return fail(Code::kNotFound, "nothing is signed yet");
    }
    LAPX_TRY_ASSIGN(const std::string note, cosigned_note(parts.database, *newest));
    LAPX_TRY_ASSIGN(Staging staging, Staging::make(folder));
    LAPX_TRY(staging.write("README", as_bytes(kReadme)));
    LAPX_TRY(staging.write("policy", as_bytes(schema::print_tlog_policy(parts.policy))));
    LAPX_TRY(staging.write("checkpoint", as_bytes(note)));
    LAPX_TRY(write_tiles(staging, parts.database, newest->checkpoint));
    const std::uint64_t size = newest->checkpoint.size;
    LAPX_TRY_ASSIGN(const std::uint64_t proofs, write_proofs(staging, parts, size, note));
    LAPX_TRY(staging.put_in_place(folder));
    return Exported{size, proofs};
}

}  // namespace lapx::ledger
