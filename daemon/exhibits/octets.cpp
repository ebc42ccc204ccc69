#include "daemon/exhibits/octets.hpp"

#include <algorithm>

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

Sealing::Sealing(Writer writer, std::string name, Random& random)
    : writer_(std::move(writer)),
      name_(std::move(name)),
      identity_(keys::Identity::generate(random)),
      sealer_(identity_.recipient(), random, [this](BytesView sealed) { return put(sealed); }) {}

Result<void> Sealing::put(BytesView sealed) {
    sealed_hash_.update(sealed);
    return writer_.write(sealed);
}

Result<void> Sealing::write(BytesView plain) {
    plain_hash_.update(plain);
    plain_size_ += plain.size();
    return sealer_.write(plain);
}

Result<model::SealedExhibit> Sealing::finish() {
    LAPX_TRY(sealer_.finish());
    LAPX_TRY(writer_.finish());
    return model::SealedExhibit{.element = 0,
                                .plain = ContentDigest{plain_hash_.finish()},
                                .plain_size = plain_size_,
                                .sealed_digest = ContentDigest{sealed_hash_.finish()},
                                .sealed = {},
                                .identity = keys::SecretBytes(BytesView(identity_.secret().view())),
                                .file = name_,
                                .file_size = writer_.size(),
                                .state = model::OctetsState::kHere};
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
