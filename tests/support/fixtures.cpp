#include "tests/support/fixtures.hpp"

#include <algorithm>

#include "daemon/cases/drafting.hpp"
#include "keys/age.hpp"
#include "keys/directory.hpp"
#include "keys/note.hpp"

namespace lapx::test {

namespace {

keys::SigningKey make_key(std::uint64_t seed) {
    SeededRandom random(seed);
    return keys::SigningKey::generate(random);
}

keys::Identity make_identity(std::uint64_t seed) {
    SeededRandom random(seed);
    return keys::Identity::generate(random);
}

}  // namespace

TestAgency::TestAgency(const std::string& name, std::uint64_t seed, Time from)
    : agency(*Agency::parse(name)),
      not_before(from),
      root(make_key(seed * 10)),
      sign(make_key(seed * 10 + 1)),
      ledger(make_key(seed * 10 + 2)),
      witness(make_key(seed * 10 + 3)),
      node(make_identity(seed * 10 + 4)),
      spam_desk(make_identity(seed * 10 + 5)) {}

std::string TestAgency::vkey(const std::string& role) const {
    const keys::SigningKey& key = role == "root"     ? root
                                  : role == "sign"   ? sign
                                  : role == "ledger" ? ledger
                                                     : witness;
    const auto type = role == "witness" ? keys::KeyType::kCosignature : keys::KeyType::kEd25519;
    return keys::VerifierKey{key_name(role), type, key.public_key()}.text();
}

std::string TestAgency::card(std::uint64_t serial, const std::string& previous_note) const {
    const schema::Card card{
        .agency = agency,
        .name = "Agency " + agency.text(),
        .country = "NL",
        .sector = schema::Sector::kEnforcement,
        .serial = serial,
        .previous = previous_note.empty()
                        ? std::nullopt
                        : std::optional(keys::digest_of<CardDigest>(previous_note)),
        .not_before = not_before,
        .expires = not_before + std::chrono::days{700},
        .root = vkey("root"),
        .sign = {vkey("sign")},
        .ledger = {vkey("ledger")},
        .witness = {vkey("witness")},
        .node = node.recipient().text()};
    return keys::sign_note(schema::print_card(card), key_name("root"), root);
}

std::string TestAgency::notice(std::uint64_t serial) const {
    const schema::DeskBlock desk{.id = "spam",
                                 .role = "Spam desk",
                                 .topics = {},
                                 .languages = {"en"},
                                 .phone = {},
                                 .mail = {},
                                 .hours = {},
                                 .closed = {},
                                 .deputy = {},
                                 .recipient = spam_desk.recipient().text()};
    const schema::Notice notice{.agency = agency,
                                .serial = serial,
                                .not_before = not_before,
                                .expires = not_before + std::chrono::days{70},
                                .curve = {node.recipient().bytes()},
                                .endpoints = endpoints,
                                .relays = relays,
                                .zone = "UTC",
                                .desks = {desk}};
    return keys::sign_note(schema::print_notice(notice), key_name("sign"), sign);
}

std::string TestAgency::revocation(const std::string& revoked) const {
    return keys::sign_note(schema::print_revocation({agency, not_before, revoked}),
                           key_name("root"), root);
}

model::Draft sample_draft(const Desk& from, const std::vector<Desk>& to, Random& random) {
    using schema::Label;
    cases::Values values;
    values[Label::kFacts] = {schema::Text{"The sample phishing mail"}};
    values[Label::kSeen] = {schema::Seen{kNow, kNow, schema::Precision::kSecond}};
    values[Label::kAddressees] = {schema::Addressees{to}};
    values[Label::kIndicator] = {
        schema::Indicator{schema::IndicatorType::kDomain, "bank.example", {}, {}},
        schema::Indicator{schema::IndicatorType::kIp, "192.0.2.7", 25, kNow},
        schema::Indicator{schema::IndicatorType::kUrl, "https://bank.example/login", {}, {}}};
    values[Label::kIndicatorPersonal] = {
        schema::Indicator{schema::IndicatorType::kMailAddress, "ada@home.example", {}, {}}};
    values[Label::kScale] = {schema::Scale{412, {}, {}, {}, {}, schema::Counting::kEstimated}};
    values[Label::kLegalAdvice] = {schema::Text{"Counsel says no"}};
    cases::add_defaults(values, schema::Kind::kUrgent, from.agency(), "NL");
    cases::add_data_protection(values, kNow);
    std::array<std::uint8_t, 10> dice{};
    random.fill(dice);
    return {.id = ReferralId{uuid7(1'795'000'000'000, dice)},
            .supersedes = {},
            .kind = schema::Kind::kUrgent,
            .from = from,
            .to = to,
            .handling = {},
            .created = kNow,
            .external_id = {},
            .items = *cases::lay_out(values, random),
            .withheld = {},
            .permitted = {}};
}

const disclosure::Policy& policy() {
    static const disclosure::Policy kPolicy =
        disclosure::policy_of(*config::parse_policy(config::builtin_policy()));
    return kPolicy;
}

model::Addressee addressee(const Desk& desk) {
    return {desk, schema::Sector::kEnforcement, "AU", schema::TrustState::kVerified};
}

model::SealedExhibit add_exhibit(model::Draft& draft, BytesView plain, Random& random) {
    const keys::Identity identity = keys::Identity::generate(random);
    model::SealedExhibit out{.element = 1,
                             .plain = keys::digest_of<ContentDigest>(plain),
                             .plain_size = plain.size(),
                             .sealed_digest = {},
                             .sealed = keys::seal(identity.recipient(), plain, random),
                             .identity = keys::SecretBytes(BytesView(identity.secret().view()))};
    out.sealed_digest = keys::digest_of<ContentDigest>(out.sealed);
    schema::ItemSalt salt{};
    random.fill(salt);
    schema::Exhibit description;
    description.name = "mail.eml";
    description.media_type = "message/rfc822";
    description.size = out.plain_size;
    description.sha256 = out.plain;
    const auto item = std::find_if(draft.items.begin(), draft.items.end(), [](const auto& i) {
        return i.label == schema::Label::kExhibit;
    });
    *item = {schema::Label::kExhibit, true, schema::encode_item(salt, description)};
    draft.permitted.push_back({{schema::Label::kExhibit, 1}, "op-1"});
    return out;
}

}  // namespace lapx::test
