// The ledger: head, verification, proofs, export; and the summary that is made from it.

#include <algorithm>
#include <fstream>
#include <sstream>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "daemon/decisions.hpp"
#include "daemon/ledger/export.hpp"
#include "daemon/summary/summary.hpp"
#include "schema/base/text.hpp"
#include "schema/notes/values.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::size_t kExportPart = std::size_t{8} << 20;

Json cell_json(const summary::Cell& cell) {
    return std::visit([](const auto& value) { return Json(value); }, cell);
}

// Files below `folder` in one order that does not change.
std::vector<std::string> files_below(const std::filesystem::path& folder) {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            out.push_back(entry.path().lexically_relative(folder).string());
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

// What is committed, apart from the round that may be open.
Result<store::Database> Api::read_connection() const {
    return store::Database::open((parts_.home / "lapx.db").string(), store::Mode::kRead);
}

Result<Json> Api::ledger_head() {
    LAPX_TRY_ASSIGN(const ledger::LogHead head, parts_.pipeline_parts.log.head());
    LAPX_TRY_ASSIGN(const std::string note, ledger::cosigned_note(parts_.database, head.newest));
    const schema::Checkpoint& checkpoint = head.newest.checkpoint;
    return Json{{"origin", checkpoint.origin},
                {"size", checkpoint.size},
                {"root", to_string(checkpoint.root)},
                {"note", note},
                {"cosigned_by", head.cosigned_by}};
}

Result<Json> Api::prove(const Request& request, const cases::Row& row) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const auto rows, node.cases.copies(row, viewer_of(request.who)));
    LAPX_TRY_ASSIGN(const auto messages, messages_of(rows));
    LAPX_TRY_ASSIGN(const ledger::LogHead head, node.log.head());
    Json proofs = Json::array();
    for (const delivery::Message& message : messages) {
        LAPX_TRY_ASSIGN(const std::string proof,
                        node.log.proof(message.leaf, head.newest.checkpoint.size));
        proofs.push_back({{"kind", delivery::is_incoming(message.state) ? "received" : "sent"},
                          {"index", message.leaf},
                          {"proof", proof}});
    }
    return Json{{"proofs", proofs}};
}

// What this operator may see of the ledger: `decided` entries and all the rest are for auditors.
ledger::ExportParts Api::export_parts(const Request& request, store::Database& database) const {
    const PipelineParts& node = parts_.pipeline_parts;
    schema::TlogPolicy policy{{node.self.ledger_key.text()}, {}, 0};
    for (const auto& [name, contact] : node.contacts.all()) {
        policy.witnesses.push_back({name, contact.card.witness.front().text()});
    }
    const bool auditor = request.who.has(Role::kAuditor);
    return {database, node.self.keys.at_rest, std::move(policy),
            [auditor](std::uint64_t, schema::EntryKind kind) {
                return auditor || kind == schema::EntryKind::kSent ||
                       kind == schema::EntryKind::kReceived;
            }};
}

// The first call writes the files below the home; each call hands out a part of them, the last one
// removes them.
Result<Json> Api::hand_out(const Request& request, const char* name,
                           const WriteFiles& write_files) {
    LAPX_TRY_ASSIGN(const auto cursor, text_member(request.body, "cursor"));
    const std::filesystem::path folder = parts_.home / (std::string(name) + "-" + request.who.id);
    std::size_t first = 0;
    if (cursor) {
        LAPX_TRY_ASSIGN(const std::uint64_t value, number_from(*cursor));
        first = value;
    } else {
        std::filesystem::remove_all(folder);
        LAPX_TRY(parts_.pipeline_parts.round.begin());
        LAPX_TRY_ASSIGN(store::Database database, read_connection());
        LAPX_TRY_ASSIGN(const std::string what,
                        write_files(folder.string(), export_parts(request, database)));
        LAPX_TRY(parts_.pipeline.log(schema::EntryKind::kExported,
                                     schema::print_exported_record({request.who.id, what})));
    }
    if (!std::filesystem::is_directory(folder)) {
        return fail(Code::kNotFound, "no export was begun");
    }
    const std::vector<std::string> names = files_below(folder);
    Json files = Json::object();
    std::size_t octets = 0;
    std::size_t next = first;
    for (; next < names.size() && octets < kExportPart; ++next) {
        const std::string content = read_file(folder / names[next]);
        octets += content.size();
        files[names[next]] = base64(as_bytes(content));
    }
    const bool done = next >= names.size();
    if (done) {
        std::filesystem::remove_all(folder);
    }
    return Json{{"files", files}, {"next", done ? Json(nullptr) : Json(std::to_string(next))}};
}

Result<Json> Api::export_ledger(const Request& request) {
    return hand_out(
        request, "export",
        [](const std::string& folder, const ledger::ExportParts& parts) -> Result<std::string> {
            LAPX_TRY(ledger::export_to(folder, parts));
            return "ledger";
        });
}

Result<schema::DecidedRecord> Api::decided_of(std::uint64_t index) {
    return decided_at(parts_.database, parts_.pipeline_parts.self.keys.at_rest, index);
}

Result<Json> Api::summary(const Request& request) {
    const PipelineParts& node = parts_.pipeline_parts;
    const auto edition = request.query.find("edition");
    if (edition != request.query.end() && edition->second != "own") {
        return fail(Code::kInvalidArgument, "this version makes the edition `own` only");
    }
    summary::Period period =
        summary::last_two_months(std::chrono::floor<std::chrono::days>(node.clock.seconds()));
    const auto from = request.query.find("from");
    const auto to = request.query.find("to");
    if ((from == request.query.end()) != (to == request.query.end())) {
        return fail(Code::kInvalidArgument, "`from` and `to` go together");
    }
    if (from != request.query.end()) {
        LAPX_TRY_ASSIGN(period.first, schema::date_from(from->second));
        LAPX_TRY_ASSIGN(period.last, schema::date_from(to->second));
    }
    if (period.last < period.first) {
        return fail(Code::kInvalidArgument, "`to` is before `from`");
    }
    const std::string& zone = node.self.notice.zone;
    LAPX_TRY_ASSIGN(const Time begin, summary::midnight(period.first, zone));
    LAPX_TRY_ASSIGN(const Time end, summary::midnight(period.last + std::chrono::days{1}, zone));
    LAPX_TRY_ASSIGN(const auto tables,
                    summary::build(parts_.database, begin, end,
                                   [this](std::uint64_t index) { return decided_of(index); }));
    Json out_tables = Json::array();
    for (const summary::Table& table : tables) {
        Json rows = Json::array();
        for (const auto& row : table.rows) {
            Json cells = Json::array();
            for (const summary::Cell& cell : row) {
                cells.push_back(cell_json(cell));
            }
            rows.push_back(cells);
        }
        out_tables.push_back({{"name", table.name}, {"columns", table.columns}, {"rows", rows}});
    }
    LAPX_TRY_ASSIGN(const ledger::LogHead head, node.log.head());
    const Json last{{"size", head.newest.checkpoint.size},
                    {"root", to_string(head.newest.checkpoint.root)}};
    return Json{{"period",
                 {{"from", schema::date_text(period.first)},
                  {"to", schema::date_text(period.last)},
                  {"zone", zone}}},
                {"edition", "own"},
                {"heads", {{"first", nullptr}, {"last", last}}},
                {"tables", out_tables}};
}

void Api::add_ledger_routes(control::Server& server) {
    const std::set<Role> readers{Role::kClerk, Role::kApprover, Role::kAuditor};
    server.route("GET", "/v1/ledger/head", {}, {},
                 read([this](const Request&) { return ledger_head(); }));
    server.route(
        "GET", "/v1/ledger/verify", {}, {}, [this](const Request&, control::Pending pending) {
            const auto waiting = std::make_shared<control::Pending>(std::move(pending));
            parts_.ledger_check.start([waiting](const Result<ledger::Verification>& found) {
                if (!found) {
                    waiting->answer(found.error());
                    return;
                }
                waiting->answer(Json{
                    {"ok", found->ok()}, {"size", found->size}, {"problems", found->problems}});
            });
        });
    server.route(
        "GET", "/v1/ledger/prove/{id}", readers, {},
        read_of([this](const Request& r, const cases::Row& row) { return prove(r, row); }));
    server.route("POST", "/v1/ledger/export", {Role::kAuditor, Role::kAdmin}, {"cursor"},
                 writer([this](const Request& r) { return export_ledger(r); }));
    server.route("GET", "/v1/summary",
                 {Role::kClerk, Role::kApprover, Role::kAuditor, Role::kAdmin},
                 {"edition", "from", "to"}, read([this](const Request& r) { return summary(r); }));
}

}  // namespace lapx::daemon
