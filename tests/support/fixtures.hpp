#pragma once
// What tests of several stages need: repeatable randomness, a clock that is set, an agency with its
// notes, a draft.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/disclosure/disclosure.hpp"
#include "daemon/model/draft.hpp"
#include "keys/age_key.hpp"
#include "keys/sign.hpp"
#include "schema/base/time.hpp"
#include "tests/support/fakes.hpp"

namespace lapx::test {

inline constexpr Time kNow{std::chrono::seconds{1'795'000'000}};

// An agency with one desk, "spam", and the notes that it publishes.
struct TestAgency {
    TestAgency(const std::string& name, std::uint64_t seed,
               Time from = kNow - std::chrono::hours{1});

    std::string card(std::uint64_t serial = 1, const std::string& previous_note = {}) const;
    std::string notice(std::uint64_t serial = 1) const;
    std::string revocation(const std::string& vkey) const;
    std::string vkey(const std::string& role) const;
    std::string key_name(const std::string& role) const {
        return agency.text() + "/lapx/" + role + "-1";
    }
    Desk desk() const { return *Desk::parse("spam@" + agency.text()); }

    Agency agency;
    Time not_before;
    keys::SigningKey root;
    keys::SigningKey sign;
    keys::SigningKey ledger;
    keys::SigningKey witness;
    keys::Identity node;
    keys::Identity spam_desk;
    std::vector<std::string> endpoints = {"tcp://127.0.0.1:5617"};  // of its notices
    std::vector<Agency> relays = {};
};

// An urgent referral from `from` to `to` with a few items of each class, laid out with salts from
// `random`.
model::Draft sample_draft(const Desk& from, const std::vector<Desk>& to, Random& random);

// The built-in policy, and the desk of a verified agency that enforces, in Australia.
const disclosure::Policy& policy();
model::Addressee addressee(const Desk& desk);

// Puts these octets into a sample draft as its first exhibit, to go along with it.
model::SealedExhibit add_exhibit(model::Draft& draft, BytesView plain, Random& random);

}  // namespace lapx::test
