#pragma once
// Passphrases typed by a person.

#include <string_view>

#include "keys/secret.hpp"
#include "schema/base/result.hpp"

namespace lapx::keys {

// Asks on the terminal itself, so that it works while standard input is a pipe, and does not show
// what is typed; a signal that ends the process turns that off again. By one thread at a time.
// Errors: kNotFound without a terminal, kInvalidArgument for no line or one of more than 1,024
// octets.
Result<SecretBytes> ask_passphrase(std::string_view question);

}  // namespace lapx::keys
