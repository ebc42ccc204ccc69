#include "daemon/cases/cases.hpp"

#include <algorithm>

#include "daemon/cases/record.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"

namespace lapx::cases {
namespace {

std::int64_t seconds(Time time) { return time.time_since_epoch().count(); }
Time time_of(std::int64_t seconds) { return Time{std::chrono::seconds{seconds}}; }

// Until when the content may be kept, in seconds; nothing where this is no item that says so.
std::optional<std::int64_t> end_of(const schema::ItemValue& value) {
    const auto* given = std::get_if<schema::DataProtection>(&value);
    return given != nullptr && given->destroy_by ? std::optional(seconds(*given->destroy_by))
                                                 : std::nullopt;
}

Result<std::optional<std::int64_t>> end_of(const model::Draft& draft) {
    for (const model::DraftItem& item : draft.items) {
        if (item.label == schema::Label::kDataProtection && item.present && !item.erased) {
            LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(item.octets));
            return end_of(decoded.value);
        }
    }
    return std::optional<std::int64_t>{};
}

}  // namespace

std::uint16_t element_of(const schema::Manifest& manifest, std::uint16_t number) {
    const auto first = manifest.items.begin();
    return static_cast<std::uint16_t>(std::count_if(
        first, first + number,
        [](const schema::ManifestItem& item) { return item.label == schema::Label::kExhibit; }));
}

Result<std::int64_t> Cases::save(const Case& value) {
    return save(value, model::manifest_text(value.draft));
}

Result<std::int64_t> Cases::save(const Case& value, std::string_view manifest) {
    const model::Draft& draft = value.draft;
    const std::string record = print_record(value);
    std::vector<BytesView> parts{as_bytes(record), as_bytes(manifest)};
    for (const model::DraftItem& item : draft.items) {
        parts.emplace_back(item.octets);
    }
    keys::SealedParts sealed = keys::seal_parts(master_, parts, random_);
    for (std::size_t i = 0; i < draft.items.size(); ++i) {
        if (draft.items[i].erased) {
            keys::erase_part(sealed.keys, kFirstItemPart + i);
        }
    }
    LAPX_TRY_ASSIGN(const auto destroy_by, end_of(draft));
    const std::optional<std::string_view> number =
        draft.external_id.empty() ? std::nullopt
                                  : std::optional<std::string_view>(draft.external_id);
    const auto leaves = value.leaves ? std::optional(seconds(*value.leaves)) : std::nullopt;
    if (value.seq != 0) {
        LAPX_TRY(database_.run(
            "UPDATE referral SET kind = ?, state = ?, changed = ?, desk = ?, own_number = ?, "
            "leaves = ?, destroy_by = ?, keys = ?, data = ? WHERE seq = ?",
            static_cast<int>(draft.kind), static_cast<int>(value.state), seconds(value.changed),
            std::string_view(draft.from.id()), number, leaves, destroy_by, BytesView(sealed.keys),
            BytesView(sealed.data), value.seq));
        return value.seq;
    }
    const model::CaseName opened_case = draft.case_name();
    const auto origin_agency =
        draft.origin ? std::optional<std::string_view>(draft.origin->agency.text()) : std::nullopt;
    const auto origin_id =
        draft.origin ? std::optional<BytesView>(draft.origin->id.view()) : std::nullopt;
    LAPX_TRY(database_.run(
        "INSERT INTO referral(id, version, direction, agency, kind, act, case_id, "
        "opener, origin_agency, origin_id, state, created, changed, desk, own_number, leaves, "
        "feed, destroy_by, keys, data) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        draft.id.view(), draft.version, static_cast<int>(Direction::kOut),
        std::string_view(draft.from.agency().text()), static_cast<int>(draft.kind),
        static_cast<int>(draft.act), opened_case.id.view(),
        std::string_view(opened_case.opener.text()), origin_agency, origin_id,
        static_cast<int>(value.state), seconds(draft.created), seconds(value.changed),
        std::string_view(draft.from.id()), number, leaves, std::string_view(value.feed), destroy_by,
        BytesView(sealed.keys), BytesView(sealed.data)));
    return database_.last_key();
}

Result<Case> Cases::load(std::int64_t seq) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query(
            "SELECT state, changed, keys, data, leaves, feed FROM referral WHERE seq = ? AND "
            "direction = ?",
            seq, static_cast<int>(Direction::kOut)));
    LAPX_TRY_ASSIGN(const bool found, statement.step());
    if (!found) {
        return fail(Code::kUnknownReferral);
    }
    const BytesView part_keys = statement.blob(2);
    const BytesView data = statement.blob(3);
    LAPX_TRY_ASSIGN(const Bytes record, keys::open_part(master_, part_keys, data, kRecordPart));
    LAPX_TRY_ASSIGN(Case out, parse_record(as_text(record)));
    out.seq = seq;
    out.state = static_cast<State>(statement.integer(0));
    out.changed = time_of(statement.integer(1));
    if (!statement.is_null(4)) {
        out.leaves = time_of(statement.integer(4));
    }
    out.feed = statement.text(5);
    std::optional<schema::Manifest> manifest;
    for (std::size_t i = 0; i < out.draft.items.size(); ++i) {
        model::DraftItem& item = out.draft.items[i];
        if (!keys::is_part_erased(part_keys, kFirstItemPart + i)) {
            LAPX_TRY_ASSIGN(item.octets,
                            keys::open_part(master_, part_keys, data, kFirstItemPart + i));
            continue;
        }
        if (!manifest) {
            LAPX_TRY_ASSIGN(const Bytes text,
                            keys::open_part(master_, part_keys, data, kManifestPart));
            LAPX_TRY_ASSIGN(manifest, schema::parse_manifest(as_text(text)));
        }
        item.erased = manifest->items.at(i).digest;
    }
    return out;
}

Result<std::string> Cases::manifest(std::int64_t seq) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT keys, data FROM referral WHERE seq = ?", seq));
    LAPX_TRY_ASSIGN(const bool found, statement.step());
    if (!found) {
        return fail(Code::kUnknownReferral);
    }
    LAPX_TRY_ASSIGN(const Bytes text,
                    keys::open_part(master_, statement.blob(0), statement.blob(1), kManifestPart));
    return std::string(as_text(text));
}

Result<void> Cases::remove(std::int64_t seq) {
    return database_.run("DELETE FROM referral WHERE seq = ?", seq);
}

Result<std::int64_t> Cases::add_incoming(const model::Opened& opened, const Agency& opener,
                                         Time received) {
    const schema::Manifest& manifest = opened.manifest();
    std::vector<BytesView> parts{BytesView{}, opened.parcel().content.manifest};
    std::optional<std::int64_t> destroy_by;
    for (const model::OpenedItem& item : opened.items()) {
        parts.emplace_back(item.octets);
        if (const auto end = end_of(item.value)) {
            destroy_by = end;
        }
    }
    const keys::SealedParts sealed = keys::seal_parts(master_, parts, random_);
    LAPX_TRY(
        database_.run("INSERT INTO referral(id, version, direction, agency, kind, act, case_id, "
                      "opener, state, created, changed, desk, destroy_by, keys, data) "
                      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      manifest.id.view(), manifest.version, static_cast<int>(Direction::kIn),
                      std::string_view(manifest.from.agency().text()),
                      static_cast<int>(manifest.kind), static_cast<int>(opened.parcel().cover.act),
                      opened.parcel().cover.referral.view(), std::string_view(opener.text()),
                      static_cast<int>(State::kReceived), seconds(manifest.created),
                      seconds(received), std::string_view(opened.parcel().cover.to.id()),
                      destroy_by, BytesView(sealed.keys), BytesView(sealed.data)));
    const std::int64_t seq = database_.last_key();
    const std::vector<schema::ParcelExhibit>& came = opened.parcel().content.exhibits;
    for (std::size_t i = 0; i < came.size(); ++i) {
        const schema::ViewExhibit& line = opened.parcel().cover.view()->view.exhibits.at(i);
        model::SealedExhibit exhibit{.element = element_of(manifest, line.number),
                                     .plain = line.plain,
                                     .plain_size = line.plain_size,
                                     .sealed_digest = line.sealed,
                                     .sealed = came[i].sealed,
                                     .identity = keys::SecretBytes(BytesView(came[i].identity))};
        if (exhibit.sealed.empty()) {
            exhibit.file_size = line.sealed_size;
            exhibit.state = model::OctetsState::kOnRequest;
        }
        LAPX_TRY(add_exhibit(seq, exhibit));
    }
    return seq;
}

Result<Incoming> Cases::incoming(std::int64_t seq) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query("SELECT keys, data FROM referral WHERE seq = ? AND direction = ?", seq,
                        static_cast<int>(Direction::kIn)));
    LAPX_TRY_ASSIGN(const bool found, statement.step());
    if (!found) {
        return fail(Code::kUnknownReferral);
    }
    LAPX_TRY_ASSIGN(const Bytes manifest,
                    keys::open_part(master_, statement.blob(0), statement.blob(1), kManifestPart));
    Incoming out{std::string(as_text(manifest)), {}};
    for (std::size_t part = kFirstItemPart; part < keys::part_count(statement.blob(0)); ++part) {
        Bytes octets;
        if (!keys::is_part_erased(statement.blob(0), part)) {
            LAPX_TRY_ASSIGN(octets,
                            keys::open_part(master_, statement.blob(0), statement.blob(1), part));
        }
        out.items.push_back(std::move(octets));
    }
    return out;
}

Result<bool> Cases::was_passed_on(const Agency& agency, const ReferralId& id) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT 1 FROM referral WHERE origin_id = ? AND origin_agency "
                                    "= ? AND state = ? LIMIT 1",
                                    id.view(), std::string_view(agency.text()),
                                    static_cast<int>(State::kSent)));
    return statement.step();
}

Result<std::optional<std::string>> Cases::held_manifest(const Agency& from, const ReferralId& id,
                                                        std::uint64_t version) {
    // The direction as a literal: bound, it could be the one of a partial index, and SQLite would
    // prepare the statement anew for each value.
    static_assert(static_cast<int>(Direction::kIn) == 2);
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT seq FROM referral WHERE id = ? AND version = ? AND "
                                    "direction = 2 AND agency = ? ORDER BY seq LIMIT 1",
                                    id.view(), version, std::string_view(from.text())));
    return store::first(std::move(statement),
                        [this](const store::Statement& row) { return manifest(row.integer(0)); });
}

Result<std::vector<std::int64_t>> Cases::due(Time now, std::size_t limit) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query("SELECT seq FROM referral WHERE leaves <= ? AND state = ? "
                                    "ORDER BY leaves, seq LIMIT ?",
                                    seconds(now), static_cast<int>(State::kReleasing), limit));
    return store::all(std::move(statement),
                      [](const store::Statement& row) { return row.integer(0); });
}

Result<void> Cases::put_back(std::int64_t seq) {
    return database_.run("UPDATE referral SET state = ?, leaves = NULL WHERE seq = ?",
                         static_cast<int>(State::kDraft), seq);
}

}  // namespace lapx::cases
