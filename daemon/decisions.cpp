#include "daemon/decisions.hpp"

#include <algorithm>
#include <set>

#include "daemon/ledger/opening.hpp"
#include "keys/domains.hpp"

namespace lapx::daemon {
namespace {

schema::OperatorWords words_of(const config::Config& config, const std::string& id) {
    for (const config::Operator& person : config.operators) {
        if (person.id == id) {
            return {id, person.name, person.position.empty() ? "-" : person.position};
        }
    }
    return {id, id, "-"};
}

}  // namespace

Decided decided(const model::ProposalContent& content, const std::optional<CoverName>& cover,
                const model::Approval& approval, const config::Config& config,
                const PolicyDigest& policy, Random& random) {
    schema::DecidedTexts texts;
    std::set<std::string> people{approval.approver};
    schema::DecidedRecord record{.referral = content.referral,
                                 .message = {},
                                 .to = content.view.view.to,
                                 .cover = {},
                                 .view = content.digest,
                                 .policy = policy,
                                 .approver = approval.approver,
                                 .self_approved = approval.self_approved,
                                 .standing = approval.standing,
                                 .texts = {},
                                 .items = {}};
    if (cover) {
        record.message = cover->message;
        record.cover = cover->digest;
    }
    std::uint16_t number = 0;
    for (const model::Ruling& ruling : content.rulings) {
        ++number;
        record.items.push_back(ruling.decided);
        if (const auto* withheld = std::get_if<schema::Withholding>(&ruling.decided.inward)) {
            people.insert(withheld->decider);
        }
        if (!ruling.basis.empty()) {
            texts.bases.push_back({number, ruling.basis});
        }
    }
    for (const std::string& id : people) {
        texts.operators.push_back(words_of(config, id));
    }
    const std::string text = schema::print_decided_texts(texts);
    keys::Salt salt{};
    random.fill(salt);
    record.texts = keys::texts_digest(salt, as_bytes(text));
    Bytes kept(salt.begin(), salt.end());
    kept.insert(kept.end(), text.begin(), text.end());
    return {schema::print_decided_record(record), std::move(kept)};
}

Result<schema::Opening> committed(store::Database& database, const keys::MasterKey& master,
                                  std::uint64_t index) {
    LAPX_TRY_ASSIGN(schema::Opening opening, ledger::opening_at(database, master, index));
    const std::string_view kind = schema::word_of(opening.entry.kind);
    if (keys::commitment(kind, opening.salt, opening.data) != opening.entry.body) {
        return fail(Code::kLedgerBroken, "the opening is not what the entry commits to");
    }
    return opening;
}

Result<schema::DecidedTexts> words_of(store::Database& database, const keys::MasterKey& master,
                                      std::uint64_t index, const schema::DecidedRecord& record) {
    LAPX_TRY_ASSIGN(const Bytes part,
                    ledger::read_part(database, master, index, ledger::OpeningPart::kTexts));
    keys::Salt salt{};
    if (part.size() < salt.size()) {
        return fail(Code::kLedgerBroken, "the texts of a decided record are too short");
    }
    const BytesView texts = BytesView(part).subspan(salt.size());
    std::copy_n(part.begin(), salt.size(), salt.begin());
    if (keys::texts_digest(salt, texts) != record.texts) {
        return fail(Code::kLedgerBroken, "the texts are not those that the decided record names");
    }
    auto words = schema::parse_decided_texts(as_text(texts));
    if (!words) {
        return fail(Code::kLedgerBroken, words.error().context);
    }
    return words;
}

Result<schema::DecidedRecord> decided_at(store::Database& database, const keys::MasterKey& master,
                                         std::uint64_t index) {
    LAPX_TRY_ASSIGN(const schema::Opening opening, committed(database, master, index));
    if (opening.entry.kind != schema::EntryKind::kDecided) {
        return fail(Code::kLedgerBroken, "a release without its `decided` entry");
    }
    auto record = schema::parse_decided_record(as_text(opening.data));
    if (!record) {
        return fail(Code::kLedgerBroken, record.error().context);
    }
    return record;
}

}  // namespace lapx::daemon
