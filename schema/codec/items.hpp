#pragma once
// The values of items (proforma.fbs) as plain structs, and their octets (protocol.md 4.1).
//
// An empty string, an empty list and an empty optional all say "not given". Strings are UTF-8 in
// any language; they may hold line breaks and tabs but no other control character, and are escaped
// wherever they are shown.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/codec/item_words.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {

struct Absent {
    bool operator==(const Absent&) const = default;
};
struct Text {
    std::string text;
    bool operator==(const Text&) const = default;
};
struct Officer {
    std::string name;
    std::string position;
    std::string phone;
    std::string mail;
    bool operator==(const Officer&) const = default;
};
struct Addressees {
    std::vector<Desk> desks;
    bool operator==(const Addressees&) const = default;
};
struct LegalBasis {
    std::vector<std::string> own_law;
    std::vector<std::string> law_abroad;
    std::vector<std::string> instrument;
    bool similar_prohibition = false;
    bool operator==(const LegalBasis&) const = default;
};
struct Conduct {
    std::string rsit;  // "fraud:phishing"
    Channel channel = Channel::kUnset;
    bool operator==(const Conduct&) const = default;
};
struct Seen {
    std::optional<Time> first;
    std::optional<Time> last;
    Precision precision = Precision::kUnset;
    bool operator==(const Seen&) const = default;
};
// ISO 3166-1 alpha-2.
struct Jurisdictions {
    std::vector<std::string> origin;
    std::vector<std::string> hosting;
    std::vector<std::string> victims;
    bool operator==(const Jurisdictions&) const = default;
};
struct Scale {
    std::optional<std::uint64_t> complaints;
    std::optional<std::uint64_t> messages;
    std::optional<std::uint64_t> victims;
    std::optional<std::uint64_t> loss;  // in minor units of `currency`
    std::string currency;               // ISO 4217, with a loss
    Counting counting = Counting::kUnset;
    bool operator==(const Scale&) const = default;
};
struct Indicator {
    IndicatorType type = IndicatorType::kDomain;
    std::string value;
    std::optional<std::uint16_t> port;  // never 0
    std::optional<Time> at;
    bool operator==(const Indicator&) const = default;
};
struct Party {
    PartyRole role = PartyRole::kUnknown;
    std::string name;
    std::vector<std::string> identifiers;
    std::string country;
    Confidence confidence = Confidence::kUnset;
    bool operator==(const Party&) const = default;
};
struct Complainant {
    std::string name;
    std::string mail;
    std::string phone;
    std::string country;
    std::string reference;
    bool operator==(const Complainant&) const = default;
};
struct Custodian {
    std::string organisation;
    std::string holds;
    std::optional<Time> log_expiry;
    bool operator==(const Custodian&) const = default;
};
struct Preservation {
    std::string data;
    std::string necessity;
    bool formal_follow_up = false;
    bool operator==(const Preservation&) const = default;
};
struct Assistance {
    std::uint16_t id = 0;
    std::string what;
    AssistanceStatus status = AssistanceStatus::kAsked;
    bool operator==(const Assistance&) const = default;
};
struct Inquiry {
    InquiryKind kind = InquiryKind::kPriorInquiry;
    std::string agency;  // any authority, not only members
    std::string reference;
    std::string text;
    bool operator==(const Inquiry&) const = default;
};
struct Urgency {
    UrgencyLevel level = UrgencyLevel::kRoutine;
    std::string reason;
    std::optional<Time> reply_by;
    bool operator==(const Urgency&) const = default;
};
struct Secrecy {
    bool not_subject = true;
    bool not_isp = true;
    bool not_press = true;
    std::string why;
    bool operator==(const Secrecy&) const = default;
};
struct Exhibit {
    std::string name;
    std::string media_type;
    std::uint64_t size = 0;
    ContentDigest sha256;
    std::string acquired_by;
    std::optional<Time> acquired_at;
    std::string acquired_where;
    std::string acquired_how;
    std::string tool;
    ExhibitState state = ExhibitState::kSent;
    bool operator==(const Exhibit&) const = default;
};
struct Grading {
    std::string source;       // "A" to "F"
    std::string information;  // "1" to "6"
    bool operator==(const Grading&) const = default;
};
struct Provenance {
    std::string partner;
    std::string reference;
    std::string terms;
    bool operator==(const Provenance&) const = default;
};
struct DataProtection {
    DataBasis basis = DataBasis::kUnset;
    std::optional<Time> destroy_by;
    std::string text;
    bool operator==(const DataProtection&) const = default;
};

// What goes in the place of an item that is withheld.
struct Redacted {
    std::string label;  // of that item
    std::string text;
    bool operator==(const Redacted&) const = default;
};

// In the order of ValueType.
using ItemValue =
    std::variant<Absent, Text, Officer, Addressees, LegalBasis, Conduct, Seen, Jurisdictions, Scale,
                 Indicator, Party, Complainant, Custodian, Preservation, Assistance, Inquiry,
                 Urgency, Secrecy, Exhibit, Grading, Provenance, DataProtection, Redacted>;

using ItemSalt = std::array<std::uint8_t, 32>;

inline ValueType type_of(const ItemValue& value) {
    return static_cast<ValueType>(value.index() + 1);
}
inline bool is_absent(const ItemValue& value) { return std::holds_alternative<Absent>(value); }
// Absent fits every label.
bool value_fits_label(Label label, const ItemValue& value);

// Whether every field is well-formed: UTF-8, sizes, enums, country codes and the like. Errors:
// kItemMalformed, naming the field.
Result<void> check_value(const ItemValue& value);

// A value that check_value refuses is encoded all the same, and then refused by decode_item.
Bytes encode_item(const ItemSalt& salt, const ItemValue& value);

struct DecodedItem {
    ItemSalt salt{};
    ItemValue value;
    bool operator==(const DecodedItem&) const = default;
};
// The octets may lie at any address. Errors: kItemMalformed.
Result<DecodedItem> decode_item(BytesView octets);

}  // namespace lapx::schema
