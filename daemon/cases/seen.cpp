// Which referrals somebody sees: by name, in lists, and who alone sees one.

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/cases/cases.hpp"

namespace lapx::cases {
namespace {

constexpr std::string_view kColumns =
    "seq, id, version, direction, agency, kind, act, case_id, opener, state, created, changed, "
    "erased, destroy_by, desk, own_number";
constexpr std::size_t kMinPrefix = 4;

// The rule, of a row of `referral`: its desk is one of the viewer's, and where it is restricted the
// viewer is named. Two parameters: desks_of and officer_of the viewer. A condition of the query, so
// that what somebody does not see is not there: for a page's size, a prefix, a number in use.
constexpr std::string_view kSeen =
    "EXISTS (SELECT 1 FROM json_each(?) WHERE value IN ('*', referral.desk)) AND "
    "coalesce((SELECT max(officer = ?) FROM restriction WHERE restriction.case_id = "
    "referral.case_id), "
    "1)";

std::string desks_of(const Viewer& viewer) { return nlohmann::json(viewer.desks).dump(); }

// NULL makes the second half of the rule true.
std::optional<std::string_view> officer_of(const Viewer& viewer) {
    return viewer.officer ? std::optional<std::string_view>(*viewer.officer) : std::nullopt;
}

std::string rows_where(std::string_view condition, std::string_view order) {
    std::string out = "SELECT ";
    for (const std::string_view part :
         {kColumns, std::string_view(" FROM referral WHERE "), condition, std::string_view(" AND "),
          kSeen, std::string_view(" ORDER BY "), order}) {
        out += part;
    }
    return out;
}

Result<Row> read_row(const store::Statement& statement) {
    const auto time = [&](int column) {
        return Time{std::chrono::seconds{statement.integer(column)}};
    };
    const auto maybe_time = [&](int column) {
        return statement.is_null(column) ? std::nullopt : std::optional(time(column));
    };
    LAPX_TRY_ASSIGN(ReferralId id, ReferralId::from(statement.blob(1)));
    LAPX_TRY_ASSIGN(Agency agency, Agency::parse(statement.text(4)));
    LAPX_TRY_ASSIGN(ReferralId case_id, ReferralId::from(statement.blob(7)));
    LAPX_TRY_ASSIGN(Agency opener, Agency::parse(statement.text(8)));
    return Row{.seq = statement.integer(0),
               .id = id,
               .version = static_cast<std::uint64_t>(statement.integer(2)),
               .direction = static_cast<Direction>(statement.integer(3)),
               .agency = std::move(agency),
               .kind = static_cast<schema::Kind>(statement.integer(5)),
               .act = static_cast<schema::Act>(statement.integer(6)),
               .case_name = {case_id, std::move(opener)},
               .state = static_cast<State>(statement.integer(9)),
               .created = time(10),
               .changed = time(11),
               .erased = maybe_time(12),
               .destroy_by = maybe_time(13),
               .desk = std::string(statement.text(14)),
               .own_number = statement.is_null(15)
                                 ? std::nullopt
                                 : std::optional<std::string>(statement.text(15))};
}

Result<std::vector<Row>> read_rows(store::Statement statement) {
    return store::all(std::move(statement), read_row);
}

// For SQL: "1,2".
template <typename E>
std::string numbers_of(std::initializer_list<E> values) {
    std::string out;
    for (const E value : values) {
        out += (out.empty() ? "" : ",") + std::to_string(static_cast<int>(value));
    }
    return out;
}

// One row of each dossier.
std::vector<Row> first_of_each(const std::vector<Row>& rows) {
    std::vector<Row> out;
    for (const Row& row : rows) {
        if (std::none_of(out.begin(), out.end(), [&](const Row& one) {
                return one.direction == row.direction && one.agency == row.agency &&
                       one.id == row.id;
            })) {
            out.push_back(row);
        }
    }
    return out;
}

// The smallest and largest id whose text begins with `prefix`.
std::optional<std::pair<Bytes, Bytes>> id_range(std::string_view prefix) {
    std::string low;
    std::string high;
    for (std::size_t i = 0; i < 36; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (i < prefix.size() && (prefix[i] == '-') != dash) {
            return std::nullopt;
        }
        if (!dash) {
            low += i < prefix.size() ? prefix[i] : '0';
            high += i < prefix.size() ? prefix[i] : 'f';
        }
    }
    auto from = from_hex(low);
    auto to = from_hex(high);
    if (!from || !to) {
        return std::nullopt;
    }
    return std::pair{std::move(*from), std::move(*to)};
}

}  // namespace

// A referral of ours goes before a received one that claims its id, and of the received ones that
// of the agency that was first; of several rows of one agency the newest version counts, and of
// that the last: they may come in any order.
Result<Row> Cases::find(std::string_view name, const Viewer& viewer) {
    LAPX_TRY_ASSIGN(auto by_number, find_number(name, viewer));
    if (by_number.size() > 1) {
        return fail(Code::kAmbiguous, "more than one referral has this number");
    }
    if (!by_number.empty()) {
        return find(to_string(by_number.front().id), viewer);  // its newest version
    }
    const auto range =
        name.size() >= kMinPrefix && name.size() <= 36 ? id_range(name) : std::nullopt;
    if (!range) {
        return fail(
            Code::kUnknownReferral,
            "a referral is named by its id, at least 4 of its first characters, or your own "
            "number for it");
    }
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query(rows_where("id BETWEEN ? AND ?", "direction, seq LIMIT 200"),
                                    BytesView(range->first), BytesView(range->second),
                                    std::string_view(desks_of(viewer)), officer_of(viewer)));
    std::optional<Row> out;
    LAPX_TRY(store::for_each(statement, [&](const store::Statement& found) -> Result<void> {
        LAPX_TRY_ASSIGN(Row row, read_row(found));
        if (out && out->id != row.id) {
            return fail(Code::kAmbiguous, "more than one referral begins with these characters");
        }
        if (!out || (out->direction == row.direction && out->agency == row.agency &&
                     out->version <= row.version)) {
            out = std::move(row);
        }
        return {};
    }));
    if (!out) {
        return fail(Code::kUnknownReferral, "no such referral here");
    }
    return std::move(*out);
}

Result<std::vector<Row>> Cases::find_number(std::string_view own_number, const Viewer& viewer) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query(rows_where("own_number = ?", "seq"), own_number,
                                    std::string_view(desks_of(viewer)), officer_of(viewer)));
    return read_rows(std::move(statement));
}

Result<std::optional<Row>> Cases::row(std::int64_t seq, const Viewer& viewer) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query(rows_where("seq = ?", "seq"), seq,
                                    std::string_view(desks_of(viewer)), officer_of(viewer)));
    LAPX_TRY_ASSIGN(auto rows, read_rows(std::move(statement)));
    return rows.empty() ? std::optional<Row>{} : std::optional(std::move(rows.front()));
}

Result<std::vector<Row>> Cases::copies(const Row& of, const Viewer& viewer) {
    return versions(of.direction, of.agency, of.id, viewer);
}

Result<std::vector<Row>> Cases::versions(Direction direction, const Agency& agency,
                                         const ReferralId& id, const Viewer& viewer) {
    LAPX_TRY_ASSIGN(
        auto statement,
        // Without the + the direction's index is taken, which half of all rows have.
        database_.query(rows_where("id = ? AND +direction = ? AND agency = ?", "version, seq"),
                        id.view(), static_cast<int>(direction), std::string_view(agency.text()),
                        std::string_view(desks_of(viewer)), officer_of(viewer)));
    return read_rows(std::move(statement));
}

Result<std::vector<Row>> Cases::with_act(Direction direction,
                                         std::initializer_list<schema::Act> acts,
                                         const Viewer& viewer) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query(
            // As the index says it, or that is not taken.
            rows_where("direction = ? AND act != 1 AND act IN (" + numbers_of(acts) + ")",
                       "seq DESC"),
            static_cast<int>(direction), std::string_view(desks_of(viewer)), officer_of(viewer)));
    return read_rows(std::move(statement));
}

Result<std::vector<Row>> Cases::of_case(const model::CaseName& name, const Viewer& viewer) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query(rows_where("case_id = ? AND opener = ?", "seq"), name.id.view(),
                                    std::string_view(name.opener.text()),
                                    std::string_view(desks_of(viewer)), officer_of(viewer)));
    return read_rows(std::move(statement));
}

Result<std::vector<Row>> Cases::derived(const Row& origin, const Viewer& viewer) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query(rows_where("origin_id = ? AND origin_agency = ? AND erased IS NULL", "seq"),
                        origin.id.view(), std::string_view(origin.agency.text()),
                        std::string_view(desks_of(viewer)), officer_of(viewer)));
    LAPX_TRY_ASSIGN(const auto rows, read_rows(std::move(statement)));
    return first_of_each(rows);
}

Result<std::vector<Row>> Cases::to_destroy(Time limit, const Viewer& viewer) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query(
            rows_where("destroy_by <= ? AND erased IS NULL AND state IN (" +
                           numbers_of({State::kSent, State::kReceived, State::kWithheld}) + ")",
                       "destroy_by, seq"),
            limit.time_since_epoch().count(), std::string_view(desks_of(viewer)),
            officer_of(viewer)));
    LAPX_TRY_ASSIGN(const auto rows, read_rows(std::move(statement)));
    return first_of_each(rows);
}

// A query for each state, whose index has its rows in order: one for all would sort all that there
// ever were.
Result<std::vector<Row>> Cases::list(Direction direction, std::initializer_list<State> states,
                                     std::optional<std::string_view> feed, const Viewer& viewer,
                                     std::int64_t before, std::size_t limit) {
    const std::int64_t below = before == 0 ? std::numeric_limits<std::int64_t>::max() : before;
    std::vector<Row> out;
    for (const State state : states) {
        LAPX_TRY_ASSIGN(
            auto statement,
            database_.query(rows_where("direction = ? AND state = ? AND feed = coalesce(?, feed) "
                                       "AND seq < ?",
                                       "seq DESC LIMIT ?"),
                            static_cast<int>(direction), static_cast<int>(state), feed, below,
                            std::string_view(desks_of(viewer)), officer_of(viewer), limit));
        LAPX_TRY_ASSIGN(auto rows, read_rows(std::move(statement)));
        std::move(rows.begin(), rows.end(), std::back_inserter(out));
    }
    std::sort(out.begin(), out.end(), [](const Row& a, const Row& b) { return a.seq > b.seq; });
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(std::min(out.size(), limit)), out.end());
    return out;
}

Result<bool> Cases::sees(const Viewer& viewer, const ReferralId& case_id) {
    LAPX_TRY_ASSIGN(auto statement,
                    database_.query(rows_where("case_id = ?", "seq"), case_id.view(),
                                    std::string_view(desks_of(viewer)), officer_of(viewer)));
    return statement.step();
}

Result<std::vector<std::string>> Cases::restricted_to(const ReferralId& case_id) {
    LAPX_TRY_ASSIGN(
        auto statement,
        database_.query("SELECT officer FROM restriction WHERE case_id = ? ORDER BY officer",
                        case_id.view()));
    return store::all(std::move(statement),
                      [](const store::Statement& row) { return std::string(row.text(0)); });
}

Result<void> Cases::restrict(const ReferralId& case_id, const std::vector<std::string>& officers) {
    LAPX_TRY(database_.run("DELETE FROM restriction WHERE case_id = ?", case_id.view()));
    for (const std::string& officer : officers) {
        LAPX_TRY(database_.run("INSERT INTO restriction(case_id, officer) VALUES(?, ?)",
                               case_id.view(), std::string_view(officer)));
    }
    return {};
}

}  // namespace lapx::cases
