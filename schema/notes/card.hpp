#pragma once
// What an agency says of itself: card, notice, revocation (protocol.md 3.1–3.3), and of another
// (3.9); and the file in
// which card and notice travel (3.7). Parsers take the text of the note, without its signatures;
// errors are kNoteMalformed.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/notes/values.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {

inline constexpr std::string_view kCardForm = "lapx/card@v1";
inline constexpr std::string_view kNoticeForm = "lapx/notice@v1";
inline constexpr std::string_view kRevocationForm = "lapx/revoke@v1";
inline constexpr std::string_view kVouchForm = "lapx/vouch@v1";

// Keys are vkeys, `node` is an age recipient: text whose shape was checked (values.hpp).
struct Card {
    Agency agency;
    std::string name;
    std::string country;
    Sector sector;
    std::uint64_t serial;
    std::optional<CardDigest> previous;  // none with serial 1
    Time not_before;
    Time expires;
    std::string root;
    std::vector<std::string> sign;     // the first signs
    std::vector<std::string> ledger;   // the first is the log in use
    std::vector<std::string> witness;  // the first cosigns
    std::string node;

    bool operator==(const Card&) const = default;
};
Result<Card> parse_card(std::string_view text);
std::string print_card(const Card& card);

struct DeskBlock {
    std::string id;
    std::string role;
    std::vector<std::string> topics;
    std::vector<std::string> languages;
    std::optional<std::string> phone;
    std::optional<std::string> mail;
    std::optional<std::string> hours;
    std::vector<Date> closed;
    std::optional<std::string> deputy;  // the id of a desk of the same notice
    std::string recipient;

    bool operator==(const DeskBlock&) const = default;
};

struct Notice {
    Agency agency;
    std::uint64_t serial;
    Time not_before;
    Time expires;
    // CURVE public keys, one or two: each is admitted, and one of them is served.
    std::vector<std::array<std::uint8_t, 32>> curve;
    std::vector<std::string> endpoints;
    std::vector<Agency> relays;
    std::string zone;
    std::vector<DeskBlock> desks;

    bool operator==(const Notice&) const = default;
    // Null if there is no such desk.
    const DeskBlock* find(std::string_view desk_id) const;
};
Result<Notice> parse_notice(std::string_view text);
std::string print_notice(const Notice& notice);

struct Revocation {
    Agency agency;
    Time created;
    std::string key;  // vkey

    bool operator==(const Revocation&) const = default;
};
Result<Revocation> parse_revocation(std::string_view text);
std::string print_revocation(const Revocation& revocation);

// One agency says of another that this is its root: somebody there compared the safety number.
struct Vouch {
    Agency from;
    Agency agency;
    std::string root;  // vkey of `agency`
    Time created;
    Time expires;  // later than created, by at most kMaxVouchLife

    bool operator==(const Vouch&) const = default;
};
Result<Vouch> parse_vouch(std::string_view text);
std::string print_vouch(const Vouch& vouch);

// The two notes, whole, each with its signatures. Views into the text that was split.
struct CardFile {
    std::string_view card;
    std::string_view notice;
};
Result<CardFile> split_card_file(std::string_view text);
std::string join_card_file(const CardFile& file);

}  // namespace lapx::schema
