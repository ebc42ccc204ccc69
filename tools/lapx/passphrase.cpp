#include "tools/lapx/passphrase.hpp"

#include "keys/private_file.hpp"

namespace lapx::cli {
namespace {

constexpr std::size_t kLeast = 12;

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

Result<keys::SecretBytes> ask_new_passphrase(Environment& env, const std::string& what) {
    LAPX_TRY_ASSIGN(keys::SecretBytes first, ask(env, "New passphrase for " + what + ": "));
    if (first.size() < kLeast) {
        return fail(Code::kInvalidArgument, "a passphrase has at least 12 characters");
    }
    LAPX_TRY_ASSIGN(const keys::SecretBytes second, ask(env, "Once more: "));
    if (!(first == second)) {
        return fail(Code::kInvalidArgument, "the two passphrases differ");
    }
    return first;
}

}  // namespace lapx::cli
