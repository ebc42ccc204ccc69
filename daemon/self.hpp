#pragma once
// Who this node is: its card and notice, and the keys it needs online. Read at start; papers.hpp
// changes it while the node runs.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "keys/age_key.hpp"
#include "keys/at_rest.hpp"
#include "keys/keyring.hpp"
#include "keys/note.hpp"
#include "schema/notes/card.hpp"

namespace lapx::daemon {

// What a desk's key was before; it opens what was sealed to it until then (protocol.md 3.8).
struct FormerKey {
    std::string desk;
    Time until;
    keys::Identity identity;
};

// Those that a notice names, and the former ones.
struct NoticeKeys {
    std::map<std::string, keys::Identity> desks;  // by desk id
    std::vector<FormerKey> former;
    keys::Secret<32> curve;  // of those named, the first that the keyring has
};

struct OnlineKeys {
    keys::SigningKey sign;
    keys::SigningKey ledger;
    keys::SigningKey witness;
    keys::MasterKey at_rest;
    keys::Identity node;
    std::map<std::string, keys::Identity> desks;  // by desk id
    std::vector<FormerKey> former;
    keys::Secret<32> curve;
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
    keys::Keyring ring;  // as it lies in the home

    const Agency& agency() const { return card.agency; }
};

// Names in the keyring. A change of keys can end half-way with its power: what a key is called says
// what was meant to become of it, the notice in force says which is in use.
//
//     desk-ID             the key of a desk
//     old-TIME-desk-ID    a former one, to be deleted then
//     curve               the connection key
//     next-TIME-curve     the one that is to follow it then
//
// TIME is in seconds since 1970.
std::string desk_key_name(std::string_view desk);
std::string former_key_name(std::string_view desk, Time until);
std::string next_curve_name(Time from);
std::optional<Time> time_of_former_key(std::string_view name, std::string_view desk);
std::optional<Time> time_of_next_curve(std::string_view name);

// The signing key that a card names by this vkey. Errors: kKeyInvalid if the keyring lacks it.
Result<keys::SigningKey> signing_key(const keys::Keyring& ring, const keys::VerifierKey& named);
// Errors: kKeyInvalid where the keyring lacks a key that the notice names.
Result<NoticeKeys> keys_of(const keys::Keyring& ring, const schema::Notice& notice);

// HOME/card and the keyring, which must fit each other: every key the card names first is the
// keyring's. Errors: kNotFound, kNoteMalformed, kSignatureInvalid, kKeyInvalid, and the keyring's.
Result<Self> load_self(const std::filesystem::path& home, const config::Config& config,
                       const keys::Unlock& unlock);

}  // namespace lapx::daemon
