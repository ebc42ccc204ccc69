#include <algorithm>

#include "proforma_generated.h"
#include "schema/codec/items.hpp"
#include "schema/codec/verify.hpp"
#include "schema/limits.hpp"

namespace lapx::schema {
namespace {

using flatbuffers::Offset;
using flatbuffers::String;
using flatbuffers::Vector;

// Copies a verified value. What check_value can judge is left to it; what has no place in the plain
// structs (a desk that is none, a negative count, octets over the budget) makes `good` false.
class ItemReader {
  public:
    bool good() const { return good_ && !budget_.exceeded(); }

    ItemValue read(const wire::Text& v) { return Text{text(v.text())}; }
    ItemValue read(const wire::Officer& v) {
        return Officer{text(v.name()), text(v.position()), text(v.phone()), text(v.mail())};
    }
    ItemValue read(const wire::Addressees& v) {
        Addressees out;
        for (const std::string& desk : texts(v.desks())) {
            auto parsed = Desk::parse(desk);
            good_ = good_ && parsed.has_value();
            if (parsed) {
                out.desks.push_back(*std::move(parsed));
            }
        }
        return out;
    }
    ItemValue read(const wire::LegalBasis& v) {
        return LegalBasis{texts(v.own_law()), texts(v.law_abroad()), texts(v.instrument()),
                          v.similar_prohibition()};
    }
    ItemValue read(const wire::Conduct& v) {
        return Conduct{text(v.rsit()), plain<Channel>(v.channel())};
    }
    ItemValue read(const wire::Seen& v) {
        return Seen{time(v.first()), time(v.last()), plain<Precision>(v.precision())};
    }
    ItemValue read(const wire::Jurisdictions& v) {
        return Jurisdictions{texts(v.origin()), texts(v.hosting()), texts(v.victims())};
    }
    ItemValue read(const wire::Scale& v) {
        return Scale{count(v.complaints()), count(v.messages()), count(v.victims()),
                     count(v.loss()),       text(v.currency()),  plain<Counting>(v.counting())};
    }
    ItemValue read(const wire::Indicator& v) {
        return Indicator{plain<IndicatorType>(v.type()), text(v.value()),
                         v.port() == 0 ? std::nullopt : std::optional<std::uint16_t>(v.port()),
                         time(v.at())};
    }
    ItemValue read(const wire::Party& v) {
        return Party{plain<PartyRole>(v.role()), text(v.name()), texts(v.identifiers()),
                     text(v.country()), plain<Confidence>(v.confidence())};
    }
    ItemValue read(const wire::Complainant& v) {
        return Complainant{text(v.name()), text(v.mail()), text(v.phone()), text(v.country()),
                           text(v.reference())};
    }
    ItemValue read(const wire::Custodian& v) {
        return Custodian{text(v.organisation()), text(v.holds()), time(v.log_expiry())};
    }
    ItemValue read(const wire::Preservation& v) {
        return Preservation{text(v.data()), text(v.necessity()), v.formal_follow_up()};
    }
    ItemValue read(const wire::Assistance& v) {
        return Assistance{v.id(), text(v.what()), plain<AssistanceStatus>(v.status())};
    }
    ItemValue read(const wire::Inquiry& v) {
        return Inquiry{plain<InquiryKind>(v.kind()), text(v.agency()), text(v.reference()),
                       text(v.text())};
    }
    ItemValue read(const wire::Urgency& v) {
        return Urgency{plain<UrgencyLevel>(v.level()), text(v.reason()), time(v.reply_by())};
    }
    ItemValue read(const wire::Secrecy& v) {
        return Secrecy{v.not_subject(), v.not_isp(), v.not_press(), text(v.why())};
    }
    ItemValue read(const wire::Exhibit& v) {
        const auto sha256 = ContentDigest::from(budget_.bytes(v.sha256()));
        good_ = good_ && sha256.has_value();
        return Exhibit{text(v.name()),
                       text(v.media_type()),
                       v.size(),
                       sha256 ? *sha256 : ContentDigest{},
                       text(v.acquired_by()),
                       time(v.acquired_at()),
                       text(v.acquired_where()),
                       text(v.acquired_how()),
                       text(v.tool()),
                       plain<ExhibitState>(v.state())};
    }
    ItemValue read(const wire::Grading& v) {
        return Grading{text(v.source()), text(v.information())};
    }
    ItemValue read(const wire::Provenance& v) {
        return Provenance{text(v.partner()), text(v.reference()), text(v.terms())};
    }
    ItemValue read(const wire::DataProtection& v) {
        return DataProtection{plain<DataBasis>(v.basis()), time(v.destroy_by()), text(v.text())};
    }
    ItemValue read(const wire::Redacted& v) { return Redacted{text(v.label()), text(v.text())}; }

  private:
    std::string text(const String* value) { return budget_.text(value); }
    std::vector<std::string> texts(const Vector<Offset<String>>* values) {
        std::vector<std::string> out;
        if (values == nullptr) {
            return out;
        }
        good_ = good_ && values->size() <= kMaxItemList;
        for (const String* const value : *values) {
            if (!good()) {
                break;
            }
            out.push_back(text(value));
        }
        return out;
    }
    // The number, known or not.
    template <typename Plain, typename Wire>
    static Plain plain(Wire value) {
        return static_cast<Plain>(value);
    }
    static std::optional<Time> time(std::int64_t seconds) {
        return seconds == 0 ? std::nullopt : std::optional(Time(std::chrono::seconds(seconds)));
    }
    std::optional<std::uint64_t> count(std::int64_t value) {
        good_ = good_ && value >= -1;
        return value == -1 ? std::nullopt : std::optional(static_cast<std::uint64_t>(value));
    }

    wire::Budget budget_{kMaxItem};
    bool good_ = true;
};

// Nothing for a value that this version does not know.
std::optional<ItemValue> read_value(ItemReader& in, const wire::Item& item) {
    using enum wire::Value;
    switch (item.value_type()) {
        case NONE:
            break;
        case Absent:
            return lapx::schema::Absent{};
#define LAPX_READ(type) \
    case type:          \
        return in.read(*item.value_as_##type());
            LAPX_READ(Text)
            LAPX_READ(Officer)
            LAPX_READ(Addressees)
            LAPX_READ(LegalBasis)
            LAPX_READ(Conduct)
            LAPX_READ(Seen)
            LAPX_READ(Jurisdictions)
            LAPX_READ(Scale)
            LAPX_READ(Indicator)
            LAPX_READ(Party)
            LAPX_READ(Complainant)
            LAPX_READ(Custodian)
            LAPX_READ(Preservation)
            LAPX_READ(Assistance)
            LAPX_READ(Inquiry)
            LAPX_READ(Urgency)
            LAPX_READ(Secrecy)
            LAPX_READ(Exhibit)
            LAPX_READ(Grading)
            LAPX_READ(Provenance)
            LAPX_READ(DataProtection)
            LAPX_READ(Redacted)
#undef LAPX_READ
    }
    return std::nullopt;
}

}  // namespace

Result<DecodedItem> decode_item(BytesView octets) {
    if (octets.empty() || octets.size() > kMaxItem) {
        return fail(Code::kItemMalformed, "item size");
    }
    const wire::Aligned aligned(octets);
    const auto* const item = aligned.root<wire::Item>(kVerifierTables);
    if (item == nullptr) {
        return fail(Code::kItemMalformed, "item buffer");
    }
    ItemReader in;
    auto value = read_value(in, *item);
    if (!value || !in.good()) {
        return fail(Code::kItemMalformed, "item value");
    }
    LAPX_TRY(check_value(*value));
    DecodedItem out;
    const auto* const salt = item->salt()->bytes();
    std::copy(salt->begin(), salt->end(), out.salt.begin());
    out.value = *std::move(value);
    return out;
}

}  // namespace lapx::schema
