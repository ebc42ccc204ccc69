#include "tests/cli/sample_bundle.hpp"

#include <stdexcept>

#include "daemon/ledger/tree.hpp"
#include "keys/directory.hpp"
#include "keys/init.hpp"
#include "keys/keyring.hpp"
#include "schema/codec/items.hpp"
#include "schema/notes/ledger.hpp"
#include "schema/notes/records.hpp"
#include "schema/notes/referral.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/lapx/bundle.hpp"
#include "tools/lapx/ceremony.hpp"

namespace lapx::cli {
namespace {

using schema::EntryKind;
using schema::Label;

const Time kNow = time_from("2026-11-21T18:38:17Z").value();

template <typename T>
T must(Result<T> result) {
    if (!result) {
        throw std::runtime_error(result.error().context);
    }
    return std::move(*result);
}

struct Agent {
    Made made;
    Party party;
    keys::SigningKey sign;
    keys::SigningKey ledger;
};

Agent make_agent(const std::string& agency, const std::string& desk) {
    const test::TempDir folder;
    keys::SystemRandom random;
    Plan plan{.home = folder.path("home"),
              .root = folder.path("root"),
              .name = agency,
              .country = "NL",
              .zone = "UTC",
              .languages = {"en"},
              .topics = {},
              .desks = {{desk, "a desk"}},
              .config = {.agency = must(Agency::parse(agency))}};
    if (!keys::make_key_file(folder.path("key"), random)) {
        throw std::runtime_error("key file");
    }
    const auto unlock = [&] { return must(keys::Unlock::with_key_file(folder.path("key"))); };
    const Folders folders = must(Folders::make(plan));
    Made made = must(make_node(plan, {unlock(), unlock()}, random, kNow));
    const keys::Keyring ring =
        must(keys::Keyring::load(folder.path("home/keys/node.keyring"), unlock()));
    Party party = must(open_card_file(made.card_file));
    return {std::move(made), std::move(party), keys::SigningKey(*ring.get("sign-1")),
            keys::SigningKey(*ring.get("ledger-1"))};
}

class Leaves final : public ledger::NodeReader {
  public:
    explicit Leaves(std::vector<Hash> leaves) : leaves_(std::move(leaves)) {}
    Result<Hash> node(unsigned height, std::uint64_t index) override {
        if (height == 0) {
            return leaves_.at(index);
        }
        LAPX_TRY_ASSIGN(const Hash left, node(height - 1, 2 * index));
        LAPX_TRY_ASSIGN(const Hash right, node(height - 1, 2 * index + 1));
        return ledger::node_hash(left, right);
    }

  private:
    std::vector<Hash> leaves_;
};

// A proof of an entry with that data, in a log of seven entries.
std::string prove(const Agent& agent, EntryKind kind, const std::string& data) {
    constexpr std::uint64_t kSize = 7;
    constexpr std::uint64_t kIndex = 5;
    keys::Salt salt{};
    salt.fill(9);
    const Commitment body = keys::commitment(schema::word_of(kind), salt, as_bytes(data));
    const schema::Opening opening{{kind, kNow, body}, salt, to_bytes(data)};
    std::vector<Hash> leaves;
    for (std::uint64_t i = 0; i < kSize; ++i) {
        leaves.push_back(ledger::leaf_hash(as_bytes("other entry " + std::to_string(i) + "\n")));
    }
    leaves[kIndex] = ledger::leaf_hash(as_bytes(schema::print_entry(opening.entry)));
    Leaves nodes(std::move(leaves));
    const std::string origin = agent.party.card.ledger.front().name;
    const schema::Checkpoint checkpoint{origin, kSize, must(ledger::root_of(kSize, nodes))};
    return schema::print_tlog_proof(
        {.head = {.extra = to_bytes(schema::print_opening(opening)),
                  .index = kIndex,
                  .hashes = must(ledger::inclusion_proof(kIndex, kSize, nodes))},
         .checkpoint =
             keys::sign_note(schema::print_checkpoint(checkpoint), origin, agent.ledger)});
}

}  // namespace

SampleBundle sample_bundle() {
    const Agent sender = make_agent("opta.example", "spam");
    const Agent recipient = make_agent("acma.example", "abuse");
    const Agent stranger = make_agent("other.example", "spam");
    keys::SystemRandom random;
    SampleBundle sample;

    schema::Manifest manifest{
        .from = must(Desk::parse("spam@opta.example")),
        .id = must(uuid_from<ReferralId>("01936f2c-0000-7000-8000-000000000001")),
        .kind = schema::Kind::kInformation,
        .version = 1,
        .supersedes = {},
        .created = kNow,
        .items = {}};
    std::vector<schema::Disposition> dispositions;
    for (const schema::TemplateRow& row : schema::template_rows()) {
        const std::size_t lines = row.repeats ? schema::lines_for(row.label, 1) : 1;
        for (std::size_t line = 0; line < lines; ++line) {
            schema::ItemSalt salt{};
            random.fill(salt);
            schema::ItemValue value = schema::Absent{};
            schema::Disposition disposition = schema::Silent{};
            if (row.label == Label::kPurpose) {
                value = schema::Text{"take the page down"};
                disposition = schema::Disclosed{};
            } else if (row.label == Label::kScale) {
                schema::Scale scale;
                scale.complaints = 12;
                value = scale;
                disposition = schema::Reason::kCommerciallySensitive;
            } else if (row.label == Label::kFacts) {
                value = schema::Text{"what nobody is to see"};
            }
            const Bytes octets = schema::encode_item(salt, value);
            manifest.items.push_back({row.label, keys::item_digest(octets)});
            dispositions.push_back(disposition);
            const std::size_t number = manifest.items.size();
            if (row.label == Label::kPurpose) {
                sample.files["items/" + std::to_string(number)] = octets;
            } else if (row.label == Label::kFacts) {
                sample.withheld_item = octets;
                sample.withheld_number = number;
            }
        }
    }
    const std::string manifest_text = schema::print_manifest(manifest);
    const schema::View view{.to = must(Desk::parse("abuse@acma.example")),
                            .manifest = keys::digest_of<ManifestDigest>(manifest_text),
                            .tlp = schema::Tlp::kAmber,
                            .pap = schema::Pap::kAmber,
                            .uses = {schema::Use::kAdministrative},
                            .onward = {},
                            .until = {},
                            .attribution = {},
                            .no_resale = false,
                            .items = dispositions,
                            .exhibits = {}};
    const schema::Cover cover{
        .from = manifest.from,
        .to = view.to,
        .key = keys::desk_key_fingerprint(recipient.party.notice.recipients[0]),
        .message = must(uuid_from<MessageId>("01936f2d-0000-7000-8000-000000000001")),
        .created = kNow,
        .expires = kNow + std::chrono::days(62),
        .act = schema::Act::kRefer,
        .referral = manifest.id,
        .rest = schema::ViewText{view, schema::print_view(view)}};
    const std::string note = keys::sign_note(schema::print_cover(cover),
                                             sender.party.card.sign.front().name, sender.sign);
    const auto digest = keys::digest_of<CoverDigest>(note);
    const auto put = [&](const char* name, std::string_view text) {
        sample.files[name] = to_bytes(text);
    };
    put("card", sender.made.card_file);
    put("peer-card", recipient.made.card_file);
    put("cover", note);
    put("manifest", manifest_text);
    put("sent.tlog-proof", prove(sender, EntryKind::kSent, schema::print_sent_record({digest})));
    put("receipt.tlog-proof",
        prove(recipient, EntryKind::kReceived, schema::print_received_record({digest, {}})));
    sample.refusal_receipt = prove(recipient, EntryKind::kReceived,
                                   schema::print_received_record({digest, Code::kItemMalformed}));
    sample.stranger_card = stranger.made.card_file;
    return sample;
}

}  // namespace lapx::cli
