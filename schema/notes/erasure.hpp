#pragma once
// The two forms that `erased` entries commit to (protocol.md 6.4). Parsers' errors are
// kNoteMalformed.

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/base/address.hpp"
#include "schema/base/id.hpp"

namespace lapx::schema {

enum class ErasedPart : std::uint8_t { kReferral, kItem, kExhibit };

// `referral`, `item 7` or `exhibit 2`: the item by its number, the exhibit by its place among the
// exhibits.
struct ErasedName {
    ErasedPart part = ErasedPart::kReferral;
    std::uint16_t number = 0;  // from 1; 0 with kReferral
    bool operator==(const ErasedName&) const = default;
};
std::string erased_name_text(const ErasedName& name);

// Something of a dossier was erased, in all its versions.
struct ErasedRecord {
    ReferralId referral;
    Agency agency;          // who signed the dossier
    std::uint64_t version;  // by whose numbers `what` is named
    ErasedName what;
    std::string operator_id;
    std::string basis;
    bool operator==(const ErasedRecord&) const = default;
};
Result<ErasedRecord> parse_erased_record(std::string_view text);
std::string print_erased_record(const ErasedRecord& record);

// From now on nothing of a dossier may be erased, or again it may.
struct HoldRecord {
    ReferralId referral;
    Agency agency;  // who signed the dossier
    bool placed;    // else lifted
    std::string operator_id;
    std::string basis;
    bool operator==(const HoldRecord&) const = default;
};
Result<HoldRecord> parse_hold_record(std::string_view text);
std::string print_hold_record(const HoldRecord& record);

}  // namespace lapx::schema
