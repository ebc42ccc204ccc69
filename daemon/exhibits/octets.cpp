#include "daemon/exhibits/octets.hpp"

#include <algorithm>
#include <utility>

#include "schema/limits.hpp"

namespace lapx::exhibits {
namespace {

constexpr std::size_t kPiece = keys::kAgeChunk + keys::kAgeTag;
constexpr std::size_t kPiecesPerStep = 4;

tl::unexpected<Error> mismatch(const char* what) { return fail(Code::kExhibitMismatch, what); }

}  // namespace

Result<keys::Identity> identity_of(const model::SealedExhibit& exhibit) {
    auto secret = keys::Secret<32>::from(exhibit.identity.view());
    if (!secret) {
        return fail(Code::kDatabaseBroken, "the identity of an exhibit");
    }
    return keys::Identity(std::move(*secret));
}

Result<std::unique_ptr<Sealing>> Sealing::begin(Folder& folder, std::uint64_t plain_size,
                                                Random& random) {
    const std::uint64_t sealed_size = keys::sealed_size(plain_size);
    std::unique_ptr<Sealing> out(new Sealing(random));
    if (sealed_size <= schema::kMaxInlineExhibits) {
        out->sealed_.reserve(sealed_size);
        return out;
    }
    std::string name = Folder::new_name(random);
    LAPX_TRY_ASSIGN(Writer writer, folder.write(name, sealed_size));
    out->file_.emplace(folder, std::move(name), std::move(writer));
    return out;
}

Sealing::Sealing(Random& random)
    : identity_(keys::Identity::generate(random)),
      sealer_(identity_.recipient(), random, [this](BytesView sealed) { return put(sealed); }) {}

Result<void> Sealing::put(BytesView sealed) {
    sealed_hash_.update(sealed);
    if (file_) {
        return file_->writer.write(sealed);
    }
    sealed_.insert(sealed_.end(), sealed.begin(), sealed.end());
    return {};
}

Result<void> Sealing::write(BytesView plain) {
    plain_hash_.update(plain);
    plain_size_ += plain.size();
    return sealer_.write(plain);
}

Result<model::SealedExhibit> Sealing::finish() {
    LAPX_TRY(sealer_.finish());
    model::SealedExhibit out;
    out.plain = ContentDigest{plain_hash_.finish()};
    out.plain_size = plain_size_;
    out.sealed_digest = ContentDigest{sealed_hash_.finish()};
    out.sealed = std::move(sealed_);
    out.identity = keys::SecretBytes(BytesView(identity_.secret().view()));
    if (file_) {
        LAPX_TRY(file_->writer.finish());
        out.file = file_->name;
        out.file_size = file_->writer.size();
    }
    return out;
}

void Sealing::keep() {
    if (file_) {
        file_->tentative.keep();
    }
}

Result<std::unique_ptr<Check>> Check::begin(Source source, const model::SealedExhibit& exhibit) {
    LAPX_TRY_ASSIGN(keys::Identity identity, identity_of(exhibit));
    return std::unique_ptr<Check>(new Check(std::move(source), exhibit, std::move(identity)));
}

Check::Check(Source source, const model::SealedExhibit& exhibit, keys::Identity identity)
    : source_(std::move(source)),
      plain_(exhibit.plain),
      plain_size_(exhibit.plain_size),
      sealed_(exhibit.sealed_digest),
      sealed_size_(exhibit.sealed_size()),
      identity_(std::move(identity)),
      opener_(identity_, [this](BytesView plain) {
          plain_hash_.update(plain);
          opened_ += plain.size();
          return Result<void>{};
      }) {}

Result<bool> Check::step() {
    if (source_.size() != sealed_size_) {
        return mismatch("size");
    }
    for (std::size_t i = 0; i < kPiecesPerStep; ++i) {
        LAPX_TRY_ASSIGN(const Bytes piece, source_.read(at_, kPiece));
        if (piece.empty()) {
            LAPX_TRY(compare());
            return true;
        }
        at_ += piece.size();
        sealed_hash_.update(piece);
        if (!opener_.write(piece)) {
            return mismatch("it does not open");
        }
    }
    return false;
}

Result<void> Check::compare() {
    if (ContentDigest{sealed_hash_.finish()} != sealed_) {
        return mismatch("sealed file");
    }
    if (!opener_.finish() || opened_ != plain_size_ ||
        ContentDigest{plain_hash_.finish()} != plain_) {
        return mismatch("it does not open to what it should");
    }
    return {};
}

Result<std::unique_ptr<PlainReader>> PlainReader::begin(Source source,
                                                        const model::SealedExhibit& exhibit) {
    LAPX_TRY_ASSIGN(keys::Identity identity, identity_of(exhibit));
    return std::unique_ptr<PlainReader>(
        new PlainReader(std::move(source), exhibit.plain_size, std::move(identity)));
}

PlainReader::PlainReader(Source source, std::uint64_t size, keys::Identity identity)
    : source_(std::move(source)),
      size_(size),
      identity_(std::move(identity)),
      opener_(identity_, [this](BytesView plain) {
          plain_.insert(plain_.end(), plain.begin(), plain.end());
          return Result<void>{};
      }) {}

Result<std::size_t> PlainReader::read(std::span<std::uint8_t> out) {
    if (given_ == plain_.size()) {
        plain_.clear();
        given_ = 0;
    }
    while (plain_.empty() && !ended_) {
        LAPX_TRY_ASSIGN(const Bytes piece, source_.read(at_, kPiece));
        at_ += piece.size();
        ended_ = piece.empty();
        if (!(ended_ ? opener_.finish() : opener_.write(piece))) {
            return mismatch("it does not open");
        }
    }
    const std::size_t count = std::min(out.size(), plain_.size() - given_);
    std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(given_), count, out.begin());
    given_ += count;
    return count;
}

}  // namespace lapx::exhibits
