#include "daemon/contacts/contacts.hpp"
#include "schema/limits.hpp"

namespace lapx::contacts {

Result<void> Contacts::add_shown(const Agency& agency, std::uint64_t size) {
    const std::string_view name = agency.text();
    LAPX_TRY(database_.run("INSERT OR REPLACE INTO shown_checkpoint(agency, size) VALUES(?, ?)",
                           name, size));
    return database_.run(
        "DELETE FROM shown_checkpoint WHERE agency = ? AND seq NOT IN (SELECT seq FROM "
        "shown_checkpoint WHERE agency = ? ORDER BY seq DESC LIMIT ?)",
        name, name, schema::kMaxLinks);
}

Result<std::vector<std::uint64_t>> Contacts::shown(const Agency& agency) const {
    LAPX_TRY_ASSIGN(
        auto rows,
        database_.query("SELECT size FROM shown_checkpoint WHERE agency = ? ORDER BY seq DESC",
                        std::string_view(agency.text())));
    return store::all(std::move(rows), [](const store::Statement& row) {
        return static_cast<std::uint64_t>(row.integer(0));
    });
}

Result<void> Contacts::forget_shown(const Agency& agency, std::uint64_t below) {
    return database_.run("DELETE FROM shown_checkpoint WHERE agency = ? AND size < ?",
                         std::string_view(agency.text()), below);
}

}  // namespace lapx::contacts
