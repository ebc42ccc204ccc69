// The evidence of referrals.

#include "daemon/cases/cases.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"

namespace lapx::cases {
namespace {

constexpr std::string_view kExhibitColumns = "number, sealed, keys, data";

}  // namespace

Result<void> Cases::add_exhibit(std::int64_t seq, const model::SealedExhibit& exhibit) {
    const std::string size = std::to_string(exhibit.plain_size);
    const std::vector<BytesView> parts{exhibit.identity.view(), exhibit.plain.view(),
                                       as_bytes(size)};
    const keys::SealedParts sealed = keys::seal_parts(master_, parts, random_);
    return database_.run(
        "INSERT INTO exhibit(referral, number, sealed, keys, data) VALUES(?, ?, ?, ?, ?)", seq,
        exhibit.element, BytesView(exhibit.sealed), BytesView(sealed.keys), BytesView(sealed.data));
}

// A row of kExhibitColumns.
Result<model::SealedExhibit> Cases::read_exhibit(const store::Statement& statement) {
    model::SealedExhibit exhibit;
    exhibit.element = static_cast<std::uint16_t>(statement.integer(0));
    const BytesView sealed = statement.blob(1);
    exhibit.sealed.assign(sealed.begin(), sealed.end());
    exhibit.sealed_digest = keys::digest_of<ContentDigest>(sealed);
    LAPX_TRY_ASSIGN(Bytes identity,
                    keys::open_part(master_, statement.blob(2), statement.blob(3), 0));
    exhibit.identity = keys::SecretBytes(identity);
    keys::wipe(identity);
    LAPX_TRY_ASSIGN(const Bytes plain,
                    keys::open_part(master_, statement.blob(2), statement.blob(3), 1));
    LAPX_TRY_ASSIGN(exhibit.plain, ContentDigest::from(plain));
    LAPX_TRY_ASSIGN(const Bytes size,
                    keys::open_part(master_, statement.blob(2), statement.blob(3), 2));
    LAPX_TRY_ASSIGN(exhibit.plain_size, number_from(as_text(size)));
    return exhibit;
}

Result<std::vector<model::SealedExhibit>> Cases::exhibits(std::int64_t seq) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT " + std::string(kExhibitColumns) +
                                        " FROM exhibit WHERE referral = ? ORDER BY number",
                                    seq));
    std::vector<model::SealedExhibit> out;
    while (true) {
        LAPX_TRY_ASSIGN(const bool found, statement.step());
        if (!found) {
            return out;
        }
        if (keys::is_part_erased(statement.blob(2), 0)) {
            continue;
        }
        LAPX_TRY_ASSIGN(model::SealedExhibit exhibit, read_exhibit(statement));
        out.push_back(std::move(exhibit));
    }
}

Result<std::optional<model::SealedExhibit>> Cases::exhibit(std::int64_t seq,
                                                           std::uint16_t element) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT " + std::string(kExhibitColumns) +
                                        " FROM exhibit WHERE referral = ? AND number = ?",
                                    seq, element));
    LAPX_TRY_ASSIGN(const bool found, statement.step());
    if (!found) {
        return std::optional<model::SealedExhibit>{};
    }
    LAPX_TRY_ASSIGN(model::SealedExhibit exhibit, read_exhibit(statement));
    return std::optional<model::SealedExhibit>(std::move(exhibit));
}

Result<std::vector<std::uint16_t>> Cases::exhibits_here(std::int64_t seq) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query("SELECT number, keys FROM exhibit WHERE referral = ? ORDER BY number",
                        seq));
    std::vector<std::uint16_t> out;
    while (true) {
        LAPX_TRY_ASSIGN(const bool found, statement.step());
        if (!found) {
            return out;
        }
        if (!keys::is_part_erased(statement.blob(1), 0)) {
            out.push_back(static_cast<std::uint16_t>(statement.integer(0)));
        }
    }
}

Result<void> Cases::copy_exhibits(std::int64_t from, std::int64_t to) {
    return database_.run(
        "INSERT INTO exhibit(referral, number, sealed, keys, data) SELECT ?, number, sealed, keys, "
        "data FROM exhibit WHERE referral = ?",
        to, from);
}

}  // namespace lapx::cases
