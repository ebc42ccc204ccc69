#include "daemon/decisions.hpp"

#include <algorithm>

#include "daemon/ledger/opening.hpp"
#include "keys/domains.hpp"

namespace lapx::daemon {

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

Result<Decision> decided_before(store::Database& database, const keys::MasterKey& master,
                                std::uint64_t sent) {
    const auto missing = fail(Code::kLedgerBroken, "a `sent` entry without its `decided` entry");
    if (sent == 0) {
        return missing;
    }
    LAPX_TRY_ASSIGN(const schema::Opening opening, committed(database, master, sent - 1));
    if (opening.entry.kind != schema::EntryKind::kDecided) {
        return missing;
    }
    auto record = schema::parse_decided_record(as_text(opening.data));
    if (!record) {
        return fail(Code::kLedgerBroken, record.error().context);
    }
    return Decision{sent - 1, std::move(*record)};
}

}  // namespace lapx::daemon
