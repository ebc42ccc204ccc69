#include "tools/bench/dossier.hpp"

#include <algorithm>

#include "keys/age.hpp"
#include "keys/domains.hpp"
#include "schema/limits.hpp"
#include "schema/notes/records.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::bench {
namespace {

constexpr std::string_view kSender = "spam@opta.example";
constexpr std::string_view kRecipient = "spam@acma.example";
constexpr std::string_view kSignName = "opta.example/lapx/sign-1";
constexpr std::string_view kLogName = "opta.example/lapx/ledger-1";
constexpr std::string_view kOperator = "officer-1";
constexpr std::string_view kTime = "2026-11-21T18:38:17Z";

template <typename Id>
Id new_id(Random& random) {
    std::array<std::uint8_t, 10> octets{};
    random.fill(octets);
    return Id{uuid7(0, octets)};
}

struct Made {
    Desk from;
    Desk to;
    Time now;
    ReferralId referral;
    MessageId message;
    std::vector<schema::Label> labels;
    std::vector<bool> present;
};

// A line for each element of each label; absent ones have octets too (protocol.md 4.3).
void lay_out(const std::vector<SampleItem>& sample, Random& random, Made& made, Dossier& out) {
    for (const schema::TemplateRow& row : schema::template_rows()) {
        const auto found = std::find_if(sample.begin(), sample.end(),
                                        [&](const auto& item) { return item.label == row.label; });
        const std::size_t lines = row.repeats ? schema::lines_for(row.label, 1) : 1;
        for (std::size_t line = 0; line < lines; ++line) {
            const bool present = line == 0 && found != sample.end();
            schema::ItemSalt salt{};
            random.fill(salt);
            out.values.push_back(present ? found->value : schema::ItemValue{schema::Absent{}});
            out.items.push_back(schema::encode_item(salt, out.values.back()));
            made.labels.push_back(row.label);
            made.present.push_back(present);
        }
    }
}

std::string manifest_of(const Made& made, const Dossier& dossier) {
    schema::Manifest manifest{.from = made.from,
                              .id = made.referral,
                              .kind = kKind,
                              .version = 1,
                              .supersedes = {},
                              .created = made.now,
                              .items = {}};
    for (std::size_t i = 0; i < dossier.items.size(); ++i) {
        manifest.items.push_back({made.labels[i], keys::item_digest(dossier.items[i])});
    }
    return schema::print_manifest(manifest);
}

schema::ViewText view_of(const Made& made, const std::string& manifest) {
    schema::ViewText out{{.to = made.to,
                          .manifest = keys::digest_of<ManifestDigest>(manifest),
                          .tlp = schema::Tlp::kAmber,
                          .pap = schema::Pap::kAmber,
                          .uses = {schema::Use::kAdministrative},
                          .onward = {},
                          .until = {},
                          .attribution = {},
                          .no_resale = false,
                          .items = {},
                          .exhibits = {}},
                         {}};
    for (const bool present : made.present) {
        out.view.items.push_back(present ? schema::Disposition{schema::Disclosed{}}
                                         : schema::Disposition{schema::Silent{}});
    }
    out.text = schema::print_view(out.view);
    return out;
}

void add_records(const Made& made, Dossier& out) {
    const auto view = keys::digest_of<ViewDigest>(out.view);
    const auto cover = keys::digest_of<CoverDigest>(out.cover);
    out.approved =
        schema::print_approved_record({made.referral, {view}, std::string(kOperator), {}});
    out.texts = schema::print_decided_texts(
        {{{std::string(kOperator), "Ada Officer", "Investigator"}}, {}});
    schema::DecidedRecord decided{.referral = made.referral,
                                  .message = made.message,
                                  .to = made.to,
                                  .cover = cover,
                                  .view = view,
                                  .policy = {},
                                  .approver = std::string(kOperator),
                                  .self_approved = true,
                                  .standing = {},
                                  .texts = {},
                                  .items = {}};
    for (std::size_t i = 0; i < made.labels.size(); ++i) {
        schema::DecidedItem item{made.labels[i], schema::template_row(made.labels[i]).default_class,
                                 std::monostate{}};
        if (made.present[i]) {
            item.inward = schema::Disclosed{};
        }
        decided.items.push_back(std::move(item));
    }
    out.decided = schema::print_decided_record(decided);
    out.sent = schema::print_sent_record({cover});
    out.received = schema::print_received_record({cover, std::nullopt});
}

std::string proof_head_of(schema::EntryKind kind, const std::string& record, Time now) {
    const schema::Opening opening{{kind, now, {}}, {}, to_bytes(record)};
    return schema::print_proof_head(
        {to_bytes(schema::print_opening(opening)), 1, std::vector<Hash>(kPath)});
}

}  // namespace

Result<Dossier> make_dossier(Random& random) {
    LAPX_TRY_ASSIGN(const Desk from, Desk::parse(kSender));
    LAPX_TRY_ASSIGN(const Desk to, Desk::parse(kRecipient));
    LAPX_TRY_ASSIGN(const Time now, time_from(kTime));
    LAPX_TRY_ASSIGN(const auto sample, sample_items());
    Made made{from, to, now, new_id<ReferralId>(random), new_id<MessageId>(random), {}, {}};
    Dossier out{.sign = keys::SigningKey::generate(random),
                .desk = keys::Identity::generate(random),
                .values = {},
                .items = {},
                .manifest = {},
                .view = {},
                .cover = {},
                .checkpoint = {},
                .approved = {},
                .decided = {},
                .texts = {},
                .sent = {},
                .received = {},
                .sent_proof = {},
                .received_head = {},
                .parcel = {},
                .frame = {made.message, to, {}, {}}};
    lay_out(sample, random, made, out);
    out.manifest = manifest_of(made, out);
    schema::ViewText view = view_of(made, out.manifest);
    out.view = view.text;
    out.cover = keys::sign_note(
        schema::print_cover({.from = from,
                             .to = to,
                             .key = keys::desk_key_fingerprint(out.desk.recipient()),
                             .message = made.message,
                             .created = now,
                             .expires = now + schema::kMaxCoverLife,
                             .act = schema::Act::kRefer,
                             .referral = made.referral,
                             .rest = std::move(view)}),
        kSignName, out.sign);
    out.checkpoint = keys::sign_note(
        schema::print_checkpoint({std::string(kLogName), std::uint64_t{1} << kPath, {}}), kLogName,
        out.sign);
    add_records(made, out);
    out.sent_proof = proof_head_of(schema::EntryKind::kSent, out.sent, now) + out.checkpoint;
    out.received_head = proof_head_of(schema::EntryKind::kReceived, out.received, now);
    out.parcel = {.cover = to_bytes(out.cover),
                  .manifest = to_bytes(out.manifest),
                  .items = {},
                  .body = {},
                  .proof = to_bytes(out.sent_proof),
                  .consistency = {},
                  .exhibits = {}};
    for (std::size_t i = 0; i < out.items.size(); ++i) {
        if (made.present[i]) {
            out.parcel.items.push_back({static_cast<std::uint16_t>(i + 1), out.items[i]});
        }
    }
    LAPX_TRY_ASSIGN(const Bytes plain, schema::encode_parcel(out.parcel));
    out.frame.sealed = keys::seal(out.desk.recipient(), plain, random);
    return out;
}

}  // namespace lapx::bench
