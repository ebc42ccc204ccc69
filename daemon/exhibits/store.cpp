#include "daemon/exhibits/store.hpp"

namespace lapx::exhibits {
namespace {

Result<std::vector<std::string>> names_of(store::Statement statement) {
    return store::all(std::move(statement),
                      [](const store::Statement& row) { return std::string(row.text(0)); });
}

}  // namespace

std::string_view word_of(Event event) {
    switch (event) {
        case Event::kCame:
            return "came";
        case Event::kServed:
            return "served";
        case Event::kTakenOut:
            return "taken-out";
    }
    return {};
}

Result<std::set<std::string>> Store::files() {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT file FROM exhibit WHERE file IS NOT NULL UNION "
                                    "SELECT file FROM upload WHERE file IS NOT NULL"));
    LAPX_TRY_ASSIGN(const auto names, names_of(std::move(statement)));
    return std::set<std::string>(names.begin(), names.end());
}

Result<std::vector<std::string>> Store::unused(std::size_t limit) {
    LAPX_TRY_ASSIGN(auto statement, database_.query("SELECT name FROM unused_file LIMIT ?", limit));
    return names_of(std::move(statement));
}

Result<void> Store::forget_unused(const std::string& name) {
    return database_.run("DELETE FROM unused_file WHERE name = ?", std::string_view(name));
}

Result<bool> Store::is_named(const std::string& name) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT 1 FROM exhibit WHERE file = ? UNION ALL "
                                    "SELECT 1 FROM upload WHERE file = ?",
                                    std::string_view(name), std::string_view(name)));
    return statement.step();
}

Result<void> Store::add_upload(const std::string& id, const std::string& operator_id,
                               const model::SealedExhibit& exhibit, Time now) {
    const keys::SealedParts sealed = model::seal_secrets(exhibit, master_, random_);
    const auto file =
        exhibit.file.empty() ? std::nullopt : std::optional<std::string_view>(exhibit.file);
    return database_.run(
        "INSERT INTO upload(id, operator, created, file, sealed, sealed_digest, sealed_size, keys, "
        "data) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        std::string_view(id), std::string_view(operator_id), now.time_since_epoch().count(), file,
        BytesView(exhibit.sealed), exhibit.sealed_digest.view(), exhibit.sealed_size(),
        BytesView(sealed.keys), BytesView(sealed.data));
}

Result<model::SealedExhibit> Store::upload(const std::string& id, const std::string& operator_id) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT file, sealed, sealed_digest, sealed_size, keys, data "
                                    "FROM upload WHERE id = ? AND operator = ?",
                                    std::string_view(id), std::string_view(operator_id)));
    LAPX_TRY_ASSIGN(const bool found, statement.step());
    if (!found) {
        return fail(Code::kNotFound,
                    "there is no such upload of yours: it may have been used, or "
                    "be more than a day old");
    }
    model::SealedExhibit out;
    out.file = statement.text(0);
    const BytesView sealed = statement.blob(1);
    out.sealed.assign(sealed.begin(), sealed.end());
    LAPX_TRY_ASSIGN(out.sealed_digest, ContentDigest::from(statement.blob(2)));
    if (sealed.empty()) {
        out.file_size = static_cast<std::uint64_t>(statement.integer(3));
    }
    LAPX_TRY(model::open_secrets(out, statement.blob(4), statement.blob(5), master_));
    return out;
}

Result<void> Store::drop_upload(const std::string& id) {
    return database_.run("DELETE FROM upload WHERE id = ?", std::string_view(id));
}

Result<void> Store::drop_uploads(Time before) {
    return database_.run("DELETE FROM upload WHERE created < ?", before.time_since_epoch().count());
}

Result<void> Store::add_custody(std::int64_t referral, const Custody& custody) {
    return database_.run(
        "INSERT INTO custody(leaf, referral, number, event, who, at) VALUES(?, ?, ?, ?, ?, ?)",
        custody.leaf, referral, custody.element, static_cast<int>(custody.event),
        std::string_view(custody.who), custody.at.time_since_epoch().count());
}

Result<std::vector<Custody>> Store::custody(std::int64_t referral) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT leaf, number, event, who, at FROM custody WHERE "
                                    "referral = ? ORDER BY leaf",
                                    referral));
    return store::all(std::move(statement), [](const store::Statement& row) {
        return Custody{static_cast<std::uint64_t>(row.integer(0)),
                       static_cast<std::uint16_t>(row.integer(1)),
                       static_cast<Event>(row.integer(2)), std::string(row.text(3)),
                       Time{std::chrono::seconds{row.integer(4)}}};
    });
}

}  // namespace lapx::exhibits
