#include "keys/keyring.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>

#include "keys/domains.hpp"
#include "schema/base/text.hpp"

namespace lapx::keys {
namespace {

constexpr std::size_t kMaxFile = 262'144;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kSecret = 32;
constexpr std::size_t kSealTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view kByPassphrase = "passphrase ";
constexpr std::string_view kByKeyFile = "key-file";

using Salt16 = std::array<std::uint8_t, crypto_pwhash_SALTBYTES>;
using Nonce = std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;

// How a passphrase becomes a key, and the bounds of what a file may ask for.
struct Derivation {
    PassphraseCost cost;
    Salt16 salt{};
};
constexpr std::uint64_t kMaxPasses = 16;
constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 30;

struct File {
    std::optional<Derivation> derivation;  // none: by key file
    Nonce nonce{};
    std::string_view associated;
    Bytes sealed;
};

tl::unexpected<Error> malformed() { return fail(Code::kKeyInvalid, "not a keyring"); }

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxName &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                      c == '-';
           });
}

template <std::size_t N>
bool read_base64(std::string_view text, std::array<std::uint8_t, N>& out) {
    const auto octets = from_base64(text);
    if (!octets || octets->size() != N) {
        return false;
    }
    std::copy(octets->begin(), octets->end(), out.begin());
    return true;
}

Result<Derivation> parse_derivation(std::string_view text) {
    const auto words = split(text, ' ');
    Derivation out;
    if (words.size() != 3 || !read_base64(words[2], out.salt)) {
        return malformed();
    }
    LAPX_TRY_ASSIGN(out.cost.passes, number_from(words[0]));
    LAPX_TRY_ASSIGN(out.cost.memory, number_from(words[1]));
    return out;
}

// Takes "key value LF" off the front; nothing if it is not there.
std::optional<std::string_view> take(std::string_view& text, std::string_view key) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(key)) {
        return std::nullopt;
    }
    const std::string_view value = text.substr(key.size(), end - key.size());
    text.remove_prefix(end + 1);
    return value;
}

Result<File> parse(std::string_view text) {
    File out;
    std::string_view rest = text;
    if (!rest.starts_with(label::kKeyring)) {
        return malformed();
    }
    rest.remove_prefix(label::kKeyring.size());
    const auto unlock = take(rest, "unlock ");
    const auto nonce = take(rest, "nonce ");
    if (!unlock || !nonce || !read_base64(*nonce, out.nonce)) {
        return malformed();
    }
    out.associated = text.substr(0, text.size() - rest.size());
    const auto sealed = take(rest, "sealed ");
    auto octets = from_base64(sealed.value_or(""));
    if (!octets || octets->size() < kSealTag || !rest.empty()) {
        return malformed();
    }
    out.sealed = std::move(*octets);
    if (unlock->starts_with(kByPassphrase)) {
        LAPX_TRY_ASSIGN(out.derivation, parse_derivation(unlock->substr(kByPassphrase.size())));
    } else if (*unlock != kByKeyFile) {
        return malformed();
    }
    return out;
}

Result<Secret<32>> derive(const SecretBytes& passphrase, const Derivation& how) {
    if (how.cost.passes < crypto_pwhash_OPSLIMIT_MIN || how.cost.passes > kMaxPasses ||
        how.cost.memory < crypto_pwhash_MEMLIMIT_MIN || how.cost.memory > kMaxMemory) {
        return fail(Code::kKeyInvalid, "the keyring's passphrase cost is out of bounds");
    }
    Secret<32> key;
    if (crypto_pwhash(key.bytes().data(), kSecret,
                      reinterpret_cast<const char*>(passphrase.view().data()), passphrase.size(),
                      how.salt.data(), how.cost.passes, how.cost.memory,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(Code::kInternal, "not enough memory to derive a key from the passphrase");
    }
    return key;
}

std::string unlock_line(const std::optional<Derivation>& how) {
    std::string out("unlock ");
    if (how) {
        out.append(kByPassphrase).append(std::to_string(how->cost.passes)).append(" ");
        out.append(std::to_string(how->cost.memory)).append(" ").append(base64(how->salt));
    } else {
        out += kByKeyFile;
    }
    return out + "\n";
}

}  // namespace

Unlock Unlock::with_passphrase(SecretBytes passphrase, PassphraseCost cost) {
    return Unlock(Passphrase{std::move(passphrase), cost});
}

Result<Unlock> Unlock::with_key_file(const std::filesystem::path& path) {
    constexpr std::size_t kSize = 2 * kSecret + 1;
    LAPX_TRY_ASSIGN(const SecretBytes text, read_private_file(path, kSize));
    Secret<32> key;
    std::size_t size = 0;
    if (text.size() != kSize || text.view().back() != '\n' ||
        sodium_hex2bin(key.bytes().data(), kSecret,
                       reinterpret_cast<const char*>(text.view().data()), kSize - 1, nullptr, &size,
                       nullptr) != 0 ||
        size != kSecret) {
        return fail(Code::kKeyInvalid, path.string() + " is not a key file");
    }
    return Unlock(std::move(key));
}

Result<void> make_key_file(const std::filesystem::path& path, Random& random) {
    Wiped<kSecret> key;
    random.fill(key.bytes());
    SecretBytes text(2 * kSecret + 1);
    sodium_bin2hex(reinterpret_cast<char*>(text.bytes().data()), text.size(), key.view().data(),
                   kSecret);
    text.bytes().back() = '\n';
    return write_private_file(path, text.view());
}

Result<Keyring> Keyring::load(const std::filesystem::path& path, const Unlock& unlock) {
    LAPX_TRY_ASSIGN(const SecretBytes text, read_private_file(path, kMaxFile));
    LAPX_TRY_ASSIGN(const File file, parse(as_text(text.view())));
    Secret<32> derived;
    const auto* const passphrase = std::get_if<Unlock::Passphrase>(&unlock.how_);
    if ((passphrase != nullptr) != file.derivation.has_value()) {
        return fail(Code::kPassphraseWrong, file.derivation ? "the keyring opens with a passphrase"
                                                            : "the keyring opens with a key file");
    }
    if (passphrase != nullptr) {
        LAPX_TRY_ASSIGN(derived, derive(passphrase->text, *file.derivation));
    }
    const auto& key = passphrase != nullptr ? derived : std::get<Unlock::KeyFile>(unlock.how_);
    SecretBytes plain(file.sealed.size() - kSealTag);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain.bytes().data(), nullptr, nullptr, file.sealed.data(), file.sealed.size(),
            as_bytes(file.associated).data(), file.associated.size(), file.nonce.data(),
            key.view().data()) != 0) {
        return fail(Code::kPassphraseWrong, "the keyring does not open");
    }
    Keyring out;
    for (BytesView rest = plain.view(); !rest.empty();) {
        const std::size_t name = rest.front();
        if (rest.size() < 1 + name + kSecret) {
            return malformed();
        }
        const std::span<const std::uint8_t, kSecret> secret(rest.data() + 1 + name, kSecret);
        LAPX_TRY(out.add(as_text(rest.subspan(1, name)), Secret<32>(secret)));
        rest = rest.subspan(1 + name + kSecret);
    }
    out.lock_.emplace(Lock{unlock_line(file.derivation), Secret<32>(key.view())});
    return out;
}

Keyring Keyring::copy() const {
    Keyring out;
    for (const auto& [name, secret] : secrets_) {
        out.secrets_.emplace(name, Secret<32>(secret.view()));
    }
    if (lock_) {
        out.lock_.emplace(Lock{lock_->line, Secret<32>(lock_->key.view())});
    }
    return out;
}

Result<void> Keyring::save(const std::filesystem::path& path, const Unlock& unlock,
                           Random& random) const {
    const auto* const passphrase = std::get_if<Unlock::Passphrase>(&unlock.how_);
    if (passphrase == nullptr) {
        return write(
            path,
            {unlock_line(std::nullopt), Secret<32>(std::get<Unlock::KeyFile>(unlock.how_).view())},
            random);
    }
    Derivation how{passphrase->cost, {}};
    random.fill(how.salt);
    LAPX_TRY_ASSIGN(Secret<32> key, derive(passphrase->text, how));
    return write(path, {unlock_line(how), std::move(key)}, random);
}

Result<void> Keyring::save_again(const std::filesystem::path& path, Random& random) const {
    if (!lock_) {
        return fail(Code::kInternal, "a keyring without a lock");
    }
    return write(path, *lock_, random);
}

Result<void> Keyring::write(const std::filesystem::path& path, const Lock& lock,
                            Random& random) const {
    Nonce nonce;
    random.fill(nonce);
    std::string text(label::kKeyring);
    text.append(lock.line).append("nonce ").append(base64(nonce)).append("\n");

    std::size_t size = 0;
    for (const auto& [name, secret] : secrets_) {
        size += 1 + name.size() + kSecret;
    }
    SecretBytes plain(size);
    auto at = plain.bytes().begin();
    for (const auto& [name, secret] : secrets_) {
        *at++ = static_cast<std::uint8_t>(name.size());
        at = std::copy(name.begin(), name.end(), at);
        at = std::copy(secret.view().begin(), secret.view().end(), at);
    }
    Bytes sealed(size + kSealTag);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plain.view().data(), size,
                                               as_bytes(text).data(), text.size(), nullptr,
                                               nonce.data(), lock.key.view().data());
    text.append("sealed ").append(base64(sealed)).append("\n");
    return write_private_file(path, as_bytes(text));
}

Result<void> Keyring::add(std::string_view name, Secret<32> secret) {
    if (!is_name(name)) {
        return fail(Code::kInvalidArgument, "name of a secret");
    }
    if (!secrets_.emplace(std::string(name), std::move(secret)).second) {
        return fail(Code::kInvalidArgument, "the keyring has this name already");
    }
    return {};
}

bool Keyring::remove(std::string_view name) {
    const auto found = secrets_.find(name);
    if (found == secrets_.end()) {
        return false;
    }
    secrets_.erase(found);
    return true;
}

const Secret<32>* Keyring::get(std::string_view name) const {
    const auto found = secrets_.find(name);
    return found == secrets_.end() ? nullptr : &found->second;
}

std::vector<std::string> Keyring::names() const {
    std::vector<std::string> out;
    for (const auto& [name, secret] : secrets_) {
        out.push_back(name);
    }
    return out;
}

}  // namespace lapx::keys
