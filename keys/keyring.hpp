#pragma once
// The keyring file: a node's or a root's secrets, each 32 octets under a name, in one sealed file
// of mode 0600.
//
//     lapx/keyring@v1
//     unlock passphrase PASSES MEMORY b64(salt)     or: unlock key-file
//     nonce b64(24 octets)
//     sealed b64(XChaCha20-Poly1305; associated data: all octets before this line)
//
// The key is Argon2id of the passphrase, or the key file's 32 octets. The plaintext is, for each
// secret in the order of names: u8 length of the name ‖ name ‖ 32 octets.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "keys/private_file.hpp"
#include "keys/secret.hpp"

namespace lapx::keys {

// What Argon2id costs; memory in octets. The default takes about a second.
struct PassphraseCost {
    std::uint64_t passes = 3;
    std::uint64_t memory = std::uint64_t{256} << 20;
};

// What opens a keyring.
class Unlock {
  public:
    static Unlock with_passphrase(SecretBytes passphrase, PassphraseCost cost = {});
    // A line of 64 hexadecimal digits, as make_key_file writes it. Errors: those of
    // read_private_file; kKeyInvalid.
    static Result<Unlock> with_key_file(const std::filesystem::path& path);

  private:
    friend class Keyring;
    struct Passphrase {
        SecretBytes text;
        PassphraseCost cost;  // for saving; loading takes the file's
    };
    using KeyFile = Secret<32>;
    explicit Unlock(std::variant<Passphrase, KeyFile> how) : how_(std::move(how)) {}
    std::variant<Passphrase, KeyFile> how_;
};

// A new key file with a random key. Errors: kIo.
Result<void> make_key_file(const std::filesystem::path& path, Random& random);

class Keyring {
  public:
    // Errors: those of read_private_file; kKeyInvalid for a file that is no keyring;
    // kPassphraseWrong, also for a file that was altered.
    static Result<Keyring> load(const std::filesystem::path& path, const Unlock& unlock);
    // Mode 0600, in one step, durable. Errors: kIo; kKeyInvalid for a cost out of bounds;
    // kInternal without memory for Argon2id.
    Result<void> save(const std::filesystem::path& path, const Unlock& unlock,
                      Random& random) const;

    // The same for a keyring that load() gave, or a copy of it: under the lock that it was opened
    // with, so that nobody is asked for a passphrase. Errors: kIo, kDiskFull; kInternal for one
    // made here.
    Result<void> save_again(const std::filesystem::path& path, Random& random) const;
    Keyring copy() const;

    // Errors: kInvalidArgument for a name that is taken or not 1–64 of "a-z 0-9 . _ -".
    Result<void> add(std::string_view name, Secret<32> secret);
    // False if there is none.
    bool remove(std::string_view name);
    // Null if there is none.
    const Secret<32>* get(std::string_view name) const;
    std::vector<std::string> names() const;

  private:
    // What a file is sealed with, and its "unlock" line.
    struct Lock {
        std::string line;
        Secret<32> key;
    };
    Result<void> write(const std::filesystem::path& path, const Lock& lock, Random& random) const;

    std::map<std::string, Secret<32>, std::less<>> secrets_;
    std::optional<Lock> lock_;
};

}  // namespace lapx::keys
