#include "daemon/ledger/opening.hpp"

#include <algorithm>
#include <utility>

#include "daemon/ledger/records.hpp"
#include "keys/domains.hpp"

namespace lapx::ledger {
namespace {

constexpr auto place(OpeningPart part) { return static_cast<std::size_t>(part); }

Result<std::string> head_with(NodeReader& nodes, std::string_view extra, std::uint64_t index,
                              std::uint64_t size) {
    LAPX_TRY_ASSIGN(std::vector<Hash> hashes, inclusion_proof(index, size, nodes));
    return schema::print_proof_head({to_bytes(extra), index, std::move(hashes)});
}

}  // namespace

Result<void> store_opening(store::Database& database, const keys::MasterKey& master,
                           std::uint64_t index, std::span<const BytesView> parts, Random& random) {
    const keys::SealedParts sealed = keys::seal_parts(master, parts, random);
    return database.run("INSERT INTO opening(idx, keys, parts) VALUES(?, ?, ?)", index, sealed.keys,
                        sealed.data);
}

Result<Bytes> read_part(store::Database& database, const keys::MasterKey& master,
                        std::uint64_t index, OpeningPart part) {
    LAPX_TRY_ASSIGN(auto query,
                    database.query("SELECT keys, parts FROM opening WHERE idx = ?", index));
    LAPX_TRY_ASSIGN(const bool found, query.step());
    if (!found) {
        return fail(Code::kNotFound, "no such ledger entry");
    }
    return keys::open_part(master, query.blob(0), query.blob(1), place(part));
}

Result<void> erase_part(store::Database& database, std::uint64_t index, OpeningPart part) {
    Bytes wrapped;
    {
        LAPX_TRY_ASSIGN(auto query,
                        database.query("SELECT keys FROM opening WHERE idx = ?", index));
        LAPX_TRY_ASSIGN(const bool found, query.step());
        if (!found || place(part) >= keys::part_count(query.blob(0))) {
            return fail(Code::kNotFound, "no such ledger entry, or it has no texts");
        }
        const BytesView stored = query.blob(0);
        wrapped.assign(stored.begin(), stored.end());
    }
    keys::erase_part(wrapped, place(part));
    return database.run("UPDATE opening SET keys = ? WHERE idx = ?", wrapped, index);
}

Result<schema::Opening> opening_at(store::Database& database, const keys::MasterKey& master,
                                   std::uint64_t index) {
    LAPX_TRY_ASSIGN(const std::string text, entry_at(database, index));
    auto entry = schema::parse_entry(text);
    if (!entry) {
        return fail(Code::kLedgerBroken, "entry " + std::to_string(index) + " is malformed");
    }
    LAPX_TRY_ASSIGN(const Bytes part, read_part(database, master, index, OpeningPart::kData));
    schema::Opening opening{*entry, {}, {}};
    if (part.size() <= opening.salt.size()) {
        return fail(Code::kDatabaseBroken, "an opening is too short");
    }
    const auto data = part.begin() + static_cast<std::ptrdiff_t>(opening.salt.size());
    std::copy(part.begin(), data, opening.salt.begin());
    opening.data.assign(data, part.end());
    return opening;
}

Result<std::string> proof_head(NodeReader& nodes, const schema::Opening& opening,
                               std::uint64_t index, std::uint64_t size) {
    return head_with(nodes, schema::print_opening(opening), index, size);
}

Result<std::string> sealed_proof_head(NodeReader& nodes, const schema::Entry& entry,
                                      std::uint64_t index, std::uint64_t size) {
    return head_with(nodes, schema::print_entry(entry), index, size);
}

}  // namespace lapx::ledger
