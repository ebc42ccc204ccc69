#include "keys/age.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>

#include "keys/hash.hpp"

namespace lapx::keys {
namespace {

constexpr std::string_view kX25519 = "X25519";
constexpr std::string_view kX25519Info = "age-encryption.org/v1/X25519";
constexpr std::size_t kFileKey = 16;
// Each costs a key agreement: a header of 64 KiB could ask for hundreds.
constexpr std::size_t kMaxX25519Stanzas = 32;
constexpr std::array<std::uint8_t, 12> kZeroNonce{};
constexpr std::size_t kSealedChunk = kAgeChunk + kAgeTag;

using Key32 = std::array<std::uint8_t, 32>;

tl::unexpected<Error> failure(std::string_view which) {
    return fail(Code::kParcelUnreadable, std::string(which));
}

// RFC 7748 with the check for zero; false if the result is zero.
bool agree(std::span<const std::uint8_t, 32> secret, const Key32& point, Wiped<32>& shared) {
    return crypto_scalarmult(shared.bytes().data(), secret.data(), point.data()) == 0;
}

void wrap_key(const Wiped<32>& shared, const Key32& share, const Recipient& recipient,
              Wiped<32>& key) {
    std::array<std::uint8_t, 64> salt;
    std::copy(share.begin(), share.end(), salt.begin());
    std::copy(recipient.bytes().begin(), recipient.bytes().end(), salt.begin() + 32);
    hkdf_sha256(shared.view(), salt, as_bytes(kX25519Info), key.bytes());
}

Sha256Value header_mac(const Wiped<kFileKey>& file_key, std::string_view authenticated) {
    Wiped<32> key;
    hkdf_sha256(file_key.view(), {}, as_bytes("header"), key.bytes());
    return hmac_sha256(key.view(), {as_bytes(authenticated)});
}

// The header of a new file, and its nonce; the payload's key goes to `payload`.
Bytes begin_file(const Recipient& recipient, Random& random, std::optional<AgePayload>& payload) {
    Wiped<32> ephemeral;
    Wiped<kFileKey> file_key;
    std::array<std::uint8_t, kAgeNonce> nonce;
    random.fill(ephemeral.bytes());
    random.fill(file_key.bytes());
    random.fill(nonce);

    Key32 share;
    crypto_scalarmult_base(share.data(), ephemeral.view().data());
    Wiped<32> shared;
    if (!agree(ephemeral.view(), recipient.bytes(), shared)) {
        std::abort();  // no Recipient has small order
    }
    Wiped<32> key;
    wrap_key(shared, share, recipient, key);
    std::array<std::uint8_t, kFileKey + kAgeTag> wrapped;
    crypto_aead_chacha20poly1305_ietf_encrypt(wrapped.data(), nullptr, file_key.view().data(),
                                              kFileKey, nullptr, 0, nullptr, kZeroNonce.data(),
                                              key.view().data());
    std::string header = print_age_header(share, wrapped);
    header += print_age_mac(header_mac(file_key, header));
    payload.emplace(file_key.view(), nonce);
    Bytes out = to_bytes(header);
    out.insert(out.end(), nonce.begin(), nonce.end());
    return out;
}

// Tries the stanzas in order. Errors: kAgeHeaderFailure, kAgeNoMatch.
Result<void> unwrap(const AgeHeader& header, const Identity& identity, Wiped<kFileKey>& file_key) {
    std::size_t tried = 0;
    for (const AgeStanza& stanza : header.stanzas) {
        if (stanza.type != kX25519) {
            continue;
        }
        const auto octets = stanza.arguments.size() == 1
                                ? from_unpadded_base64(stanza.arguments.front())
                                : Result<Bytes>(Bytes{});
        Key32 share;
        Wiped<32> shared;
        if (!octets || octets->size() != share.size() || stanza.body.size() != kFileKey + kAgeTag ||
            ++tried > kMaxX25519Stanzas) {
            return failure(kAgeHeaderFailure);
        }
        std::copy(octets->begin(), octets->end(), share.begin());
        if (!agree(identity.secret().view(), share, shared)) {
            return failure(kAgeHeaderFailure);
        }
        Wiped<32> key;
        wrap_key(shared, share, identity.recipient(), key);
        if (crypto_aead_chacha20poly1305_ietf_decrypt(
                file_key.bytes().data(), nullptr, nullptr, stanza.body.data(), stanza.body.size(),
                nullptr, 0, kZeroNonce.data(), key.view().data()) == 0) {
            return {};
        }
    }
    return failure(kAgeNoMatch);
}

// Reads header and nonce; how many octets they are.
Result<std::size_t> begin_payload(const Identity& identity, BytesView file,
                                  std::optional<AgePayload>& payload) {
    LAPX_TRY_ASSIGN(const AgeHeader header, parse_age_header(file));
    Wiped<kFileKey> file_key;
    LAPX_TRY(unwrap(header, identity, file_key));
    if (!same_octets(header_mac(file_key, header.authenticated), header.mac)) {
        return failure(kAgeHmacFailure);
    }
    if (file.size() < header.size + kAgeNonce) {
        return failure(kAgeHeaderFailure);
    }
    payload.emplace(file_key.view(), file.subspan(header.size, kAgeNonce));
    return header.size + kAgeNonce;
}

// Cuts what comes into chunks. A full chunk stays in `pending` until more follows it, for only then
// is it known not to be the last.
template <typename Put>
Result<void> cut(Bytes& pending, BytesView more, std::size_t chunk, Put put) {
    while (!more.empty()) {
        if (pending.size() == chunk) {
            LAPX_TRY(put(pending));
            pending.clear();
        }
        if (pending.empty() && more.size() > chunk) {
            LAPX_TRY(put(more.first(chunk)));
            more = more.subspan(chunk);
            continue;
        }
        const BytesView take = more.first(std::min(more.size(), chunk - pending.size()));
        pending.insert(pending.end(), take.begin(), take.end());
        more = more.subspan(take.size());
    }
    return {};
}

}  // namespace

AgePayload::AgePayload(BytesView file_key, BytesView nonce) {
    hkdf_sha256(file_key, nonce, as_bytes("payload"), key_.bytes());
}

std::array<std::uint8_t, 12> AgePayload::next_nonce(bool last) {
    std::array<std::uint8_t, 12> nonce{};
    for (std::size_t i = 0; i < 8; ++i) {
        nonce.at(3 + i) = static_cast<std::uint8_t>(counter_ >> (56 - 8 * i));
    }
    nonce.back() = last ? 1 : 0;
    ++counter_;
    return nonce;
}

void AgePayload::seal_chunk(BytesView plain, bool last, std::uint8_t* out) {
    crypto_aead_chacha20poly1305_ietf_encrypt(out, nullptr, plain.data(), plain.size(), nullptr, 0,
                                              nullptr, next_nonce(last).data(), key_.view().data());
}

bool AgePayload::open_chunk(BytesView sealed, bool last, std::uint8_t* out) {
    const bool first = counter_ == 0;
    return sealed.size() >= kAgeTag && (first || sealed.size() > kAgeTag) &&
           crypto_aead_chacha20poly1305_ietf_decrypt(
               out, nullptr, nullptr, sealed.data(), sealed.size(), nullptr, 0,
               next_nonce(last).data(), key_.view().data()) == 0;
}

Bytes seal(const Recipient& recipient, BytesView plain, Random& random) {
    std::optional<AgePayload> payload;
    Bytes out = begin_file(recipient, random, payload);
    const std::size_t chunks = std::max<std::size_t>(1, (plain.size() + kAgeChunk - 1) / kAgeChunk);
    std::size_t at = out.size();
    out.resize(at + plain.size() + chunks * kAgeTag);
    for (std::size_t i = 0; i < chunks; ++i) {
        const BytesView chunk = plain.first(std::min(plain.size(), kAgeChunk));
        plain = plain.subspan(chunk.size());
        payload->seal_chunk(chunk, i + 1 == chunks, out.data() + at);
        at += chunk.size() + kAgeTag;
    }
    return out;
}

Result<Bytes> open(const Identity& identity, BytesView sealed) {
    std::optional<AgePayload> payload;
    LAPX_TRY_ASSIGN(const std::size_t begin, begin_payload(identity, sealed, payload));
    sealed = sealed.subspan(begin);
    const std::size_t chunks = (sealed.size() + kSealedChunk - 1) / kSealedChunk;
    // Every chunk, also the last, has at least its tag: the sizes below depend on it.
    if (chunks == 0 || sealed.size() - (chunks - 1) * kSealedChunk < kAgeTag) {
        return failure(kAgePayloadFailure);
    }
    Bytes out(sealed.size() - chunks * kAgeTag);
    for (std::size_t i = 0; i < chunks; ++i) {
        const BytesView chunk = sealed.first(std::min(sealed.size(), kSealedChunk));
        sealed = sealed.subspan(chunk.size());
        if (!payload->open_chunk(chunk, i + 1 == chunks, out.data() + i * kAgeChunk)) {
            return failure(kAgePayloadFailure);
        }
    }
    return out;
}

Sealer::Sealer(const Recipient& recipient, Random& random, Sink sink)
    : sink_(std::move(sink)), begin_(begin_file(recipient, random, payload_)) {
    plain_.reserve(kAgeChunk);
    sealed_.resize(kSealedChunk);
}

Result<void> Sealer::write(BytesView plain) {
    return cut(plain_, plain, kAgeChunk, [&](BytesView chunk) { return put_chunk(chunk, false); });
}

Result<void> Sealer::finish() { return put_chunk(plain_, true); }

Result<void> Sealer::put_chunk(BytesView plain, bool last) {
    if (!begin_.empty()) {
        LAPX_TRY(sink_(begin_));
        begin_.clear();
    }
    payload_->seal_chunk(plain, last, sealed_.data());
    return sink_(BytesView(sealed_).first(plain.size() + kAgeTag));
}

Opener::Opener(const Identity& identity, Sink sink) : identity_(identity), sink_(std::move(sink)) {
    plain_.resize(kAgeChunk);
}

Result<void> Opener::write(BytesView sealed) {
    if (!failed_) {
        if (auto done = take(sealed); !done) {
            failed_ = std::move(done).error();
        }
    }
    return failed_ ? Result<void>(tl::unexpected<Error>(*failed_)) : Result<void>();
}

Result<void> Opener::finish() {
    if (!failed_) {
        if (auto done = payload_ ? put_chunk(pending_, true) : failure(kAgeHeaderFailure); !done) {
            failed_ = std::move(done).error();
        }
    }
    return failed_ ? Result<void>(tl::unexpected<Error>(*failed_)) : Result<void>();
}

Result<void> Opener::take(BytesView sealed) {
    if (!payload_) {
        const BytesView begun =
            sealed.first(std::min(sealed.size(), kMaxAgeHeader + kAgeNonce - pending_.size()));
        pending_.insert(pending_.end(), begun.begin(), begun.end());
        sealed = sealed.subspan(begun.size());
        LAPX_TRY(start());
    }
    return cut(pending_, sealed, kSealedChunk,
               [&](BytesView chunk) { return put_chunk(chunk, false); });
}

Result<void> Opener::start() {
    if (header_size_ == 0) {
        header_size_ = find_age_header_end(pending_, header_line_).value_or(0);
    }
    if (header_size_ == 0 || pending_.size() < header_size_ + kAgeNonce) {
        return pending_.size() < kMaxAgeHeader + kAgeNonce ? Result<void>()
                                                           : failure(kAgeHeaderFailure);
    }
    LAPX_TRY_ASSIGN(const std::size_t begin, begin_payload(identity_, pending_, payload_));
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(begin));
    return {};
}

Result<void> Opener::put_chunk(BytesView sealed, bool last) {
    if (!payload_->open_chunk(sealed, last, plain_.data())) {
        return failure(kAgePayloadFailure);
    }
    return sink_(BytesView(plain_).first(sealed.size() - kAgeTag));
}

}  // namespace lapx::keys
