// The evidence of referrals.

#include "daemon/cases/cases.hpp"
#include "keys/domains.hpp"

namespace lapx::cases {
namespace {

constexpr std::string_view kExhibitColumns =
    "number, sealed, keys, data, file, sealed_digest, sealed_size, state, cause";

}  // namespace

Result<void> Cases::add_exhibit(std::int64_t seq, const model::SealedExhibit& exhibit) {
    const keys::SealedParts sealed = model::seal_secrets(exhibit, master_, random_);
    const bool in_row = !exhibit.sealed.empty();
    const auto file =
        exhibit.file.empty() ? std::nullopt : std::optional<std::string_view>(exhibit.file);
    const auto digest =
        in_row ? std::nullopt : std::optional<BytesView>(exhibit.sealed_digest.view());
    const auto size = in_row ? std::nullopt : std::optional<std::uint64_t>(exhibit.file_size);
    return database_.run(
        "INSERT OR REPLACE INTO exhibit(referral, number, sealed, keys, data, file, "
        "sealed_digest, sealed_size, state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq, exhibit.element, BytesView(exhibit.sealed), BytesView(sealed.keys),
        BytesView(sealed.data), file, digest, size, static_cast<int>(exhibit.state));
}

// A row of kExhibitColumns.
Result<model::SealedExhibit> Cases::read_exhibit(const store::Statement& statement) {
    model::SealedExhibit exhibit;
    exhibit.element = static_cast<std::uint16_t>(statement.integer(0));
    const BytesView sealed = statement.blob(1);
    exhibit.sealed.assign(sealed.begin(), sealed.end());
    LAPX_TRY(model::open_secrets(exhibit, statement.blob(2), statement.blob(3), master_));
    exhibit.file = statement.text(4);
    if (sealed.empty()) {
        LAPX_TRY_ASSIGN(exhibit.sealed_digest, ContentDigest::from(statement.blob(5)));
        exhibit.file_size = static_cast<std::uint64_t>(statement.integer(6));
    } else {
        exhibit.sealed_digest = keys::digest_of<ContentDigest>(sealed);
    }
    exhibit.state = static_cast<model::OctetsState>(statement.integer(7));
    exhibit.cause = statement.text(8);
    return exhibit;
}

Result<std::vector<model::SealedExhibit>> Cases::exhibits(std::int64_t seq,
                                                          model::OctetsState state) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT " + std::string(kExhibitColumns) +
                                        " FROM exhibit WHERE referral = ? AND state = ? ORDER BY "
                                        "number",
                                    seq, static_cast<int>(state)));
    std::vector<model::SealedExhibit> out;
    LAPX_TRY(store::for_each(statement, [&](const store::Statement& row) -> Result<void> {
        if (keys::is_part_erased(row.blob(2), 0)) {
            return {};
        }
        LAPX_TRY_ASSIGN(model::SealedExhibit exhibit, read_exhibit(row));
        out.push_back(std::move(exhibit));
        return {};
    }));
    return out;
}

Result<std::optional<model::SealedExhibit>> Cases::exhibit(std::int64_t seq,
                                                           std::uint16_t element) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT " + std::string(kExhibitColumns) +
                                        " FROM exhibit WHERE referral = ? AND number = ?",
                                    seq, element));
    return store::first(std::move(statement),
                        [this](const store::Statement& row) { return read_exhibit(row); });
}

Result<std::vector<std::uint16_t>> Cases::exhibits_kept(std::int64_t seq) {
    return elements_of(seq, "SELECT number, keys FROM exhibit WHERE referral = ? ORDER BY number");
}

Result<std::vector<std::uint16_t>> Cases::exhibits_here(std::int64_t seq) {
    return elements_of(
        seq, "SELECT number, keys FROM exhibit WHERE referral = ? AND state = 1 ORDER BY number");
}

Result<std::vector<std::uint16_t>> Cases::elements_of(std::int64_t seq, std::string_view sql) {
    LAPX_TRY_ASSIGN(auto statement, database_.query(sql, seq));
    std::vector<std::uint16_t> out;
    LAPX_TRY(store::for_each(statement, [&](const store::Statement& row) -> Result<void> {
        if (!keys::is_part_erased(row.blob(1), 0)) {
            out.push_back(static_cast<std::uint16_t>(row.integer(0)));
        }
        return {};
    }));
    return out;
}

Result<void> Cases::set_octets(std::int64_t seq, const model::SealedExhibit& exhibit) {
    const auto file =
        exhibit.file.empty() ? std::nullopt : std::optional<std::string_view>(exhibit.file);
    return database_.run(
        "UPDATE exhibit SET file = ?, state = ?, cause = ? WHERE referral = ? AND number = ?", file,
        static_cast<int>(exhibit.state), std::string_view(exhibit.cause), seq, exhibit.element);
}

Result<std::vector<Cases::ExhibitName>> Cases::exhibits_wanted() {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT e.referral, e.number, r.agency FROM exhibit e JOIN "
                                    "referral r ON r.seq = e.referral WHERE e.state = 3 AND "
                                    "e.file IS NOT NULL ORDER BY e.referral, e.number"));
    return store::all(std::move(statement), [](const store::Statement& row) -> Result<ExhibitName> {
        LAPX_TRY_ASSIGN(Agency agency, Agency::parse(row.text(2)));
        return ExhibitName{row.integer(0), static_cast<std::uint16_t>(row.integer(1)),
                           std::move(agency)};
    });
}

Result<void> Cases::copy_exhibits(std::int64_t from, std::int64_t to) {
    return database_.run(
        "INSERT INTO exhibit(referral, number, sealed, keys, data, file, sealed_digest, "
        "sealed_size, state, cause) SELECT ?, number, sealed, keys, data, file, sealed_digest, "
        "sealed_size, state, cause FROM exhibit WHERE referral = ?",
        to, from);
}

}  // namespace lapx::cases
