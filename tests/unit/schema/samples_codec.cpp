#include "tests/unit/schema/samples.hpp"

namespace lapx::schema::test {

std::vector<std::string> Samples::texts() {
    std::vector<std::string> out(below(4));
    for (std::string& each : out) {
        each = text();
    }
    return out;
}

std::vector<std::string> Samples::countries() {
    return maybe() ? std::vector<std::string>{"NL", "BE"} : std::vector<std::string>{};
}

ItemSalt Samples::salt() { return digest<Hash>().bytes; }

// NOLINTNEXTLINE(readability-function-size): one line for each value
ItemValue Samples::value(std::size_t alternative) {
    const auto some = [&] { return maybe() ? text() : std::string(); };
    const auto count = [&] { return maybe() ? std::optional(number()) : std::nullopt; };
    switch (static_cast<ValueType>(alternative + 1)) {
        case ValueType::kAbsent:
            return Absent{};
        case ValueType::kText:
            return Text{text() + "\n\t" + text()};
        case ValueType::kOfficer:
            return Officer{some(), some(), some(), some()};
        case ValueType::kAddressees:
            return Addressees{{desk(), desk()}};
        case ValueType::kLegalBasis:
            return LegalBasis{texts(), texts(), texts(), maybe()};
        case ValueType::kConduct:
            return Conduct{"fraud:phishing", word_or_unset<Channel>()};
        case ValueType::kSeen:
            return Seen{maybe_time(), std::nullopt, word_or_unset<Precision>()};
        case ValueType::kJurisdictions:
            return Jurisdictions{countries(), countries(), countries()};
        case ValueType::kScale: {
            Scale out{count(), count(), count(), count(), "", word_or_unset<Counting>()};
            out.currency = out.loss ? "EUR" : "";
            return out;
        }
        case ValueType::kIndicator:
            return Indicator{
                word<IndicatorType>(), text(),
                maybe() ? std::optional<std::uint16_t>(1 + below(65'535)) : std::nullopt,
                maybe_time()};
        case ValueType::kParty:
            return Party{word<PartyRole>(), some(), texts(), maybe() ? "NL" : "",
                         word_or_unset<Confidence>()};
        case ValueType::kComplainant:
            return Complainant{some(), some(), some(), maybe() ? "DE" : "", some()};
        case ValueType::kCustodian:
            return Custodian{some(), some(), maybe_time()};
        case ValueType::kPreservation:
            return Preservation{some(), some(), maybe()};
        case ValueType::kAssistance:
            return Assistance{static_cast<std::uint16_t>(below(65'536)), some(),
                              word<AssistanceStatus>()};
        case ValueType::kInquiry:
            return Inquiry{word<InquiryKind>(), some(), some(), some()};
        case ValueType::kUrgency:
            return Urgency{word<UrgencyLevel>(), some(), maybe_time()};
        case ValueType::kSecrecy:
            return Secrecy{maybe(), maybe(), maybe(), some()};
        case ValueType::kExhibit:
            return Exhibit{some(), some(), number(), digest<ContentDigest>(), some(), maybe_time(),
                           some(), some(), some(),   word<ExhibitState>()};
        case ValueType::kGrading:
            return Grading{std::string(1, static_cast<char>('A' + below(6))),
                           std::string(1, static_cast<char>('1' + below(6)))};
        case ValueType::kProvenance:
            return Provenance{some(), some(), some()};
        case ValueType::kDataProtection:
            return DataProtection{word_or_unset<DataBasis>(), maybe_time(), some()};
        case ValueType::kRedacted:
            return Redacted{maybe() ? "facts" : "suspect", text()};
    }
    return Absent{};
}

ParcelContent Samples::parcel() {
    ParcelContent out;
    out.cover = bytes(1 + below(4000));
    out.manifest = bytes(below(2) * below(4000));
    out.body = bytes(below(2) * below(400));
    out.proof = bytes(1 + below(2000));
    out.consistency = bytes(below(2) * below(400));
    for (std::uint16_t i = 1; i <= 40; ++i) {
        if (maybe()) {
            out.items.push_back({i, encode_item(salt(), value())});
        }
    }
    for (std::uint16_t i = 1; i <= below(4); ++i) {
        out.exhibits.push_back({i, bytes(1 + below(74)), bytes(below(2) * below(20'000))});
    }
    return out;
}

std::optional<Link> Samples::link() {
    if (maybe()) {
        return std::nullopt;
    }
    const std::uint64_t old_size = below(1'000'000);
    return Link{old_size, old_size + below(1'000'000), hashes()};
}

std::vector<Link> Samples::links() {
    std::vector<Link> out;
    for (std::size_t i = below(kMaxLinks); i > 0; --i) {
        if (auto one = link()) {
            out.push_back(std::move(*one));
        }
    }
    return out;
}

CarriedContent Samples::carried() {
    return {print_carried_note(carried_note()), bytes(1 + below(30'000))};
}

FrameMessage Samples::frame(std::size_t alternative) {
    const std::string note = print_checkpoint(checkpoint());
    const auto item_number = [&] { return static_cast<std::uint16_t>(1 + below(kMaxItems)); };
    const CosignatureFrame cosignature{"— a.example/lapx/witness-1 " + base64(bytes(76)) + '\n',
                                       number()};
    switch (alternative) {
        case 0:
            return HelloFrame{print_card(card()), print_notice(notice()), maybe() ? note : "",
                              maybe() ? std::optional(time()) : std::nullopt};
        case 1:
            return ParcelFrame{id<MessageId>(), desk(), link(), bytes(1 + below(9000)), links()};
        case 2: {
            ReceiptsFrame out{note, link(), {}, std::nullopt, links()};
            for (std::size_t i = 1 + below(20); i > 0; --i) {
                out.entries.push_back({id<MessageId>(), print_proof_head(proof_head())});
            }
            if (maybe()) {
                out.cosignature = cosignature;
            }
            return out;
        }
        case 3:
            return cosignature;
        case 4:
            return RefusalFrame{id<MessageId>(), Code::kQuota, false, 60, number()};
        case 5:
            return CheckpointFrame{note, link()};
        case 6:
            return ExhibitRequestFrame{id<MessageId>(), item_number(), number(), 8};
        case 7:
            return ExhibitChunkFrame{id<MessageId>(), item_number(), number(),
                                     bytes(1 + below(5000)), maybe()};
        case 8:
            return RelayPutFrame{agency(), id<DepositId>(), time(), bytes(1 + below(5000))};
        case 9:
            return RelayFetchFrame{maybe() ? std::optional(id<DepositId>()) : std::nullopt, 3};
        case 10:
            return RelayDeleteFrame{id<DepositId>()};
        case 11:
            return ReachRequestFrame{number()};
        case 12: {
            ReachAnswerFrame out{number(), {}};
            for (std::size_t i = below(kMaxEndpoints + 1); i > 0; --i) {
                out.endpoints.push_back({"tcp://192.0.2.7:" + std::to_string(i), word<Reached>()});
            }
            return out;
        }
        case 13:
            return RelayItemFrame{agency(), id<DepositId>(), bytes(1 + below(5000))};
        default:
            return RelayAnswerFrame{id<DepositId>(),
                                    maybe() ? std::optional(Code::kQuota) : std::nullopt};
    }
}

}  // namespace lapx::schema::test
