#include "schema/notes/move.hpp"

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kMoveForm = "lapx/move@v1";

Result<std::vector<Agency>> agencies_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const auto names, list_from(text));
    std::vector<Agency> out;
    for (const std::string& name : names) {
        LAPX_TRY_ASSIGN(Agency agency, Agency::parse(name));
        out.push_back(std::move(agency));
    }
    return out;
}

}  // namespace

bool is_consent(Move move) {
    switch (move) {
        case Move::kConsentAsked:
        case Move::kConsentGranted:
        case Move::kConsentRefused:
            return true;
        case Move::kAcknowledged:
        case Move::kRecallPending:
        case Move::kRecallDone:
        case Move::kRecallRefused:
            return false;
    }
    return false;
}

Result<MoveBody> parse_move(std::string_view text) {
    LineReader in("move", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kMoveForm));
    LAPX_TRY_ASSIGN(const auto dossier, in.read("dossier", uuid_from<ReferralId>));
    LAPX_TRY_ASSIGN(const std::uint64_t version, in.read("version", number_from));
    LAPX_TRY_ASSIGN(const Move move, in.read("move", from_word<Move>));
    LAPX_TRY_ASSIGN(const auto uses, in.read_optional("uses", uses_from));
    LAPX_TRY_ASSIGN(const auto onward, in.read_optional("onward", agencies_from));
    LAPX_TRY(in.end());
    if (version == 0 || is_consent(move) != (uses || onward)) {
        return in.malformed();
    }
    MoveBody body{dossier, version, move, {}, {}};
    body.uses = uses.value_or(std::vector<Use>{});
    body.onward = onward.value_or(std::vector<Agency>{});
    return body;
}

std::string print_move(const MoveBody& body) {
    std::string out(kMoveForm);
    out += '\n';
    put_line(out, "dossier", to_string(body.dossier));
    put_line(out, "version", body.version);
    put_line(out, "move", word_of(body.move));
    if (!body.uses.empty()) {
        put_line(out, "uses", uses_text(body.uses));
    }
    std::vector<std::string> names;
    for (const Agency& agency : body.onward) {
        names.push_back(agency.text());
    }
    if (!names.empty()) {
        put_line(out, "onward", join(names, ","));
    }
    return out;
}

}  // namespace lapx::schema
