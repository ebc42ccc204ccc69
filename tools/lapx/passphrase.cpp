#include "tools/lapx/passphrase.hpp"

#include <ostream>

#include "keys/private_file.hpp"

namespace lapx::cli {
namespace {

constexpr std::size_t kLeast = 12;

Result<void> check_length(const keys::SecretBytes& passphrase, const std::string& what) {
    return passphrase.size() < kLeast
               ? fail(Code::kInvalidArgument,
                      "the passphrase for " + what + " must have at least 12 characters")
               : Result<void>{};
}

Result<keys::SecretBytes> ask(Environment& env, const std::string& question) {
    std::optional<keys::SecretBytes> line = env.ask_secret(question);
    if (!line) {
        return fail(Code::kInvalidArgument, "no passphrase was given");
    }
    return std::move(*line);
}

}  // namespace

Result<keys::SecretBytes> PassphraseSource::read() const {
    return fd >= 0 ? keys::read_passphrase(fd) : keys::read_passphrase_file(file);
}

Result<keys::SecretBytes> PassphraseSource::read_new(const std::string& what) const {
    LAPX_TRY_ASSIGN(keys::SecretBytes passphrase, read());
    LAPX_TRY(check_length(passphrase, what));
    return passphrase;
}

Result<keys::SecretBytes> ask_new_passphrase(Environment& env, const std::string& what,
                                             const keys::SecretBytes* taken) {
    while (true) {
        LAPX_TRY_ASSIGN(keys::SecretBytes first, ask(env, "New passphrase for " + what + ": "));
        if (const auto enough = check_length(first, what); !enough) {
            env.err << "Once again: " << enough.error().context << ".\n";
            continue;
        }
        if (taken != nullptr && first == *taken) {
            env.err << "That passphrase is taken: " << what << " must have one of its own.\n";
            continue;
        }
        LAPX_TRY_ASSIGN(const keys::SecretBytes second, ask(env, "Once more: "));
        if (first == second) {
            return first;
        }
        env.err << "The two differ.\n";
    }
}

}  // namespace lapx::cli
