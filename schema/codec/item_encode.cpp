#include "proforma_generated.h"
#include "schema/codec/items.hpp"

namespace lapx::schema {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::String;
using flatbuffers::Vector;

// Whether each struct stands in ItemValue where its table stands in the union.
template <typename Struct, typename Table>
constexpr bool kStandsAt = std::is_same_v<
    std::variant_alternative_t<static_cast<std::size_t>(wire::ValueTraits<Table>::enum_value) - 1,
                               ItemValue>,
    Struct>;
static_assert(std::variant_size_v<ItemValue> == static_cast<std::size_t>(wire::Value::MAX));
static_assert(kStandsAt<Absent, wire::Absent> && kStandsAt<Text, wire::Text> &&
              kStandsAt<Officer, wire::Officer> && kStandsAt<Addressees, wire::Addressees> &&
              kStandsAt<LegalBasis, wire::LegalBasis> && kStandsAt<Conduct, wire::Conduct> &&
              kStandsAt<Seen, wire::Seen> && kStandsAt<Jurisdictions, wire::Jurisdictions> &&
              kStandsAt<Scale, wire::Scale> && kStandsAt<Indicator, wire::Indicator> &&
              kStandsAt<Party, wire::Party> && kStandsAt<Complainant, wire::Complainant> &&
              kStandsAt<Custodian, wire::Custodian> &&
              kStandsAt<Preservation, wire::Preservation> &&
              kStandsAt<Assistance, wire::Assistance> && kStandsAt<Inquiry, wire::Inquiry> &&
              kStandsAt<Urgency, wire::Urgency> && kStandsAt<Secrecy, wire::Secrecy> &&
              kStandsAt<Exhibit, wire::Exhibit> && kStandsAt<Grading, wire::Grading> &&
              kStandsAt<Provenance, wire::Provenance> &&
              kStandsAt<DataProtection, wire::DataProtection> &&
              kStandsAt<Redacted, wire::Redacted>);
static_assert(static_cast<std::size_t>(ValueType::kRedacted) ==
              static_cast<std::size_t>(wire::Value::Redacted));

// The enums have the numbers of proforma.fbs; their last values say so for all.
template <typename Plain, typename Wire>
constexpr bool same_number(Plain plain, Wire wired) {
    return static_cast<std::uint8_t>(plain) == static_cast<std::uint8_t>(wired);
}
static_assert(same_number(Channel::kOther, wire::Channel::MAX) &&
              same_number(Precision::kMonth, wire::Precision::MAX) &&
              same_number(Counting::kEstimated, wire::Counting::MAX) &&
              same_number(IndicatorType::kFileSha256, wire::IndicatorType::MAX) &&
              same_number(PartyRole::kUnknown, wire::PartyRole::MAX) &&
              same_number(Confidence::kHigh, wire::Confidence::MAX) &&
              same_number(AssistanceStatus::kDeclined, wire::AssistanceStatus::MAX) &&
              same_number(InquiryKind::kOtherProceedings, wire::InquiryKind::MAX) &&
              same_number(UrgencyLevel::kUrgent, wire::UrgencyLevel::MAX) &&
              same_number(ExhibitState::kWithheld, wire::ExhibitState::MAX) &&
              same_number(DataBasis::kLawEnforcement, wire::DataBasis::MAX));

// 0 says "not given".
std::int64_t seconds(const std::optional<Time>& time) {
    return time ? time->time_since_epoch().count() : 0;
}

// -1 says "not given".
std::int64_t count(const std::optional<std::uint64_t>& number) {
    return number ? static_cast<std::int64_t>(*number) : -1;
}

// One overload for each value; they return the offset of its table.
class ItemEncoder {
  public:
    explicit ItemEncoder(FlatBufferBuilder& builder) : b_(builder) {}

    Offset<void> operator()(const Absent&) { return wire::CreateAbsent(b_).Union(); }
    Offset<void> operator()(const Text& v) {
        const auto words = text(v.text);
        return wire::CreateText(b_, words).Union();
    }
    Offset<void> operator()(const Officer& v) {
        const auto name = text(v.name);
        const auto position = text(v.position);
        const auto phone = text(v.phone);
        const auto mail = text(v.mail);
        return wire::CreateOfficer(b_, name, position, phone, mail).Union();
    }
    Offset<void> operator()(const Addressees& v) {
        std::vector<std::string> desks;
        for (const Desk& desk : v.desks) {
            desks.push_back(desk.text());
        }
        const auto list = texts(desks);
        return wire::CreateAddressees(b_, list).Union();
    }
    Offset<void> operator()(const LegalBasis& v) {
        const auto own = texts(v.own_law);
        const auto abroad = texts(v.law_abroad);
        const auto instrument = texts(v.instrument);
        return wire::CreateLegalBasis(b_, own, abroad, instrument, v.similar_prohibition).Union();
    }
    Offset<void> operator()(const Conduct& v) {
        const auto rsit = text(v.rsit);
        return wire::CreateConduct(b_, rsit, wire::Channel{num(v.channel)}).Union();
    }
    Offset<void> operator()(const Seen& v) {
        return wire::CreateSeen(b_, seconds(v.first), seconds(v.last),
                                wire::Precision{num(v.precision)})
            .Union();
    }
    Offset<void> operator()(const Jurisdictions& v) {
        const auto origin = texts(v.origin);
        const auto hosting = texts(v.hosting);
        const auto victims = texts(v.victims);
        return wire::CreateJurisdictions(b_, origin, hosting, victims).Union();
    }
    Offset<void> operator()(const Scale& v) {
        const auto currency = text(v.currency);
        return wire::CreateScale(b_, count(v.complaints), count(v.messages), count(v.victims),
                                 count(v.loss), currency, wire::Counting{num(v.counting)})
            .Union();
    }
    Offset<void> operator()(const Indicator& v) {
        const auto value = text(v.value);
        return wire::CreateIndicator(b_, wire::IndicatorType{num(v.type)}, value,
                                     v.port.value_or(0), seconds(v.at))
            .Union();
    }
    Offset<void> operator()(const Party& v) {
        const auto name = text(v.name);
        const auto identifiers = texts(v.identifiers);
        const auto country = text(v.country);
        return wire::CreateParty(b_, wire::PartyRole{num(v.role)}, name, identifiers, country,
                                 wire::Confidence{num(v.confidence)})
            .Union();
    }
    Offset<void> operator()(const Complainant& v) {
        const auto name = text(v.name);
        const auto mail = text(v.mail);
        const auto phone = text(v.phone);
        const auto country = text(v.country);
        const auto reference = text(v.reference);
        return wire::CreateComplainant(b_, name, mail, phone, country, reference).Union();
    }
    Offset<void> operator()(const Custodian& v) {
        const auto organisation = text(v.organisation);
        const auto holds = text(v.holds);
        return wire::CreateCustodian(b_, organisation, holds, seconds(v.log_expiry)).Union();
    }
    Offset<void> operator()(const Preservation& v) {
        const auto data = text(v.data);
        const auto necessity = text(v.necessity);
        return wire::CreatePreservation(b_, data, necessity, v.formal_follow_up).Union();
    }
    Offset<void> operator()(const Assistance& v) {
        const auto what = text(v.what);
        return wire::CreateAssistance(b_, v.id, what, wire::AssistanceStatus{num(v.status)})
            .Union();
    }
    Offset<void> operator()(const Inquiry& v) {
        const auto agency = text(v.agency);
        const auto reference = text(v.reference);
        const auto words = text(v.text);
        return wire::CreateInquiry(b_, wire::InquiryKind{num(v.kind)}, agency, reference, words)
            .Union();
    }
    Offset<void> operator()(const Urgency& v) {
        const auto reason = text(v.reason);
        return wire::CreateUrgency(b_, wire::UrgencyLevel{num(v.level)}, reason,
                                   seconds(v.reply_by))
            .Union();
    }
    Offset<void> operator()(const Secrecy& v) {
        const auto why = text(v.why);
        return wire::CreateSecrecy(b_, v.not_subject, v.not_isp, v.not_press, why).Union();
    }
    Offset<void> operator()(const Exhibit& v) {
        const auto name = text(v.name);
        const auto media_type = text(v.media_type);
        const auto sha256 = b_.CreateVector(v.sha256.bytes.data(), v.sha256.bytes.size());
        const auto by = text(v.acquired_by);
        const auto where = text(v.acquired_where);
        const auto how = text(v.acquired_how);
        const auto tool = text(v.tool);
        return wire::CreateExhibit(b_, name, media_type, v.size, sha256, by, seconds(v.acquired_at),
                                   where, how, tool, wire::ExhibitState{num(v.state)})
            .Union();
    }
    Offset<void> operator()(const Grading& v) {
        const auto source = text(v.source);
        const auto information = text(v.information);
        return wire::CreateGrading(b_, source, information).Union();
    }
    Offset<void> operator()(const Provenance& v) {
        const auto partner = text(v.partner);
        const auto reference = text(v.reference);
        const auto terms = text(v.terms);
        return wire::CreateProvenance(b_, partner, reference, terms).Union();
    }
    Offset<void> operator()(const DataProtection& v) {
        const auto words = text(v.text);
        return wire::CreateDataProtection(b_, wire::DataBasis{num(v.basis)}, seconds(v.destroy_by),
                                          words)
            .Union();
    }
    Offset<void> operator()(const Redacted& v) {
        const auto label = text(v.label);
        const auto words = text(v.text);
        return wire::CreateRedacted(b_, label, words).Union();
    }

  private:
    template <typename E>
    static std::uint8_t num(E value) {
        return static_cast<std::uint8_t>(value);
    }
    Offset<String> text(const std::string& value) {
        return value.empty() ? 0 : b_.CreateString(value);
    }
    Offset<Vector<Offset<String>>> texts(const std::vector<std::string>& values) {
        return values.empty() ? 0 : b_.CreateVectorOfStrings(values);
    }

    FlatBufferBuilder& b_;
};

}  // namespace

Bytes encode_item(const ItemSalt& salt, const ItemValue& value) {
    constexpr std::size_t kTypicalSize = 512;
    FlatBufferBuilder builder(kTypicalSize);
    const auto table = std::visit(ItemEncoder(builder), value);
    const wire::Salt wire_salt{flatbuffers::span<const std::uint8_t, 32>(salt)};
    builder.Finish(
        wire::CreateItem(builder, &wire_salt, static_cast<wire::Value>(value.index() + 1), table));
    return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

}  // namespace lapx::schema
