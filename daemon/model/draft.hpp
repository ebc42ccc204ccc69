#pragma once
// What a clerk puts together, before anybody decided who may see what of it. A Draft cannot be
// sealed: only disclosure/ turns it into a Disclosed, which sealing/ takes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model/exhibit.hpp"
#include "keys/secret.hpp"
#include "schema/base/address.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/notes/referral.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::model {

using schema::Handling;

Handling handling_of(const schema::View& view);

// Line n of the manifest is items[n - 1]. Absent ones have octets too: those of an `Absent` value.
struct DraftItem {
    schema::Label label;
    bool present;
    Bytes octets;
    std::optional<ItemDigest> erased = {};  // what the manifest has; then there are no octets

    bool operator==(const DraftItem&) const = default;
};

// "indicator" (element 0: every one) or "indicator:2" (the second).
struct ItemName {
    schema::Label label;
    std::uint16_t element = 0;

    bool operator==(const ItemName&) const = default;
};

// A person's decision that an item stays here, for one recipient or for all.
struct Withhold {
    ItemName item;
    std::optional<Desk> from;
    schema::Reason reason;
    schema::Shown shown = schema::Shown::kReason;
    std::string basis;    // own-law basis in words; may be empty
    std::string decider;  // operator id
    // Which `redacted` item goes in its place, to whom this decision keeps it from; 0: none does.
    std::uint16_t derivative = 0;

    bool operator==(const Withhold&) const = default;
};

// A person's decision that nothing at all goes to one recipient.
struct WhollyWithheld {
    Desk from;
    schema::Reason reason;
    std::string basis;    // own-law basis in words; may be empty
    std::string decider;  // operator id

    bool operator==(const WhollyWithheld&) const = default;
};

// A person's decision that an item goes which its class alone would keep here. With a basis, such
// as a court order, it goes although a person withheld it before.
struct Permit {
    ItemName item;
    std::string decider;          // operator id
    std::string basis = {};       // in words; may be empty
    std::optional<Desk> to = {};  // only for this recipient

    bool operator==(const Permit&) const = default;
};

// The referral that opened a case, and whose it is: the id alone is only what somebody claims.
struct CaseName {
    ReferralId id;
    Agency opener;

    bool operator==(const CaseName&) const = default;
};

// A version that came in and from which a referral of ours was made.
struct Origin {
    Agency agency;
    ReferralId id;
    std::uint64_t version;

    bool operator==(const Origin&) const = default;
};

struct Draft {
    ReferralId id;
    schema::Act act = schema::Act::kRefer;
    std::optional<Origin> origin = {};   // never leaves
    std::optional<CaseName> about = {};  // the case that it belongs to; nothing: it opens its own
    std::uint64_t version = 1;
    std::optional<ManifestDigest> supersedes;
    schema::Kind kind;
    Desk from;
    std::vector<Desk> to;
    Handling handling;
    Time created;
    std::string external_id;  // a partner's own number; inward only
    std::vector<DraftItem> items;
    std::vector<Withhold> withheld;
    std::vector<Permit> permitted;
    std::vector<WhollyWithheld> wholly = {};  // at most one for a recipient

    bool operator==(const Draft&) const = default;
    // Whether it has to be a whole pro forma: a referral, and each version of it but a withdrawal.
    // Of all else the facts alone are asked for.
    bool is_whole() const { return case_name().id == id && act != schema::Act::kWithdraw; }
    bool needs(schema::Label label) const;
    // Null: something goes to this recipient.
    const WhollyWithheld* wholly_from(const Desk& desk) const;
    // Those to whom something goes. Only they may learn who else does.
    std::vector<Desk> reached() const;
    CaseName case_name() const { return about ? *about : CaseName{id, from.agency()}; }
};

// The manifest's text (protocol.md 4.3); the same for all recipients.
std::string manifest_text(const Draft& draft);

// Who approved which views. Bound to digests, so that any change voids it.
struct Approval {
    std::string approver;           // operator id
    bool self_approved = false;     // the approver had a hand in the draft
    std::vector<ViewDigest> views;  // in the order of Draft::to
    Time at{};
    std::optional<StandingId> standing = {};  // the standing approval that it was given under
};

}  // namespace lapx::model
