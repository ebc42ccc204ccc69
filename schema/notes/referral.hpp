#pragma once
// What is sent: manifest, view and cover (protocol.md 4.3–4.5). Manifest and view are texts, the
// cover is the text of a note. Parsers' errors are kNoteMalformed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/base/address.hpp"
#include "schema/base/id.hpp"
#include "schema/base/time.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::schema {

inline constexpr std::string_view kManifestForm = "lapx/referral@v1";
inline constexpr std::string_view kViewForm = "lapx/view@v1";
inline constexpr std::string_view kCoverForm = "lapx/cover@v1";

struct ManifestItem {
    Label label;
    ItemDigest digest;

    bool operator==(const ManifestItem&) const = default;
};

// Item number n is items[n - 1].
struct Manifest {
    Desk from;
    ReferralId id;
    Kind kind;
    std::uint64_t version;                     // from 1
    std::optional<ManifestDigest> supersedes;  // none with version 1
    Time created;
    std::vector<ManifestItem> items;

    bool operator==(const Manifest&) const = default;
};
Result<Manifest> parse_manifest(std::string_view text);
std::string print_manifest(const Manifest& manifest);

// How many lines a repeating label has for that many elements: the least power of two that holds
// them, from 2, or from 8 where they are confidential by default.
std::size_t lines_for(Label label, std::size_t elements);
// Whether these are the labels of a manifest: all of the template in its order, each that repeats
// on as many lines as lines_for gives, the others on one.
bool is_label_sequence(const std::vector<Label>& labels);

struct Disclosed {
    bool operator==(const Disclosed&) const = default;
};
struct Silent {
    bool operator==(const Silent&) const = default;
};
// What the recipient is told of an item: that it is here, why not, roughly why not, or nothing.
using Disposition = std::variant<Silent, Disclosed, Reason, ReasonCategory>;

enum class OnwardRule : std::uint8_t { kNone, kAsk, kListed };

struct Onward {
    OnwardRule rule = OnwardRule::kAsk;
    std::vector<Agency> agencies;  // with kListed, and only then

    bool operator==(const Onward&) const = default;
};
// `none`, `ask`, or agencies joined by `,`. Errors: kInvalidArgument.
Result<Onward> onward_from(std::string_view text);
std::string onward_text(const Onward& onward);

// Conditions that travel on the view (protocol.md 4.4).
struct Handling {
    Tlp tlp = Tlp::kAmber;
    Pap pap = Pap::kAmber;
    std::vector<Use> uses = {Use::kAdministrative};  // ascending
    Onward onward = {};
    std::optional<Time> until = {};
    std::optional<std::string> attribution = {};
    bool no_resale = false;

    bool operator==(const Handling&) const = default;
};

// An exhibit whose octets the recipient may have, by the item number of its description.
struct ViewExhibit {
    std::uint16_t number;
    ContentDigest plain;
    std::uint64_t plain_size;
    ContentDigest sealed;
    std::uint64_t sealed_size;

    bool operator==(const ViewExhibit&) const = default;
};

// Item number n has items[n - 1].
struct View {
    Desk to;
    ManifestDigest manifest;
    Tlp tlp;
    Pap pap;
    std::vector<Use> uses;  // ascending
    Onward onward;
    std::optional<Time> until;
    std::optional<std::string> attribution;
    bool no_resale;
    std::vector<Disposition> items;
    std::vector<ViewExhibit> exhibits;  // ascending numbers, all disclosed

    bool operator==(const View&) const = default;
};
Result<View> parse_view(std::string_view text);
std::string print_view(const View& view);
// Of each exhibit of a view, whether its sealed file travels inside the parcel (protocol.md 7.3).
std::vector<bool> travel_inside(const std::vector<ViewExhibit>& exhibits);

// A view and the exact octets that the approver approved and the digest is taken of.
struct ViewText {
    View view;
    std::string text;

    bool operator==(const ViewText&) const = default;
};

struct Cover {
    Desk from;
    Desk to;
    KeyFingerprint key;
    MessageId message;
    Time created;
    Time expires;
    Act act;
    ReferralId referral;                         // the `case` line
    std::variant<ViewText, ContentDigest> rest;  // the digest of the body with Act::kMove

    bool operator==(const Cover&) const = default;
    // Null with Act::kMove.
    const ViewText* view() const { return std::get_if<ViewText>(&rest); }
    const ContentDigest* body() const { return std::get_if<ContentDigest>(&rest); }
};
Result<Cover> parse_cover(std::string_view text);
// Carries the view's text as it stands in the ViewText.
std::string print_cover(const Cover& cover);

}  // namespace lapx::schema
