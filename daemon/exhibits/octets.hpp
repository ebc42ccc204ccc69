#pragma once
// The octets of an exhibit, sealed and opened piece by piece (protocol.md 7.3): no call takes more
// than a millisecond or holds more than a few chunks.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "daemon/exhibits/files.hpp"
#include "daemon/model/exhibit.hpp"
#include "keys/age.hpp"
#include "keys/hash.hpp"

namespace lapx::exhibits {

// Errors: kDatabaseBroken, for what is no identity.
Result<keys::Identity> identity_of(const model::SealedExhibit& exhibit);

// Seals what comes in pieces: in memory what a parcel has room for, else into a new file of the
// folder, which is discarded unless it is kept.
class Sealing {
  public:
    // `plain_size` octets are to come. Errors: those of Folder::write.
    static Result<std::unique_ptr<Sealing>> begin(Folder& folder, std::uint64_t plain_size,
                                                  Random& random);
    Sealing(const Sealing&) = delete;
    Sealing& operator=(const Sealing&) = delete;
    ~Sealing() = default;

    Result<void> write(BytesView plain);
    // Once; a file is then on disk. Its element is 0.
    Result<model::SealedExhibit> finish();
    // Somebody durable names the file, if there is one.
    void keep();

  private:
    // A file that is not kept yet.
    struct File {
        File(Folder& folder, std::string file_name, Writer begun)
            : name(file_name), tentative(folder, std::move(file_name)), writer(std::move(begun)) {}
        std::string name;
        Tentative tentative;
        Writer writer;
    };
    explicit Sealing(Random& random);
    Result<void> put(BytesView sealed);

    std::optional<File> file_;
    Bytes sealed_;  // where there is no file
    keys::Identity identity_;
    keys::Sha256 plain_hash_;
    keys::Sha256 sealed_hash_;
    std::uint64_t plain_size_ = 0;
    keys::Sealer sealer_;
};

// Whether sealed octets are those of the view, and open to those of the view.
class Check {
  public:
    // Errors: those of identity_of.
    static Result<std::unique_ptr<Check>> begin(Source source, const model::SealedExhibit& exhibit);
    // True: all of it is as it should be. Errors: kExhibitMismatch, those of Source.
    Result<bool> step();

  private:
    Check(Source source, const model::SealedExhibit& exhibit, keys::Identity identity);
    Result<void> compare();

    Source source_;
    const ContentDigest plain_;
    const std::uint64_t plain_size_;
    const ContentDigest sealed_;
    const std::uint64_t sealed_size_;
    const keys::Identity identity_;
    std::uint64_t at_ = 0;
    std::uint64_t opened_ = 0;
    keys::Sha256 plain_hash_;
    keys::Sha256 sealed_hash_;
    keys::Opener opener_;
};

// The plaintext in order, chunk by chunk.
class PlainReader {
  public:
    static Result<std::unique_ptr<PlainReader>> begin(Source source,
                                                      const model::SealedExhibit& exhibit);
    std::uint64_t size() const { return size_; }
    // Fills `out` as far as there is a chunk for it; 0 at the end only. Errors: kExhibitMismatch,
    // those of Source.
    Result<std::size_t> read(std::span<std::uint8_t> out);

  private:
    PlainReader(Source source, std::uint64_t size, keys::Identity identity);

    Source source_;
    const std::uint64_t size_;
    const keys::Identity identity_;
    std::uint64_t at_ = 0;
    bool ended_ = false;
    Bytes plain_;
    std::size_t given_ = 0;  // of plain_
    keys::Opener opener_;
};

}  // namespace lapx::exhibits
