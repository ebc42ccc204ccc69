#include "tests/unit/schema/samples.hpp"

#include <algorithm>
#include <set>

#include "schema/base/text.hpp"

namespace lapx::schema::test {

Bytes Samples::bytes(std::size_t size) {
    Bytes out(size);
    std::generate(out.begin(), out.end(), [&] { return static_cast<std::uint8_t>(random_()); });
    return out;
}

std::string Samples::text() {
    static constexpr auto kWords =
        std::to_array<std::string_view>({"spam", "déjà", "100%", "=x", "κόσμε", "a,b", "🎣", "- —"});
    std::string out(kWords.at(below(kWords.size())));
    for (std::size_t i = below(5); i > 0; --i) {
        out += ' ';
        out += kWords.at(below(kWords.size()));
    }
    return out;
}

std::string Samples::short_id() {
    return "op" + std::string(maybe() ? "-" : "") + std::to_string(below(1'000'000));
}

Agency Samples::agency() { return Agency::parse(short_id() + ".example").value(); }

Desk Samples::desk() { return Desk::parse(short_id() + '@' + agency().text()).value(); }

Time Samples::time() {
    constexpr std::uint64_t kYear2000 = 946'684'800;
    constexpr std::uint64_t kNineHundredYears = 28'000'000'000;
    return Time{std::chrono::seconds(kYear2000 + below(kNineHundredYears))};
}

std::optional<Time> Samples::maybe_time() { return maybe() ? std::optional(time()) : std::nullopt; }

std::string Samples::vkey(const Agency& of, KeyRole role) {
    Bytes key = bytes(33);
    key.front() = role == KeyRole::kWitness ? kVkeyCosignature : kVkeyEd25519;
    return key_name_text({of, role, 1 + below(20)}) + '+' + hex(bytes(4)) + '+' + base64(key);
}

std::string Samples::recipient() {
    constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    std::string out = "age1";
    while (out.size() < 62) {
        out += kBech32[below(kBech32.size())];
    }
    return out;
}

Card Samples::card() {
    const Agency who = agency();
    const Time from = time();
    const auto keys = [&](KeyRole role) {
        std::vector<std::string> out(1 + below(kMaxKeysOfARole));
        std::generate(out.begin(), out.end(), [&] { return vkey(who, role); });
        return out;
    };
    const bool first = maybe();
    return Card{who,
                text(),
                maybe() ? "NL" : "AU",
                word<Sector>(),
                first ? 1 : 2 + below(1000),
                first ? std::nullopt : std::optional(digest<CardDigest>()),
                from,
                from + std::chrono::seconds(1 + below(731 * 86'400)),
                vkey(who, KeyRole::kRoot),
                keys(KeyRole::kSign),
                keys(KeyRole::kLedger),
                keys(KeyRole::kWitness),
                recipient()};
}

DeskBlock Samples::desk_block(const std::string& id) {
    DeskBlock out;
    out.id = id;
    out.role = text();
    if (maybe()) {
        out.topics = {"spam", "phishing"};
    }
    out.languages =
        maybe() ? std::vector<std::string>{"nl"} : std::vector<std::string>{"en-GB", "zh-Hant-TW"};
    out.phone = maybe() ? std::optional<std::string>("+31 70 315 35 00") : std::nullopt;
    out.mail = maybe() ? std::optional<std::string>("spam@opta.example") : std::nullopt;
    out.hours = maybe() ? std::optional<std::string>("mon-fri 09:00-17:00") : std::nullopt;
    for (std::size_t i = below(4); i > 0; --i) {
        out.closed.push_back(std::chrono::floor<std::chrono::days>(time()));
    }
    out.recipient = recipient();
    return out;
}

Notice Samples::notice() {
    const Time from = time();
    Notice out{agency(),
               1 + number() / 2,
               from,
               from + std::chrono::seconds(1 + below(75 * 86'400)),
               {digest<Hash>().bytes},
               {},
               {},
               maybe() ? "Europe/Amsterdam" : "Etc/GMT+5",
               {}};
    for (std::size_t i = below(kMaxEndpoints + 1); i > 0; --i) {
        out.endpoints.push_back((maybe() ? "tcp://192.0.2.7:" : "tcp://[2001:db8::1]:") +
                                std::to_string(1 + below(65'535)));
    }
    for (std::size_t i = below(kMaxRelays + 1); i > 0; --i) {
        out.relays.push_back(agency());
    }
    const std::size_t count = 1 + below(4);
    for (std::size_t i = 0; i < count; ++i) {
        out.desks.push_back(desk_block("desk" + std::to_string(i)));
        if (maybe()) {
            out.desks.back().deputy = "desk" + std::to_string(below(count));
        }
    }
    return out;
}

Vouch Samples::vouch() {
    const Agency of = *Agency::parse("opta.nl");
    const Time from = time();
    return {*Agency::parse("acma.example"), of, vkey(of, KeyRole::kRoot), from,
            from + std::chrono::seconds(1 + below(366 * 86'400))};
}

Roster Samples::roster() {
    std::set<Agency> agencies;
    for (std::size_t i = 1 + below(9); i > 0; --i) {
        agencies.insert(agency());
    }
    Roster out{*std::next(agencies.begin(), static_cast<std::ptrdiff_t>(below(agencies.size()))),
               text(),
               time(),
               {}};
    for (const Agency& member : agencies) {
        out.members.push_back({member, vkey(member, KeyRole::kRoot)});
    }
    return out;
}

CarriedNote Samples::carried_note() {
    return {agency(), agency(), time(), digest<ContentDigest>()};
}

Revocation Samples::revocation() {
    const Agency who = agency();
    return Revocation{who, time(), vkey(who, word<KeyRole>())};
}

std::vector<Label> Samples::labels() {
    std::vector<Label> out;
    for (const TemplateRow& row : template_rows()) {
        out.insert(out.end(), row.repeats ? lines_for(row.label, below(7)) : 1, row.label);
    }
    return out;
}

Manifest Samples::manifest() {
    const bool first = maybe();
    Manifest out{desk(),
                 id<ReferralId>(),
                 word<Kind>(),
                 first ? 1 : 2 + below(9),
                 first ? std::nullopt : std::optional(digest<ManifestDigest>()),
                 time(),
                 {}};
    for (const Label label : labels()) {
        out.items.push_back({label, digest<ItemDigest>()});
    }
    return out;
}

View Samples::view() {
    View out{desk(),
             digest<ManifestDigest>(),
             word<Tlp>(),
             word<Pap>(),
             {},
             {},
             maybe_time(),
             {},
             maybe(),
             {},
             {}};
    for (const auto& row : words<Use>()) {
        if (maybe()) {
            out.uses.push_back(row.value);
        }
    }
    if (out.uses.empty()) {
        out.uses.push_back(Use::kIntelligence);
    }
    out.onward.rule = static_cast<OnwardRule>(below(3));
    if (out.onward.rule == OnwardRule::kListed) {
        out.onward.agencies = {Agency::parse("acma.example").value(),
                               Agency::parse("ftc.example").value()};
    }
    if (maybe()) {
        out.attribution = text();
    }
    const std::size_t count = 1 + below(60);
    for (std::size_t i = 1; i <= count; ++i) {
        switch (below(4)) {
            case 0:
                out.items.emplace_back(word<Reason>());
                break;
            case 1:
                out.items.emplace_back(word<ReasonCategory>());
                break;
            case 2:
                out.items.emplace_back(Silent{});
                break;
            default:
                out.items.emplace_back(Disclosed{});
                if (maybe()) {
                    out.exhibits.push_back({static_cast<std::uint16_t>(i), digest<ContentDigest>(),
                                            number(), digest<ContentDigest>(), number()});
                }
        }
    }
    return out;
}

Cover Samples::cover() {
    const View seen = view();
    const Time from = time();
    const Act act = word<Act>();
    std::variant<ViewText, ContentDigest> rest = digest<ContentDigest>();
    if (act != Act::kMove) {
        rest = ViewText{seen, print_view(seen)};
    }
    return Cover{desk(),
                 seen.to,
                 digest<KeyFingerprint>(),
                 id<MessageId>(),
                 from,
                 from + std::chrono::seconds(1 + below(62 * 86'400)),
                 act,
                 id<ReferralId>(),
                 std::move(rest)};
}

Checkpoint Samples::checkpoint() {
    return {key_name_text({agency(), KeyRole::kLedger, 1}), number(), digest<Hash>()};
}

Entry Samples::entry() { return {word<EntryKind>(), time(), digest<Commitment>()}; }

Opening Samples::opening() { return {entry(), digest<Hash>().bytes, bytes(1 + below(300))}; }

std::vector<Hash> Samples::hashes() {
    std::vector<Hash> out(below(20));
    std::generate(out.begin(), out.end(), [&] { return digest<Hash>(); });
    return out;
}

ProofHead Samples::proof_head() { return {bytes(below(2) * below(400)), number(), hashes()}; }

TlogProof Samples::tlog_proof() {
    return {proof_head(), print_checkpoint(checkpoint()) + "\n— " + short_id() + ".example " +
                              base64(bytes(68)) + '\n'};
}

Consistency Samples::consistency() { return {number(), hashes()}; }

TlogPolicy Samples::tlog_policy() {
    TlogPolicy out{{vkey(agency(), KeyRole::kLedger)}, {}, 0};
    for (std::size_t i = below(4); i > 0; --i) {
        const Agency witness = agency();
        out.witnesses.push_back({witness.text(), vkey(witness, KeyRole::kWitness)});
    }
    out.quorum = below(out.witnesses.size() + 1);
    return out;
}

AuditSample Samples::audit_sample() {
    AuditSample out{key_name_text({agency(), KeyRole::kLedger, 1}), number(), short_id(), {}};
    for (std::size_t i = below(5) + 1; i > 0; --i) {
        out.drawn.push_back({number(), word<Drawn>()});
    }
    return out;
}

OpenRecord Samples::open_record() { return {digest<CardDigest>()}; }

AdmittedRecord Samples::admitted_record() {
    switch (below(4)) {
        case 0:
            return {digest<CardDigest>()};
        case 1:
            return {digest<NoticeDigest>()};
        case 2:
            return {digest<RevocationDigest>()};
        default:
            return {TrustChange{agency(), word<TrustState>()}};
    }
}

ApprovedRecord Samples::approved_record() {
    ApprovedRecord out{id<ReferralId>(), {}, short_id(), {}};
    for (std::size_t i = below(5) + 1; i > 0; --i) {
        out.views.push_back(digest<ViewDigest>());
    }
    if (maybe()) {
        out.standing = id<StandingId>();
    }
    return out;
}

StandingRecord Samples::standing_record() {
    const View terms = view();
    return {id<StandingId>(),
            short_id(),
            digest<PolicyDigest>(),
            {Desk::parse("a@acma.example").value(), Desk::parse("b@ftc.example").value()},
            {terms.tlp, terms.pap, terms.uses, terms.onward, terms.until, terms.attribution,
             terms.no_resale},
            1 + below(1000),
            Time{std::chrono::seconds{1'700'000'000 + below(1000)}},
            Time{std::chrono::seconds{1'800'000'000 + below(1000)}},
            short_id()};
}

StandingEndedRecord Samples::standing_ended_record() { return {id<StandingId>(), short_id()}; }

SentRecord Samples::sent_record() { return {digest<CoverDigest>()}; }

ReceivedRecord Samples::received_record() {
    return {digest<CoverDigest>(), maybe() ? std::nullopt : std::optional(Code::kItemMismatch)};
}

ConflictRecord Samples::conflict_record() {
    ConflictRecord out{Code::kLedgerConflict, {}};
    for (std::size_t i = below(3) + 1; i > 0; --i) {
        out.evidence.push_back(digest<ContentDigest>());
    }
    return out;
}

RefusedRecord Samples::refused_record() {
    RefusedRecord out{short_id(), Code::kNotPermitted};
    if (maybe()) {
        out.who = agency();
    }
    return out;
}

RestrictedRecord Samples::restricted_record() {
    std::set<std::string> officers;
    for (std::size_t i = below(5); i > 0; --i) {
        officers.insert(short_id());
    }
    return {id<ReferralId>(), short_id(), {officers.begin(), officers.end()}};
}

AccessRecord Samples::access_record() { return {short_id(), text()}; }

MoveBody Samples::move_body() {
    MoveBody out{id<ReferralId>(), 1 + below(9), Move::kAcknowledged, {}, {}};
    if (maybe()) {
        out.move = Move::kConsentAsked;
        out.uses = {Use::kCriminal, Use::kJudicialEvidence};
    }
    if (!out.uses.empty() && maybe()) {
        out.onward = {agency()};
    }
    return out;
}

MovedRecord Samples::moved_record() {
    return {digest<CoverDigest>(), maybe() ? Move::kAcknowledged : Move::kRecallDone, short_id()};
}

MovedRecord Samples::consent_record() {
    return {digest<CoverDigest>(), maybe() ? Move::kConsentAsked : Move::kConsentRefused,
            short_id()};
}

ErasedRecord Samples::erased_record() {
    ErasedRecord out{id<ReferralId>(), agency(), 1 + below(9), {}, short_id(), text()};
    if (maybe()) {
        out.what = {maybe() ? ErasedPart::kItem : ErasedPart::kExhibit,
                    static_cast<std::uint16_t>(1 + below(1024))};
    }
    return out;
}

HoldRecord Samples::hold_record() {
    return {id<ReferralId>(), agency(), maybe(), short_id(), text()};
}

DecidedRecord Samples::decided_record() {
    DecidedRecord out{id<ReferralId>(),
                      id<MessageId>(),
                      desk(),
                      digest<CoverDigest>(),
                      digest<ViewDigest>(),
                      maybe() ? std::nullopt : std::optional(digest<PolicyDigest>()),
                      short_id(),
                      maybe(),
                      maybe() ? std::nullopt : std::optional(id<StandingId>()),
                      digest<TextsDigest>(),
                      {}};
    for (const Label label : labels()) {
        DecidedItem item{label, word<ItemClass>(), std::monostate{}};
        if (maybe()) {
            item.inward = Withholding{word<Reason>(), word<Shown>(), short_id()};
        } else if (maybe()) {
            item.inward = Disclosed{};
        }
        out.items.push_back(std::move(item));
    }
    add_derived(out);
    if (below(4) == 0) {
        out.message.reset();
        out.cover.reset();
        for (DecidedItem& item : out.items) {
            if (inward_of(item) != Inward::kAbsent) {
                item.inward = Withholding{Reason::kOutOfMandate, Shown::kSilent, short_id()};
            }
        }
    }
    return out;
}

// What is there of `redacted` stands for the last item before it that is there.
void Samples::add_derived(DecidedRecord& record) {
    std::uint16_t original = 0;
    for (std::size_t i = 0; i < record.items.size(); ++i) {
        DecidedItem& item = record.items[i];
        if (inward_of(item) != Inward::kAbsent && item.label == Label::kRedacted) {
            item.original = original;
        } else if (inward_of(item) != Inward::kAbsent) {
            original = static_cast<std::uint16_t>(i + 1);
        }
    }
}

DecidedTexts Samples::decided_texts() {
    DecidedTexts out;
    for (std::size_t i = below(4); i > 0; --i) {
        out.operators.push_back({"op-" + std::to_string(9 - i), text(), text() + "; deputy"});
    }
    for (std::size_t i = 0; i < below(6); ++i) {
        out.bases.push_back({static_cast<std::uint16_t>(1 + i * (1 + below(2))), text()});
    }
    const auto same = [](const BasisWords& a, const BasisWords& b) { return a.number >= b.number; };
    while (std::adjacent_find(out.bases.begin(), out.bases.end(), same) != out.bases.end()) {
        out.bases.pop_back();
    }
    return out;
}

}  // namespace lapx::schema::test
