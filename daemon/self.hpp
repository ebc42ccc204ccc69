#pragma once
// Who this node is: its card and notice, and the keys it needs online. Read once at start.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "keys/age_key.hpp"
#include "keys/at_rest.hpp"
#include "keys/keyring.hpp"
#include "keys/note.hpp"
#include "schema/notes/card.hpp"

namespace lapx::daemon {

struct OnlineKeys {
    keys::SigningKey sign;
    keys::SigningKey ledger;
    keys::SigningKey witness;
    std::map<std::string, keys::Identity> desks;  // by desk id
    keys::Secret<32> curve;
    keys::MasterKey at_rest;
};

struct Self {
    schema::Card card;
    std::string card_note;
    schema::Notice notice;
    std::string notice_note;
    std::string root;  // vkey
    std::string sign_name;
    std::string ledger_name;
    std::string witness_name;
    keys::VerifierKey ledger_key;
    OnlineKeys keys;

    const Agency& agency() const { return card.agency; }
};

// HOME/card and the keyring, which must fit each other: every key the card names first is the
// keyring's. Errors: kNotFound, kNoteMalformed, kSignatureInvalid, kKeyInvalid, and the keyring's.
Result<Self> load_self(const std::filesystem::path& home, const config::Config& config,
                       const keys::Unlock& unlock);

}  // namespace lapx::daemon
